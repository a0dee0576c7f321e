// Variances and standard deviations: against ones worked out by hand, where they are NULL, and what
// overflows. tests/oracle/aggregates.py compares them with PostgreSQL's.
#include "operators/accumulator.h"
#include "tests/operators/accumulator_group.h"

namespace weir {
namespace {

using enum AggregateFunction;
using Catch::Contains;

std::string of(AggregateFunction function, const char* type, const std::vector<Cell>& values) {
  OneGroup group(function, type);
  const Status status = group.add(values);
  return status.ok() ? group.result() : status.error().message;
}

TEST_CASE("ASampleOfOneHasNoDeviation") {
  for (const char* type : {"int", "numeric(12,2)", "double precision"}) {
    CHECK(of(kVarSamp, type, {"5"}) == "NULL");
    CHECK(of(kStddevSamp, type, {"5"}) == "NULL");
  }
  CHECK(of(kVarPop, "int", {"5"}) == "0.000000");
  CHECK(of(kStddevPop, "double precision", {"5"}) == "0");
}

TEST_CASE("DeviationsAreRoundedOnceHalfAwayFromZero") {
  CHECK(of(kVarSamp, "int", {"1", "2", "4"}) == "2.333333");
  CHECK(of(kVarPop, "int", {"1", "2", "4"}) == "1.555556");
  CHECK(of(kStddevSamp, "int", {"1", "2", "4"}) == "1.527525");
  CHECK(of(kStddevPop, "bigint", {"1", "2", "4"}) == "1.247219");
  CHECK(of(kVarPop, "numeric(12,2)", {"0.01", "0.02"}) == "0.000025");
  // 0.00000025 and its root 0.0005; the variance is below what six digits show.
  CHECK(of(kVarPop, "numeric(12,3)", {"0.001", "0.002"}) == "0.000000");
  CHECK(of(kStddevPop, "numeric(12,3)", {"0.001", "0.002"}) == "0.000500");
  // 2.25 * 10^-6 and 2.5 * 10^-7: a half goes up.
  CHECK(of(kVarPop, "numeric(12,4)", {"0.0010", "0.0040"}) == "0.000002");
  CHECK(of(kVarSamp, "numeric(12,4)", {"0.0010", "0.0020"}) == "0.000001");
}

TEST_CASE("LargeValuesCloseTogetherKeepTheirDistance") {
  CHECK(of(kVarPop, "bigint", {"1700000000000000", "1700000000000002"}) == "1.000000");
  CHECK(of(kVarPop, "double precision", {"1e15", "1000000000000002"}) == "1");
}

TEST_CASE("SquaresThatDoNotFitAreAnOverflow") {
  const std::string wide = "1" + std::string(19, '0');
  const std::string message = of(kVarSamp, "numeric(38,0)", {wide.c_str(), wide.c_str()});
  CHECK_THAT(message, Contains("out of range") && Contains("column \"a\""));
  CHECK_THAT(of(kVarSamp, "double precision", {"1e300", "-1e300"}), Contains("overflow"));
}

TEST_CASE("InfiniteValuesHaveNoDeviation") {
  CHECK(of(kVarPop, "double precision", {"Infinity"}) == "NaN");
  CHECK(of(kStddevSamp, "double precision", {"1", "Infinity", "2"}) == "NaN");
  CHECK(of(kVarSamp, "double precision", {"NaN", "2"}) == "NaN");
}

}  // namespace
}  // namespace weir
