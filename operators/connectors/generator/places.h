// Where card holders are: cities of the world, homes and journeys.
//
// A holder's place is a function of (account, time) and moves no faster than an airliner, so honest
// rows never look like impossible travel, in whatever order and however sparsely they are looked
// at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

struct City {
  std::string_view name;
  std::string_view country;  // ISO 3166, two letters.
  double lat;
  double lon;
};

inline constexpr size_t kCityCount = 32;
extern const City kWorldCities[kCityCount];

struct Place {
  double lat = 0;
  double lon = 0;
  std::string_view country;
};

double great_circle_km(const Place& from, const Place& to);

class Journeys {
 public:
  static constexpr double kSpeedMax = 700;  // km/h

  explicit Journeys(uint64_t seed);

  // Where the holder of an account is at a time (microseconds since 1970).
  Place at(uint64_t account, int64_t micros) const;

  // A city at least `km` away from a place. REQUIRES: km <= 5000, so that there always is one.
  static Place far_city(const Place& from, double km, uint64_t word);

 private:
  uint64_t home_key_;
  uint64_t trip_key_;
};

}  // namespace weir
