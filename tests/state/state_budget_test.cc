#include "state/state_budget.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("NothingHasToGoWhileAllOfItFits") {
  StateBudget budget(100);
  StateBudget::Share one(budget);
  StateBudget::Share other(budget);
  one.use(90);
  other.use(10);
  REQUIRE(budget.used() == 100);
  REQUIRE(one.excess() == 0);
  REQUIRE(other.excess() == 0);
}

TEST_CASE("WhoHasMoreThanAnEqualPartGives") {
  StateBudget budget(100);
  StateBudget::Share one(budget);
  StateBudget::Share other(budget);
  one.use(90);
  other.use(30);
  REQUIRE(one.excess() == 20);
  REQUIRE(other.excess() == 0);
  other.use(200);
  REQUIRE(one.excess() == 40);
  REQUIRE(other.excess() == 150);
}

TEST_CASE("AShareThatEndsGivesBackWhatItUsed") {
  StateBudget budget(100);
  StateBudget::Share one(budget);
  {
    StateBudget::Share other(budget);
    other.use(60);
    one.use(60);
    REQUIRE(one.excess() == 10);
  }
  REQUIRE(budget.used() == 60);
  REQUIRE(one.excess() == 0);
}

}  // namespace
}  // namespace weir
