// approx_count_distinct: how far off it may be, and that the set of values alone decides.
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

#include <cmath>

namespace weir {
namespace {

using enum AggregateFunction;

// The numbers from `from` to before `to`.
Status add_numbers(OneGroup& group, int from, int to) {
  std::vector<std::string> texts;
  for (int i = from; i < to; ++i) texts.push_back(std::to_string(i));
  std::vector<Cell> values;
  for (const std::string& text : texts) values.push_back(text.c_str());
  return group.add(values);
}

TEST_CASE("AFewValuesAreCountedExactly") {
  for (int n = 0; n <= 20; ++n) {
    OneGroup group(kApproxCountDistinct, "bigint");
    REQUIRE(add_numbers(group, 0, n).ok());
    REQUIRE(group.result() == std::to_string(n));
  }
}

TEST_CASE("ManyValuesAreCountedToAFewPercent") {
  constexpr double kStandardError = 0.01625;
  for (const char* type : {"bigint", "text", "double precision"}) {
    for (const int n : {100, 500, 600, 1'000, 5'000, 20'000, 200'000}) {
      OneGroup group(kApproxCountDistinct, type);
      REQUIRE(add_numbers(group, 0, n).ok());
      INFO(type << ": " << group.result() << " for " << n);
      REQUIRE(std::abs(std::stod(group.result()) - n) <= 3 * kStandardError * n);
    }
  }
}

TEST_CASE("HowTheSetWasCutDoesNotMatter") {
  for (const int n : {10, 400, 700, 3'000}) {
    OneGroup whole(kApproxCountDistinct, "int");
    OneGroup left(kApproxCountDistinct, "int");
    OneGroup right(kApproxCountDistinct, "int");
    REQUIRE(add_numbers(whole, 0, n).ok());
    REQUIRE(add_numbers(left, n / 3, n).ok());
    REQUIRE(add_numbers(right, 0, n / 2).ok());
    REQUIRE(add_numbers(right, 0, n / 2).ok());
    OneGroup sent(kApproxCountDistinct, "int");
    REQUIRE(sent.merge(left).ok());
    REQUIRE(sent.merge(right).ok());
    REQUIRE(right.merge_row(left).ok());
    REQUIRE(sent.result() == whole.result());
    REQUIRE(right.result() == whole.result());
  }
}

}  // namespace
}  // namespace weir
