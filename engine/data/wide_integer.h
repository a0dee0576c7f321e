// Unsigned integers of 256 bits: what exact products and quotients of 128-bit numbers need on
// their way. Values; no allocation.
#pragma once

#include "engine/data/type.h"

#include <compare>
#include <optional>

namespace weir {

struct Uint256 {
  Uint128 high = 0;
  Uint128 low = 0;

  auto operator<=>(const Uint256&) const = default;
};

// |value|, also of the least one.
Uint128 magnitude_of(Int128 value);

// Both wrap around, as unsigned integers do.
Uint256 add_wide(Uint256 a, Uint256 b);
Uint256 subtract_wide(Uint256 a, Uint256 b);

Uint256 multiply_wide(Uint128 a, Uint128 b);
// Absent on overflow of 256 bits.
std::optional<Uint256> multiply_wide(Uint256 a, Uint128 b);

struct Division {
  Uint128 quotient;
  Uint128 remainder;
};
// Absent where the quotient exceeds 128 bits. REQUIRES: 0 < divisor <= 2^127.
std::optional<Division> divide_wide(Uint256 dividend, Uint128 divisor);

struct WideDivision {
  Uint256 quotient;
  Uint128 remainder;
};
// REQUIRES: 0 < divisor <= 2^127.
WideDivision divide_fully(Uint256 dividend, Uint128 divisor);

// The greatest root with root * root <= value, and value less that square.
struct SquareRoot {
  Uint128 root;
  Uint256 rest;
};
SquareRoot square_root(Uint256 value);

}  // namespace weir
