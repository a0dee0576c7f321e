#include "engine/data/decimal.h"

#include "engine/data/text_form.h"
#include "engine/data/wide_integer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace weir {
namespace {

constexpr int kPowerMax = 38;  // 10^38 is the last power of ten below 2^127.

constexpr std::array<Int128, kPowerMax + 1> make_powers() {
  std::array<Int128, kPowerMax + 1> powers{};
  powers[0] = 1;
  for (int i = 1; i <= kPowerMax; ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}

constexpr std::array<Int128, kPowerMax + 1> kPowers = make_powers();

// The signed value of a magnitude; absent where it has more than 38 digits.
std::optional<Int128> signed_38(Uint128 magnitude, bool negative) {
  if (magnitude >= static_cast<Uint128>(kPowers[kPowerMax])) return std::nullopt;
  const Int128 value = static_cast<Int128>(magnitude);
  return negative ? -value : value;
}

std::optional<Int128> checked_38(Int128 value) {
  if (!fits_precision(value, kPowerMax)) return std::nullopt;
  return value;
}

// a * 10^exponent / b, rounded half up. The digits behind the first 38 are found by dividing the
// remainder once more.
std::optional<Uint128> divide_scaled_up(Uint128 a, int exponent, Uint128 b) {
  const int first = std::min(exponent, kPowerMax);
  std::optional<Division> division =
      divide_wide(multiply_wide(a, static_cast<Uint128>(kPowers[first])), b);
  if (!division) return std::nullopt;
  for (int left = exponent - first; left > 0;) {
    const int step = std::min(left, kPowerMax);
    const Uint128 power = static_cast<Uint128>(kPowers[step]);
    const Uint256 shifted = multiply_wide(division->quotient, power);
    if (shifted.high != 0) return std::nullopt;
    const std::optional<Division> rest = divide_wide(multiply_wide(division->remainder, power), b);
    if (!rest) return std::nullopt;
    if (__builtin_add_overflow(shifted.low, rest->quotient, &division->quotient)) {
      return std::nullopt;
    }
    division->remainder = rest->remainder;
    left -= step;
  }
  if (division->quotient >= static_cast<Uint128>(kPowers[kPowerMax])) return std::nullopt;
  const bool up = division->remainder >= b - division->remainder;
  return division->quotient + (up ? 1 : 0);
}

// value / 10^exponent, rounded half up.
Uint128 divide_by_power(Uint128 value, int exponent) {
  if (exponent > kPowerMax) return 0;  // 2^128 is less than half of 10^39.
  const Uint128 power = static_cast<Uint128>(kPowers[exponent]);
  const Uint128 quotient = value / power;
  const Uint128 remainder = value % power;
  return quotient + (remainder >= power - remainder ? 1 : 0);
}

}  // namespace

Int128 power_of_ten(int exponent) {
  CHECK(exponent >= 0);
  CHECK(exponent <= kPowerMax);
  return kPowers[exponent];
}

bool fits_precision(Int128 value, int precision) {
  return magnitude_of(value) < static_cast<Uint128>(power_of_ten(precision));
}

std::optional<Int128> rescale(Int128 value, int from_scale, int to_scale) {
  const int shift = to_scale - from_scale;
  if (shift == 0 || value == 0) return value;
  if (shift > kPowerMax) return std::nullopt;
  if (shift > 0) {
    Int128 product = 0;
    if (__builtin_mul_overflow(value, kPowers[shift], &product)) return std::nullopt;
    return product;
  }
  const Int128 rounded = static_cast<Int128>(divide_by_power(magnitude_of(value), -shift));
  return value < 0 ? -rounded : rounded;
}

std::optional<Int128> decimal_add(Int128 a, Int128 b) {
  Int128 sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return checked_38(sum);
}

std::optional<Int128> decimal_subtract(Int128 a, Int128 b) {
  Int128 difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  return checked_38(difference);
}

std::optional<Int128> decimal_multiply(Int128 a, Int128 b) {
  Int128 product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return checked_38(product);
}

std::optional<Int128> decimal_divide(Int128 a, int scale_a, Int128 b, int scale_b,
                                     int result_scale) {
  CHECK(b != 0);
  const bool negative = (a < 0) != (b < 0);
  const Uint128 dividend = magnitude_of(a);
  const Uint128 divisor = magnitude_of(b);
  const int exponent = result_scale + scale_b - scale_a;
  // Dividing twice rounds as dividing once would: half of a power of ten is whole, so that the
  // fraction that the first division drops cannot lift a value below the half up to it.
  if (exponent < 0) return signed_38(divide_by_power(dividend / divisor, -exponent), negative);
  const std::optional<Uint128> quotient = divide_scaled_up(dividend, exponent, divisor);
  if (!quotient) return std::nullopt;
  return signed_38(*quotient, negative);
}

double decimal_to_double(Int128 value, int scale) {
  constexpr Int128 kExactMax = int64_t{1} << 53;
  constexpr double kExactPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (value <= kExactMax && value >= -kExactMax && scale <= 22) {  // Both exact: rounded once.
    return static_cast<double>(static_cast<int64_t>(value)) / kExactPowers[scale];
  }
  std::string text;
  append_numeric(text, value, scale);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

std::optional<Int128> decimal_from_double(double value, int scale) {
  if (!std::isfinite(value)) return std::nullopt;
  constexpr int kDigits = 15;
  char text[32];  // "d.dddddddddddddde+ddd"
  const auto written = std::to_chars(text, text + sizeof text, std::abs(value),
                                     std::chars_format::scientific, kDigits - 1);
  int64_t mantissa = text[0] - '0';
  for (int i = 2; i <= kDigits; ++i) mantissa = mantissa * 10 + (text[i] - '0');
  const char* sign = text + kDigits + 2;
  int exponent = 0;
  std::from_chars(sign + 1, written.ptr, exponent);
  if (*sign == '-') exponent = -exponent;
  const std::optional<Int128> scaled = rescale(mantissa, kDigits - 1 - exponent, scale);
  if (!scaled) return std::nullopt;
  return checked_38(value < 0 ? -*scaled : *scaled);
}

}  // namespace weir
