// Exact decimal arithmetic on 128-bit integers: a numeric(p,s) value v is held as v * 10^s.
//
// Every operation says whether the result fits 38 digits; rounding is half away from zero, as in
// PostgreSQL.
#pragma once

#include "engine/data/type.h"

#include <optional>

namespace weir {

// 10^exponent. REQUIRES: 0 <= exponent <= 38.
Int128 power_of_ten(int exponent);

// Whether |value| has at most `precision` digits.
bool fits_precision(Int128 value, int precision);

// `value` at another scale, rounded; absent if it overflows 128 bits.
std::optional<Int128> rescale(Int128 value, int from_scale, int to_scale);

// Sum and difference of values of one scale; product at the sum of both scales. Absent on overflow
// of 38 digits.
std::optional<Int128> decimal_add(Int128 a, Int128 b);
std::optional<Int128> decimal_subtract(Int128 a, Int128 b);
std::optional<Int128> decimal_multiply(Int128 a, Int128 b);
// a / b at `result_scale`, rounded half away from zero. Exact for all inputs (256-bit
// intermediate). Absent on overflow. REQUIRES: b != 0.
std::optional<Int128> decimal_divide(Int128 a, int scale_a, Int128 b, int scale_b,
                                     int result_scale);

double decimal_to_double(Int128 value, int scale);
// Absent if not finite or beyond 38 digits. The double counts as its first 15 significant digits,
// as in PostgreSQL.
std::optional<Int128> decimal_from_double(double value, int scale);

}  // namespace weir
