#include "engine/expr/order.h"

#include <catch2/catch.hpp>

#include <limits>

namespace weir {

TEST_CASE("NumericOrderHoldsWhereScalingWouldOverflow") {
  const Int128 large = power_of_ten(38) - 1;
  CHECK(numeric_order(large, 0, 1, 38) > 0);
  CHECK(numeric_order(-large, 0, 1, 38) < 0);
  CHECK(numeric_order(1, 38, large, 0) < 0);
  CHECK(numeric_order(150, 2, 15, 1) == 0);
  CHECK(numeric_order(0, 0, 0, 38) == 0);
}

TEST_CASE("NanIsTheGreatestDouble") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(double_less(infinity, nan));
  CHECK_FALSE(double_less(nan, infinity));
  CHECK_FALSE(double_less(nan, nan));
  CHECK(double_equal(nan, nan));
  CHECK(double_equal(0.0, -0.0));
}

TEST_CASE("AMonthIsAsLongAsThirtyDays") {
  CHECK(interval_length({.months = 1}) == interval_length({.days = 30}));
  CHECK(interval_length({.days = 1}) == interval_length({.micros = kMicrosPerDay}));
  CHECK(interval_length({.months = std::numeric_limits<int32_t>::max()}) > 0);
}

}  // namespace weir
