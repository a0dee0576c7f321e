// min and max where PostgreSQL's order is not the obvious one.
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

namespace weir {
namespace {

using enum AggregateFunction;

TEST_CASE("NaNIsTheGreatestDouble") {
  OneGroup least(kMin, "double precision");
  REQUIRE(least.add({"NaN", "Infinity", "3"}).ok());
  REQUIRE(least.result() == "3");
  OneGroup most(kMax, "double precision");
  REQUIRE(most.add({"3", "NaN", "Infinity"}).ok());
  REQUIRE(most.result() == "NaN");
}

TEST_CASE("OfIntervalsOfOneLengthOneIsAlwaysTheLesser") {
  for (const AggregateFunction function : {kMin, kMax}) {
    OneGroup one(function, "interval");
    OneGroup other(function, "interval");
    REQUIRE(one.add({"1 month", "30 days", "720:00:00"}).ok());
    REQUIRE(other.add({"720:00:00", "30 days", "1 month"}).ok());
    REQUIRE(one.result() == other.result());
  }
}

}  // namespace
}  // namespace weir
