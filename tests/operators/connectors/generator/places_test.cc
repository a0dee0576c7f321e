// Goal: honest holders never look as if they had been in two places at once.
#include "operators/connectors/generator/places.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>
#include <string>

namespace weir {
namespace {

constexpr int64_t kMinute = 60'000'000;
constexpr int64_t kStart = 1'704'067'200'000'000;

}  // namespace

TEST_CASE("GreatCircleDistancesAreRight") {
  CHECK(std::abs(great_circle_km({51.5074, -0.1278, "GB"}, {-33.8688, 151.2093, "AU"}) - 16'994) <
        20);
  CHECK(std::abs(great_circle_km({51.5074, -0.1278, "GB"}, {48.8566, 2.3522, "FR"}) - 344) < 2);
  CHECK(great_circle_km({10, 20, ""}, {10, 20, ""}) == 0);
}

TEST_CASE("NobodyMovesFasterThanAnAirliner") {
  const Journeys journeys(3);
  size_t journeying = 0;
  for (uint64_t account = 0; account < 200; ++account) {
    Place before = journeys.at(account, kStart);
    for (int64_t minute = 30; minute < 30 * 24 * 60; minute += 30) {
      const Place now = journeys.at(account, kStart + minute * kMinute);
      const double km = great_circle_km(before, now);
      REQUIRE(km <= Journeys::kSpeedMax / 2 + 1);
      if (km > 10) ++journeying;
      before = now;
    }
  }
  CHECK(journeying > 1000);
}

TEST_CASE("MostAreAtHomeAndSomeAreAway") {
  const Journeys journeys(3);
  std::set<std::string> countries;
  size_t moved = 0;
  for (uint64_t account = 0; account < 2000; ++account) {
    const Place first = journeys.at(account, kStart);
    const Place later = journeys.at(account, kStart + 40 * 24 * 60 * kMinute);
    countries.insert(std::string(first.country));
    if (great_circle_km(first, later) > 100) ++moved;
  }
  CHECK(countries.size() > 25);
  CHECK(moved > 150);
  CHECK(moved < 700);
}

TEST_CASE("ThereIsAlwaysAFarCity") {
  for (const City& city : kWorldCities) {
    const Place from{city.lat, city.lon, city.country};
    for (uint64_t word = 0; word < 64; ++word) {
      REQUIRE(great_circle_km(from, Journeys::far_city(from, 5000, word << 58)) >= 5000);
    }
  }
}

TEST_CASE("PlacesBeforeTheYear1970AreContinuousToo") {
  const Journeys journeys(3);
  for (uint64_t account = 0; account < 50; ++account) {
    Place before = journeys.at(account, -15 * 24 * 60 * kMinute);
    for (int64_t minute = -15 * 24 * 60; minute < 15 * 24 * 60; minute += 30) {
      const Place now = journeys.at(account, minute * kMinute);
      REQUIRE(great_circle_km(before, now) <= Journeys::kSpeedMax / 2 + 1);
      before = now;
    }
  }
}

}  // namespace weir
