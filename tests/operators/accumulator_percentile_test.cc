// approx_percentile: the value of percentile_disc, rounded; against sorting.
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace weir {
namespace {

using enum AggregateFunction;

std::string percentile(const char* fraction, const char* type, const std::vector<Cell>& values) {
  OneGroup group(AggregateCall{.name = "a", .function = kApproxPercentile, .parameter = fraction},
                 type);
  REQUIRE(group.add(values).ok());
  return group.result();
}

TEST_CASE("SmallWholeNumbersAreExact") {
  const std::vector<Cell> values = {"256", "3", "1", "-2", "0"};
  CHECK(percentile("0", "int", values) == "-2");
  CHECK(percentile("0.2", "int", values) == "-2");
  CHECK(percentile("0.21", "int", values) == "0");
  CHECK(percentile("0.5", "bigint", values) == "1");
  CHECK(percentile("0.99", "numeric(12,2)", values) == "256");
  CHECK(percentile("1", "double precision", values) == "256");
}

TEST_CASE("ExtremesOfDoubleKeepTheirPlace") {
  const std::vector<Cell> values = {"NaN",      "-Infinity", "1.7976931348623157e308",
                                    "Infinity", "-0",        "5e-324"};
  CHECK(percentile("0", "double precision", values) == "-Infinity");
  CHECK(percentile("0.3", "double precision", values) == "0");
  CHECK(percentile("0.5", "double precision", values) == "0");
  CHECK(std::stod(percentile("0.6", "double precision", values)) > 1.7e308);
  CHECK(percentile("0.8", "double precision", values) == "Infinity");
  CHECK(percentile("1", "double precision", values) == "NaN");
}

TEST_CASE("NeverFurtherOffThanTheRounding") {
  std::mt19937_64 dice(3);
  std::lognormal_distribution<double> draw(2, 4);
  std::vector<double> numbers;
  std::vector<std::string> texts;
  std::vector<Cell> values;
  for (int i = 0; i < 2'001; ++i) numbers.push_back(draw(dice) * (dice() % 4 == 0 ? -1 : 1));
  for (const double number : numbers) texts.push_back(fmt::format("{}", number));
  for (const std::string& text : texts) values.push_back(text.c_str());
  std::sort(numbers.begin(), numbers.end());
  for (const char* fraction : {"0", "0.01", "0.25", "0.5", "0.9", "0.999", "1"}) {
    const double rank = std::ceil(std::stod(fraction) * static_cast<double>(numbers.size()));
    const double exact = numbers[static_cast<size_t>(std::max(rank, 1.0)) - 1];
    const double found = std::stod(percentile(fraction, "double precision", values));
    INFO(fraction << ": " << found << " for " << exact);
    CHECK(std::abs(found - exact) <= std::abs(exact) / 256);
  }
}

}  // namespace
}  // namespace weir
