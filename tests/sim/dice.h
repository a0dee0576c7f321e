// Random numbers that are the same everywhere: the distributions of the standard library are not.
#pragma once

#include <cstdint>
#include <random>

namespace weir {

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}

  // From 0 to n - 1.
  size_t below(size_t n) { return engine_() % n; }
  int64_t between(int64_t from, int64_t to) {
    return from + static_cast<int64_t>(below(static_cast<size_t>(to - from) + 1));
  }
  bool percent(size_t chance) { return below(100) < chance; }
  uint64_t number() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace weir
