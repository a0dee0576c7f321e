// sum and avg: rounding, and what overflows.
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

#include <algorithm>

namespace weir {
namespace {

using enum AggregateFunction;
using Catch::Contains;

const std::string kMost = std::string(38, '9');  // The greatest numeric(38,0).

TEST_CASE("AveragesRoundHalfAwayFromZero") {
  OneGroup average(kAvg, "numeric(12,6)");
  REQUIRE(average.add({"0.000001", "0.000002"}).ok());
  REQUIRE(average.result() == "0.000002");
  OneGroup negative(kAvg, "numeric(12,6)");
  REQUIRE(negative.add({"-0.000001", "-0.000002"}).ok());
  REQUIRE(negative.result() == "-0.000002");
}

TEST_CASE("ASumOfIntsMayExceedIntAndNotBigint") {
  OneGroup ints(kSum, "int");
  REQUIRE(ints.add({"2147483647", "2147483647"}).ok());
  REQUIRE(ints.result() == "4294967294");
}

TEST_CASE("OverflowNamesTheColumnAndSaysWhatToDo") {
  OneGroup sum(kSum, "numeric(38,0)");
  REQUIRE(sum.add({kMost.c_str(), "1"}).ok());
  REQUIRE_THAT(sum.result(), Contains("column \"a\"") && Contains("cast"));
  REQUIRE(sum.add(std::vector<Cell>(40, kMost.c_str())).ok());
  REQUIRE_THAT(sum.result(), Contains("numeric(38,0) out of range"));
}

TEST_CASE("OnlyTheResultMustFitWhateverTheOrder") {
  const std::string least = "-" + kMost;
  std::vector<std::string> texts = {kMost, kMost, kMost, least, least, least, "7"};
  std::sort(texts.begin(), texts.end());
  do {
    std::vector<Cell> values;
    for (const std::string& text : texts) values.push_back(text.c_str());
    OneGroup sum(kSum, "numeric(38,0)");
    REQUIRE(sum.add(values).ok());
    REQUIRE(sum.result() == "7");
    OneGroup half(kSum, "numeric(38,0)");
    OneGroup rest(kSum, "numeric(38,0)");
    REQUIRE(half.add({values.begin(), values.begin() + 3}).ok());
    REQUIRE(rest.add({values.begin() + 3, values.end()}).ok());
    OneGroup merged(kSum, "numeric(38,0)");
    REQUIRE(merged.merge(half).ok());
    REQUIRE(merged.merge_row(rest).ok());
    REQUIRE(merged.result() == "7");
    merged.retract_row(half);
    REQUIRE(merged.result() == rest.result());
  } while (std::next_permutation(texts.begin(), texts.end()));
}

TEST_CASE("AnAverageMayFitWhereTheTotalDoesNot") {
  for (const std::string sign : {"", "-"}) {
    const std::string big = sign + "3" + std::string(31, '0');
    OneGroup a(kAvg, "numeric(38,0)");
    OneGroup b(kAvg, "numeric(38,0)");
    REQUIRE(a.add({big.c_str()}).ok());
    REQUIRE(b.add({big.c_str()}).ok());
    for (int i = 0; i < 20; ++i) {  // Fibonacci numbers of values: the total becomes 3 * 10^39.
      REQUIRE(a.merge_row(b).ok());
      REQUIRE(b.merge(a).ok());
    }
    REQUIRE(b.result() == big + ".000000");
  }
}

TEST_CASE("InfinityMadeOfFiniteDoublesIsAnOverflow") {
  OneGroup sum(kSum, "double precision");
  REQUIRE(sum.add({"1e308"}).ok());
  const Status status = sum.add({"1e308"});
  REQUIRE_FALSE(status.ok());
  REQUIRE(status.error().kind == ErrorKind::kBadData);
  REQUIRE_THAT(status.error().message, Contains("value out of range: overflow"));

  OneGroup other(kAvg, "double precision");
  REQUIRE(other.add({"1.7e308"}).ok());
  OneGroup twice(kAvg, "double precision");
  REQUIRE(twice.add({"1.7e308"}).ok());
  REQUIRE_FALSE(twice.merge_row(other).ok());
}

TEST_CASE("InfinityThatCameInIsAValue") {
  OneGroup sum(kSum, "double precision");
  REQUIRE(sum.add({"1", "Infinity", "1e308"}).ok());
  REQUIRE(sum.result() == "Infinity");
  REQUIRE(sum.add({"-Infinity"}).ok());
  REQUIRE(sum.result() == "NaN");
}

}  // namespace
}  // namespace weir
