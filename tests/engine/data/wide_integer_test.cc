// Products are divided and rooted back; small numbers are compared with plain arithmetic.
#include "engine/data/wide_integer.h"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

namespace weir {
namespace {

constexpr Uint128 kMost = ~Uint128{0};

// Of 0 to 127 bits.
Uint128 draw(std::mt19937_64& dice) {
  const Uint128 bits = (static_cast<Uint128>(dice()) << 64) | dice();
  return bits >> (1 + dice() % 127);
}

TEST_CASE("MagnitudeOfTheLeastIsNoOverflow") {
  CHECK(magnitude_of(-5) == 5);
  CHECK(magnitude_of(5) == 5);
  CHECK(magnitude_of(static_cast<Int128>(Uint128{1} << 127)) == Uint128{1} << 127);
}

TEST_CASE("CarriesPassFromTheLowHalfToTheHigh") {
  CHECK(add_wide({0, kMost}, {0, 1}) == Uint256{1, 0});
  CHECK(subtract_wide({1, 0}, {0, 1}) == Uint256{0, kMost});
  CHECK(multiply_wide(kMost, kMost) == Uint256{kMost - 1, 1});
  CHECK(multiply_wide(Uint256{0, kMost}, kMost) == Uint256{kMost - 1, 1});
  CHECK_FALSE(multiply_wide(Uint256{1, 0}, kMost) == std::nullopt);
  CHECK(multiply_wide(Uint256{2, 0}, kMost) == std::nullopt);
}

TEST_CASE("AQuotientTimesTheDivisorIsTheDividend") {
  std::mt19937_64 dice(7);
  for (int i = 0; i < 20'000; ++i) {
    const Uint128 a = draw(dice);
    const Uint128 divisor = draw(dice) + 1;
    const Uint128 remainder = draw(dice) % divisor;
    const Uint256 dividend = add_wide(multiply_wide(a, divisor), {0, remainder});
    const std::optional<Division> division = divide_wide(dividend, divisor);
    REQUIRE(division.has_value());
    REQUIRE(division->quotient == a);
    REQUIRE(division->remainder == remainder);
    const Uint256 any{draw(dice), draw(dice)};
    const WideDivision full = divide_fully(any, divisor);
    REQUIRE(full.remainder < divisor);
    const std::optional<Uint256> back = multiply_wide(full.quotient, divisor);
    REQUIRE(back.has_value());
    REQUIRE(add_wide(*back, {0, full.remainder}) == any);
  }
  CHECK_FALSE(divide_wide({5, 0}, 5).has_value());
}

TEST_CASE("ASquareRootIsTheGreatest") {
  std::mt19937_64 dice(11);
  for (int i = 0; i < 20'000; ++i) {
    const Uint256 value =
        i < 200 ? Uint256{0, static_cast<Uint128>(i)} : Uint256{draw(dice), dice()};
    const SquareRoot found = square_root(value);
    REQUIRE(add_wide(multiply_wide(found.root, found.root), found.rest) == value);
    REQUIRE(found.rest <= add_wide({0, found.root}, {0, found.root}));
  }
  CHECK(square_root({kMost, kMost}).root == kMost);
}

}  // namespace
}  // namespace weir
