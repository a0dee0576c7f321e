#include "engine/data/decimal.h"

#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>

namespace weir {
namespace {

// A number of up to 38 digits; the text is all digits of scale 0.
Int128 whole(const char* text) { return *parse_numeric(text, 38, 0); }

std::string shown(std::optional<Int128> value, int scale = 0) {
  if (!value) return "overflow";
  std::string text;
  append_numeric(text, *value, scale);
  return text;
}

const Int128 kLargest = power_of_ten(38) - 1;
constexpr Int128 kInt128Min = static_cast<Int128>(Uint128{1} << 127);

TEST_CASE("PowersOfTenGoTo38") {
  Int128 power = 1;
  for (int exponent = 0; exponent <= 38; ++exponent) {
    REQUIRE((power_of_ten(exponent) == power));
    if (exponent < 38) power *= 10;
  }
}

TEST_CASE("PrecisionIsTheNumberOfDigits") {
  REQUIRE(fits_precision(0, 1));
  REQUIRE(fits_precision(999, 3));
  REQUIRE(fits_precision(-999, 3));
  REQUIRE_FALSE(fits_precision(1000, 3));
  REQUIRE_FALSE(fits_precision(-1000, 3));
  REQUIRE(fits_precision(kLargest, 38));
  REQUIRE_FALSE(fits_precision(kLargest + 1, 38));
  REQUIRE_FALSE(fits_precision(kInt128Min, 38));
}

TEST_CASE("RescalingDownRoundsHalfAwayFromZero") {
  REQUIRE(shown(rescale(1249, 2, 0)) == "12");
  REQUIRE(shown(rescale(1250, 2, 0)) == "13");
  REQUIRE(shown(rescale(-1249, 2, 0)) == "-12");
  REQUIRE(shown(rescale(-1250, 2, 0)) == "-13");
  REQUIRE(shown(rescale(whole("49999999999999999999999999999999999999"), 38, 0)) == "0");
  REQUIRE(shown(rescale(whole("50000000000000000000000000000000000000"), 38, 0)) == "1");
  REQUIRE(shown(rescale(kLargest, 76, 0)) == "0");
}

TEST_CASE("RescalingUpIsExactOrAbsent") {
  REQUIRE(shown(rescale(-12, 0, 3), 3) == "-12.000");
  REQUIRE(shown(rescale(1, 0, 38)) == "100000000000000000000000000000000000000");
  REQUIRE(shown(rescale(2, 0, 38)) == "overflow");
  REQUIRE(shown(rescale(1, 0, 39)) == "overflow");
  REQUIRE(shown(rescale(0, 0, 60)) == "0");
}

TEST_CASE("SumAndDifferenceStopAt38Digits") {
  REQUIRE(shown(decimal_add(kLargest - 1, 1)) == shown(kLargest));
  REQUIRE(shown(decimal_add(kLargest, 1)) == "overflow");
  REQUIRE(shown(decimal_add(-kLargest, -1)) == "overflow");
  REQUIRE(shown(decimal_add(kLargest, kLargest)) == "overflow");
  REQUIRE(shown(decimal_subtract(-kLargest, 1)) == "overflow");
  REQUIRE(shown(decimal_subtract(kLargest, kLargest)) == "0");
}

TEST_CASE("ProductStopsAt38Digits") {
  const Int128 root = power_of_ten(19);
  REQUIRE(shown(decimal_multiply(root - 1, root)) == "99999999999999999990000000000000000000");
  REQUIRE(shown(decimal_multiply(root, root)) == "overflow");
  REQUIRE(shown(decimal_multiply(kLargest, kLargest)) == "overflow");
  REQUIRE(shown(decimal_multiply(-kLargest, 1)) == shown(-kLargest));
  REQUIRE(shown(decimal_multiply(kLargest, 0)) == "0");
}

TEST_CASE("QuotientIsRoundedHalfAwayFromZero") {
  REQUIRE(shown(decimal_divide(10, 0, 3, 0, 6), 6) == "3.333333");
  REQUIRE(shown(decimal_divide(20, 0, 3, 0, 6), 6) == "6.666667");
  REQUIRE(shown(decimal_divide(-20, 0, 3, 0, 6), 6) == "-6.666667");
  REQUIRE(shown(decimal_divide(20, 0, -3, 0, 6), 6) == "-6.666667");
  REQUIRE(shown(decimal_divide(1, 0, 8, 0, 2), 2) == "0.13");
  REQUIRE(shown(decimal_divide(-1, 0, 8, 0, 2), 2) == "-0.13");
  REQUIRE(shown(decimal_divide(1234, 2, 200, 2, 2), 2) == "6.17");
  REQUIRE(shown(decimal_divide(0, 2, 7, 0, 6), 6) == "0.000000");
}

TEST_CASE("QuotientOfFewerPlacesRoundsOnce") {
  // 0.4999... must not become 0.5 on the way to 1.
  REQUIRE(shown(decimal_divide(1499, 3, 1, 0, 0)) == "1");
  REQUIRE(shown(decimal_divide(4499, 3, 3, 0, 0)) == "1");
  REQUIRE(shown(decimal_divide(4500, 3, 3, 0, 0)) == "2");
  REQUIRE(shown(decimal_divide(1500, 3, 1, 0, 0)) == "2");
  REQUIRE(shown(decimal_divide(kLargest, 38, 3, 0, 0)) == "0");
  REQUIRE(shown(decimal_divide(kLargest, 38, 1, 0, 0)) == "1");
  REQUIRE(shown(decimal_divide(kLargest, 76, 1, 0, 0)) == "0");
}

TEST_CASE("QuotientIsExactWhereTheDividendExceeds128Bits") {
  REQUIRE(shown(decimal_divide(kLargest, 0, kLargest, 0, 37), 37) ==
          "1.0000000000000000000000000000000000000");
  REQUIRE(shown(decimal_divide(1, 38, kLargest, 0, 38), 38) ==
          "0.00000000000000000000000000000000000000");
  REQUIRE(shown(decimal_divide(1, 0, 3, 38, 0)) == "33333333333333333333333333333333333333");
  REQUIRE(shown(decimal_divide(1, 0, kLargest, 38, 38), 38) == "overflow");
  REQUIRE(shown(decimal_divide(1, 0, kLargest, 38, 37), 37) ==
          "1.0000000000000000000000000000000000000");
  REQUIRE(shown(decimal_divide(1, 38, kLargest, 38, 38), 38) ==
          "0.00000000000000000000000000000000000001");
  REQUIRE(shown(decimal_divide(7, 0, 1, 38, 0)) == "overflow");
  REQUIRE(shown(decimal_divide(kLargest, 0, 1, 38, 38)) == "overflow");
  REQUIRE(shown(decimal_divide(whole("12345678901234567890123456789012345678"), 10,
                               whole("98765432109876543210987654321098765432"), 10, 30),
                30) == "0.124999998860937500014238281250");
}

// Goal: the quotient is the one whole number within half a step of the true one. Method: multiply
// back with narrow operands, where everything fits 128 bits.
TEST_CASE("QuotientTimesDivisorIsTheDividend") {
  std::mt19937_64 dice(7);
  for (int i = 0; i < 20'000; ++i) {
    const Int128 a = static_cast<int64_t>(dice()) >> (dice() % 60);
    const Int128 b = (static_cast<int64_t>(dice()) >> (dice() % 60)) | 1;
    const int scale = static_cast<int>(dice() % 10);
    const Int128 q = *decimal_divide(a, 0, b, 0, scale);
    const Int128 twice_rest = 2 * (a * power_of_ten(scale) - q * b);
    const Int128 size = b < 0 ? -b : b;
    const bool near = twice_rest <= size && twice_rest >= -size;
    REQUIRE(near);
  }
}

TEST_CASE("DoubleOfADecimalIsTheNearest") {
  REQUIRE(decimal_to_double(1234, 2) == 12.34);
  REQUIRE(decimal_to_double(-1, 1) == -0.1);
  REQUIRE(decimal_to_double(kLargest, 0) == 1e38);
  REQUIRE(decimal_to_double(kLargest, 38) == 1.0);
  REQUIRE(decimal_to_double(1, 38) == 1e-38);
  REQUIRE(decimal_to_double(whole("9007199254740993"), 0) == 9007199254740992.0);
  REQUIRE(decimal_to_double(whole("900719925474099300001"), 5) == 9007199254740994.0);
  REQUIRE(decimal_to_double(whole("123456789012345678901234567890"), 20) ==
          1234567890.1234567890123456789);
}

TEST_CASE("DecimalOfADoubleCountsFifteenDigits") {
  REQUIRE(shown(decimal_from_double(0.1, 20), 20) == "0.10000000000000000000");
  REQUIRE(shown(decimal_from_double(0.1 + 0.2, 17), 17) == "0.30000000000000000");
  REQUIRE(shown(decimal_from_double(2.675, 2), 2) == "2.68");
  REQUIRE(shown(decimal_from_double(-2.675, 2), 2) == "-2.68");
  REQUIRE(shown(decimal_from_double(0, 2), 2) == "0.00");
  REQUIRE(shown(decimal_from_double(-0.0, 2), 2) == "0.00");
  REQUIRE(shown(decimal_from_double(5e-324, 38), 38) == "0.00000000000000000000000000000000000000");
  REQUIRE(shown(decimal_from_double(123456789012345678.0, 0)) == "123456789012346000");
  REQUIRE(shown(decimal_from_double(9e37, 0)) == "90000000000000000000000000000000000000");
}

TEST_CASE("DoubleOutOfRangeHasNoDecimal") {
  REQUIRE_FALSE(decimal_from_double(1e38, 0).has_value());
  REQUIRE_FALSE(decimal_from_double(1e37, 1).has_value());
  REQUIRE_FALSE(decimal_from_double(1e308, 0).has_value());
  REQUIRE_FALSE(decimal_from_double(std::numeric_limits<double>::infinity(), 0).has_value());
  REQUIRE_FALSE(decimal_from_double(std::nan(""), 0).has_value());
}

}  // namespace
}  // namespace weir
