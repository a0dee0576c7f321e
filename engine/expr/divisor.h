// Division by a number that stays the same over many rows, without a division instruction.
//
// For 2^(b-1) < |d| <= 2^b the quotient n / d is the high part of n * m, shifted, where m =
// floor(2^(63+b) / |d|) + 1: m exceeds the true reciprocal by less than 2^-63 of it, too little to
// reach the next whole number for any 64-bit n.
#pragma once

#include "engine/data/type.h"

#include <cstdint>
#include <limits>

namespace weir {

class ConstantDivisor {
 public:
  // Zero divides nothing; 1, -1 and the lowest number, which has no magnitude, are rare enough for
  // the plain way.
  static bool fits(int64_t divisor) {
    return divisor > 1 || (divisor < -1 && divisor != std::numeric_limits<int64_t>::min());
  }

  // REQUIRES: fits(divisor).
  explicit ConstantDivisor(int64_t divisor);

  // Rounded towards zero, as PostgreSQL does.
  int64_t quotient(int64_t n) const {
    const int64_t floor = (static_cast<int64_t>((Int128{n} * multiplier_) >> 64) + n) >> shift_;
    const int64_t truncated = floor + static_cast<int64_t>(static_cast<uint64_t>(n) >> 63);
    return (truncated ^ sign_) - sign_;
  }
  int64_t remainder(int64_t n) const {
    const uint64_t whole = static_cast<uint64_t>(quotient(n)) * static_cast<uint64_t>(divisor_);
    return static_cast<int64_t>(static_cast<uint64_t>(n) - whole);
  }

 private:
  int64_t divisor_;
  int64_t multiplier_ =
      0;              // m - 2^64: m lies in [2^63, 2^64), and adding n makes up for the difference.
  int64_t sign_ = 0;  // All ones where the divisor is negative.
  int shift_ = 0;
};

}  // namespace weir
