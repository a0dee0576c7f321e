// Goal: the generator's distributions are what their names say, to well below what a data set could
// show.
#include "operators/connectors/generator/random.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace weir {

TEST_CASE("Exp2TableIsExactToThirteenDigits") {
  const Exp2Table exp2;
  for (double y = -60; y < 60; y += 0.00137) {
    const double expected = std::exp2(y);
    REQUIRE(std::abs(exp2.at(y) - expected) < 1e-13 * expected);
  }
  CHECK(exp2.at(0) == 1.0);
  CHECK(exp2.at(10) == 1024.0);
}

TEST_CASE("NormalTableHasTheTailsOfTheNormalDistribution") {
  const NormalTable normal;
  constexpr size_t kDraws = 4'000'000;
  double sum = 0;
  double squares = 0;
  size_t above_2 = 0;
  size_t above_4 = 0;
  for (size_t i = 0; i < kDraws; ++i) {
    const double z = normal.at(random_word(7, i));
    sum += z;
    squares += z * z;
    if (z > 2) ++above_2;
    if (std::abs(z) > 4) ++above_4;
  }
  CHECK(std::abs(sum / kDraws) < 0.002);
  CHECK(std::abs(squares / kDraws - 1) < 0.003);
  CHECK(std::abs(static_cast<double>(above_2) / kDraws - 0.02275) < 0.0004);
  CHECK(above_4 > 253 - 64);  // 6.33e-5 of them, give or take four deviations.
  CHECK(above_4 < 253 + 64);
}

TEST_CASE("NormalTableGrowsWithTheWordWithinEachHalf") {
  const NormalTable normal;
  CHECK(std::abs(normal.at(0x7fffffffffffffff)) < 1e-12);
  CHECK(std::abs(normal.at(uint64_t{1} << 62) - 0.6744897501960817) < 1e-9);  // A quarter above it.
  double before = 0;
  for (uint64_t word = (uint64_t{1} << 63) - 1; word > 100'000; word -= word / 1000) {
    REQUIRE(normal.at(word) >= before);
    before = normal.at(word);
  }
  CHECK(normal.at(0) == 6.4);
  CHECK(normal.at(uint64_t{1} << 63) == -6.4);
}

TEST_CASE("WordsOfNeighbouringCountersAndKeysAreIndependent") {
  size_t by_counter = 0;
  size_t by_key = 0;
  constexpr size_t kWords = 100'000;
  for (size_t i = 0; i < kWords; ++i) {
    const uint64_t word = random_word(field_key(1, 1), i);
    by_counter += std::popcount(word ^ random_word(field_key(1, 1), i + 1));
    by_key += std::popcount(word ^ random_word(field_key(1, 2), i));
  }
  CHECK(std::abs(static_cast<double>(by_counter) / kWords - 32) < 0.06);
  CHECK(std::abs(static_cast<double>(by_key) / kWords - 32) < 0.06);
}

TEST_CASE("BelowIsUniformAndStaysBelow") {
  std::array<size_t, 7> counts{};
  for (size_t i = 0; i < 700'000; ++i) ++counts[below(random_word(3, i), counts.size())];
  for (const size_t count : counts) CHECK(std::abs(static_cast<double>(count) - 100'000) < 1500);
  CHECK(below(UINT64_MAX, 5) == 4);
  CHECK(below(0, 5) == 0);
}

}  // namespace weir
