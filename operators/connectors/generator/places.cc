#include "operators/connectors/generator/places.h"

#include "engine/base/check.h"
#include "engine/data/calendar.h"
#include "operators/connectors/generator/random.h"

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

constexpr double kEarthRadiusKm = 6371;
constexpr double kRadians = M_PI / 180;
constexpr double kMicrosPerHour = 3600.0 * 1e6;

// Life goes in fortnights; in three of ten there is one journey, out and back, that ends before the
// next begins: it leaves within four days, stays for one to four, and the longest way takes less
// than two and a half each.
constexpr int64_t kFortnight = 14 * kMicrosPerDay;
constexpr uint64_t kLeaveWithin = 4 * kMicrosPerDay;
constexpr uint64_t kStayMore = 3 * kMicrosPerDay;

Place place_of(const City& city) { return {city.lat, city.lon, city.country}; }

const City& home_of(uint64_t word) { return kWorldCities[below(word, kCityCount)]; }

// How long the way takes when latitude and longitude change evenly. Parallels shrink towards the
// poles, so the length in the plane bounds the length on the globe, and the speed stays below
// kSpeedMax all the way.
int64_t travel_micros(const City& from, const City& to) {
  const double degrees = std::hypot(to.lat - from.lat, to.lon - from.lon);
  const double hours = degrees * kRadians * kEarthRadiusKm / Journeys::kSpeedMax;
  return static_cast<int64_t>(hours * kMicrosPerHour) + 1;
}

}  // namespace

const City kWorldCities[kCityCount] = {
    {"London", "GB", 51.5074, -0.1278},
    {"Paris", "FR", 48.8566, 2.3522},
    {"Berlin", "DE", 52.52, 13.405},
    {"Madrid", "ES", 40.4168, -3.7038},
    {"Rome", "IT", 41.9028, 12.4964},
    {"Vienna", "AT", 48.2082, 16.3738},
    {"Zurich", "CH", 47.3769, 8.5417},
    {"Amsterdam", "NL", 52.3676, 4.9041},
    {"Stockholm", "SE", 59.3293, 18.0686},
    {"Warsaw", "PL", 52.2297, 21.0122},
    {"Lisbon", "PT", 38.7223, -9.1393},
    {"Dublin", "IE", 53.3498, -6.2603},
    {"Athens", "GR", 37.9838, 23.7275},
    {"Istanbul", "TR", 41.0082, 28.9784},
    {"New York", "US", 40.7128, -74.006},
    {"Chicago", "US", 41.8781, -87.6298},
    {"Los Angeles", "US", 34.0522, -118.2437},
    {"Toronto", "CA", 43.6532, -79.3832},
    {"Mexico City", "MX", 19.4326, -99.1332},
    {"Sao Paulo", "BR", -23.5505, -46.6333},
    {"Buenos Aires", "AR", -34.6037, -58.3816},
    {"Lagos", "NG", 6.5244, 3.3792},
    {"Nairobi", "KE", -1.2921, 36.8219},
    {"Johannesburg", "ZA", -26.2041, 28.0473},
    {"Dubai", "AE", 25.2048, 55.2708},
    {"Mumbai", "IN", 19.076, 72.8777},
    {"Singapore", "SG", 1.3521, 103.8198},
    {"Hong Kong", "HK", 22.3193, 114.1694},
    {"Tokyo", "JP", 35.6762, 139.6503},
    {"Seoul", "KR", 37.5665, 126.978},
    {"Sydney", "AU", -33.8688, 151.2093},
    {"Auckland", "NZ", -36.8509, 174.7645},
};

double great_circle_km(const Place& from, const Place& to) {
  const double lat = std::sin((to.lat - from.lat) * kRadians / 2);
  const double lon = std::sin((to.lon - from.lon) * kRadians / 2);
  const double chord =
      lat * lat + std::cos(from.lat * kRadians) * std::cos(to.lat * kRadians) * lon * lon;
  return 2 * kEarthRadiusKm * std::asin(std::min(1.0, std::sqrt(chord)));
}

Journeys::Journeys(uint64_t seed)
    : home_key_(field_key(seed, 2001)), trip_key_(field_key(seed, 2002)) {}

Place Journeys::at(uint64_t account, int64_t micros) const {
  const uint64_t home_word = random_word(home_key_, account);
  const City& home = home_of(home_word);
  // Every account's fortnights begin at a time of their own.
  const int64_t shift = static_cast<int64_t>(below(home_word << 8, kFortnight));
  const int64_t fortnight = (micros + shift) / kFortnight - (micros + shift < 0 ? 1 : 0);
  const uint64_t trip = random_word(trip_key_ ^ static_cast<uint64_t>(fortnight), account);
  if (below(trip, 10) >= 3) return place_of(home);

  const City& away = home_of(hash_word(trip));
  const int64_t travel = travel_micros(home, away);
  const uint64_t plan = hash_word(trip + 1);
  const int64_t leave = static_cast<int64_t>(below(plan, kLeaveWithin));
  const int64_t stay = kMicrosPerDay + static_cast<int64_t>(below(plan << 32, kStayMore));
  const int64_t since = micros + shift - fortnight * kFortnight - leave;
  const int64_t back = since - travel - stay;
  double way = 0;  // 0 at home, 1 away.
  if (since > 0) way = std::min(1.0, static_cast<double>(since) / static_cast<double>(travel));
  if (back > 0) way = std::max(0.0, 1.0 - static_cast<double>(back) / static_cast<double>(travel));
  return {home.lat + (away.lat - home.lat) * way, home.lon + (away.lon - home.lon) * way,
          way < 0.5 ? home.country : away.country};
}

Place Journeys::far_city(const Place& from, double km, uint64_t word) {
  const size_t first = below(word, kCityCount);
  for (size_t i = 0; i < kCityCount; ++i) {
    const Place place = place_of(kWorldCities[(first + i) % kCityCount]);
    if (great_circle_km(from, place) >= km) return place;
  }
  unreachable();
}

}  // namespace weir
