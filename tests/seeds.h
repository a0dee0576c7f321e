// Which of its random histories a test plays: as many as it usually does, or, by the environment,
//
//   WEIR_SEED=n   the one of seed n, which the test may then tell more of;
//   WEIR_SEEDS=n  the first n.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace weir {

class Seeds {
 public:
  class Iterator {
   public:
    explicit Iterator(uint64_t seed) : seed_(seed) {}
    uint64_t operator*() const { return seed_; }
    Iterator& operator++() { return ++seed_, *this; }
    bool operator==(const Iterator&) const = default;

   private:
    uint64_t seed_;
  };

  explicit Seeds(uint64_t usual) {
    if (const char* one = std::getenv("WEIR_SEED"); one != nullptr) {
      first_ = std::stoull(one);
      count_ = 1;
      is_one_ = true;
    } else if (const char* many = std::getenv("WEIR_SEEDS"); many != nullptr) {
      count_ = std::stoull(many);
    } else {
      count_ = usual;
    }
  }

  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(first_ + count_); }
  uint64_t size() const { return count_; }
  // Whether somebody looks at one of them.
  bool is_one() const { return is_one_; }

 private:
  uint64_t first_ = 0;
  uint64_t count_ = 0;
  bool is_one_ = false;
};

}  // namespace weir
