#include "engine/expr/divisor.h"

#include <catch2/catch.hpp>

#include <vector>

namespace weir {

// Every divisor near a power of two, and every dividend near a multiple, is where a reciprocal
// could be off by one.
TEST_CASE("ConstantDivisorAgreesWithTheDivisionInstruction") {
  std::vector<int64_t> numbers;
  for (int bit = 0; bit < 64; ++bit) {
    for (int64_t off = -3; off <= 3; ++off) {
      numbers.push_back(static_cast<int64_t>((uint64_t{1} << bit) + static_cast<uint64_t>(off)));
      numbers.push_back(static_cast<int64_t>(-(uint64_t{1} << bit) + static_cast<uint64_t>(off)));
    }
  }
  for (int64_t small = -1000; small <= 1000; ++small) numbers.push_back(small);
  for (const int64_t divisor : numbers) {
    if (!ConstantDivisor::fits(divisor)) continue;
    const ConstantDivisor by(divisor);
    for (const int64_t number : numbers) {
      const int64_t near = static_cast<int64_t>(static_cast<uint64_t>(number / divisor) *
                                                static_cast<uint64_t>(divisor));
      for (const int64_t dividend : {number, near}) {
        const bool same = by.quotient(dividend) == dividend / divisor &&
                          by.remainder(dividend) == dividend % divisor;
        if (!same) FAIL("wrong: " << dividend << " / " << divisor);
      }
    }
  }
  SUCCEED();
}

TEST_CASE("ConstantDivisorRefusesZeroAndOne") {
  for (const int64_t divisor :
       {int64_t{0}, int64_t{1}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    CHECK_FALSE(ConstantDivisor::fits(divisor));
  }
  CHECK(ConstantDivisor::fits(2));
  CHECK(ConstantDivisor::fits(-2));
}

}  // namespace weir
