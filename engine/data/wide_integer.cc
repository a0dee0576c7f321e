#include "engine/data/wide_integer.h"

namespace weir {

Uint128 magnitude_of(Int128 value) {
  const Uint128 bits = static_cast<Uint128>(value);
  return value < 0 ? -bits : bits;
}

Uint256 add_wide(Uint256 a, Uint256 b) {
  const Uint128 low = a.low + b.low;
  return {.high = a.high + b.high + (low < a.low ? 1 : 0), .low = low};
}

Uint256 subtract_wide(Uint256 a, Uint256 b) {
  return {.high = a.high - b.high - (a.low < b.low ? 1 : 0), .low = a.low - b.low};
}

Uint256 multiply_wide(Uint128 a, Uint128 b) {
  const uint64_t a_low = static_cast<uint64_t>(a);
  const uint64_t a_high = static_cast<uint64_t>(a >> 64);
  const uint64_t b_low = static_cast<uint64_t>(b);
  const uint64_t b_high = static_cast<uint64_t>(b >> 64);
  const Uint128 low = static_cast<Uint128>(a_low) * b_low;
  const Uint128 middle = static_cast<Uint128>(a_high) * b_low + (low >> 64);
  const Uint128 other = static_cast<Uint128>(a_low) * b_high + static_cast<uint64_t>(middle);
  return {.high = static_cast<Uint128>(a_high) * b_high + (middle >> 64) + (other >> 64),
          .low = (other << 64) | static_cast<uint64_t>(low)};
}

std::optional<Uint256> multiply_wide(Uint256 a, Uint128 b) {
  const Uint256 high = multiply_wide(a.high, b);
  if (high.high != 0) return std::nullopt;
  Uint256 product = multiply_wide(a.low, b);
  if (__builtin_add_overflow(product.high, high.low, &product.high)) return std::nullopt;
  return product;
}

std::optional<Division> divide_wide(Uint256 dividend, Uint128 divisor) {
  if (dividend.high == 0) return Division{dividend.low / divisor, dividend.low % divisor};
  if (dividend.high >= divisor) return std::nullopt;
  Uint128 remainder = dividend.high;
  Uint128 quotient = 0;
  for (int bit = 127; bit >= 0; --bit) {
    // The remainder stays below 2^127, so doubling it is safe.
    remainder = (remainder << 1) | ((dividend.low >> bit) & 1);
    quotient <<= 1;
    if (remainder >= divisor) {
      remainder -= divisor;
      quotient |= 1;
    }
  }
  return Division{quotient, remainder};
}

WideDivision divide_fully(Uint256 dividend, Uint128 divisor) {
  const Uint128 high = dividend.high / divisor;
  const std::optional<Division> low =
      divide_wide({.high = dividend.high % divisor, .low = dividend.low}, divisor);
  return {.quotient = {.high = high, .low = low->quotient}, .remainder = low->remainder};
}

// Digit by digit, in base four.
SquareRoot square_root(Uint256 value) {
  const auto halved = [](Uint256 a) {
    return Uint256{.high = a.high >> 1, .low = (a.low >> 1) | (a.high << 127)};
  };
  Uint256 bit{.high = Uint128{1} << 126, .low = 0};
  while (bit > value) bit = halved(halved(bit));
  Uint256 root;
  Uint256 rest = value;
  for (; bit != Uint256{}; bit = halved(halved(bit))) {
    const Uint256 step = add_wide(root, bit);
    root = halved(root);
    if (rest >= step) {
      rest = subtract_wide(rest, step);
      root = add_wide(root, bit);
    }
  }
  return {.root = root.low, .rest = rest};
}

}  // namespace weir
