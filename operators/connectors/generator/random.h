// Randomness by counter: every number is a pure function of a key and a counter, so that any row,
// and any column of it, can be made alone, again, and by any task.
//
// A key stands for (seed, field) and the counter for the row; two fields of one row are
// independent. The tables turn such words into distributions without a call into libm per row. All
// are immutable after construction and may be shared.
#pragma once

#include "engine/base/hash.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace weir {

// The key of one field of a data set. `field` may be any number that is used for one purpose only.
constexpr uint64_t field_key(uint64_t seed, uint64_t field) {
  return hash_combine(hash_word(seed), hash_word(field ^ 0x5ee7a3d1c94b6f02ULL));
}

// 64 uniform bits; the bits of one word are independent of each other.
constexpr uint64_t random_word(uint64_t key, uint64_t counter) {
  const uint64_t state = key + counter * 0x8bb84b93962eacc9ULL;
  return hash_mix(state, state ^ 0x2d358dccaa6c78a5ULL);
}

// Uniform in [0, bound), from the leading bits of `word`. REQUIRES: bound > 0.
constexpr uint64_t below(uint64_t word, uint64_t bound) {
  return static_cast<uint64_t>((static_cast<HashProduct>(word) * bound) >> 64);
}

// Uniform in [0, 1), from the leading 53 bits of `word`.
constexpr double unit(uint64_t word) { return static_cast<double>(word >> 11) * 0x1p-53; }

// 2^y from two tables and a linear rest: relative error below 1e-13. The tables are made by square
// roots and products alone, which IEEE 754 rounds the same way everywhere, so every machine makes
// the same rows.
class Exp2Table {
 public:
  Exp2Table();

  // REQUIRES: -1000 < y < 1000.
  double at(double y) const {
    const double scaled = y * kSteps;
    const double whole = std::floor(scaled);
    const int64_t steps = static_cast<int64_t>(whole);
    const double rest = 1.0 + (scaled - whole) * kLn2PerStep;
    const double power = std::bit_cast<double>(static_cast<uint64_t>((steps >> 22) + 1023) << 52);
    return coarse_[(steps >> 11) & 2047] * fine_[steps & 2047] * rest * power;
  }

 private:
  static constexpr double kSteps = 1 << 22;
  static constexpr double kLn2PerStep = 0x1.62e42fefa39efp-1 / kSteps;

  std::array<double, 2048> coarse_;  // 2^(i / 2^11)
  std::array<double, 2048> fine_;    // 2^(i / 2^22)
};

// A standard normal number from one word, by linear interpolation between quantiles that lie closer
// together the further out in the tail they are: right to four digits out to 6 sigma.
class NormalTable {
 public:
  NormalTable();

  double at(uint64_t word) const {
    const uint64_t tail =
        (word << 1) | 1;  // As a fraction of 2^64: twice the probability of the tail.
    const size_t octave = static_cast<size_t>(std::countl_zero(tail));
    if (octave >= kOctaves) return (word >> 63) != 0 ? -kMax : kMax;
    const uint64_t mantissa = tail << (octave + 1);
    const std::array<double, kBins + 1>& bins = quantiles_[octave];
    const size_t bin = static_cast<size_t>(mantissa >> 58);
    const double part = static_cast<double>((mantissa << 6) >> 11) * 0x1p-53;
    const double z = bins[bin] + (bins[bin + 1] - bins[bin]) * part;
    return (word >> 63) != 0 ? -z : z;
  }

 private:
  static constexpr size_t kOctaves = 32;
  static constexpr size_t kBins = 64;
  static constexpr double kMax = 6.4;  // Beyond the last octave; 1 in 2^33 words.

  // [o][b]: z whose upper tail has the probability 2^-(o+2) * (1 + b/64).
  std::array<std::array<double, kBins + 1>, kOctaves> quantiles_;
};

}  // namespace weir
