#include "engine/expr/time_unit.h"

#include "engine/expr/utf8.h"

#include <string>

namespace weir {
namespace {

struct UnitName {
  std::string_view name;
  TimeUnit unit;
};

constexpr UnitName kNames[] = {
    {"microseconds", TimeUnit::kMicroseconds},
    {"microsecond", TimeUnit::kMicroseconds},
    {"us", TimeUnit::kMicroseconds},
    {"usec", TimeUnit::kMicroseconds},
    {"milliseconds", TimeUnit::kMilliseconds},
    {"millisecond", TimeUnit::kMilliseconds},
    {"ms", TimeUnit::kMilliseconds},
    {"msec", TimeUnit::kMilliseconds},
    {"second", TimeUnit::kSecond},
    {"seconds", TimeUnit::kSecond},
    {"sec", TimeUnit::kSecond},
    {"secs", TimeUnit::kSecond},
    {"s", TimeUnit::kSecond},
    {"minute", TimeUnit::kMinute},
    {"minutes", TimeUnit::kMinute},
    {"min", TimeUnit::kMinute},
    {"mins", TimeUnit::kMinute},
    {"m", TimeUnit::kMinute},
    {"hour", TimeUnit::kHour},
    {"hours", TimeUnit::kHour},
    {"hr", TimeUnit::kHour},
    {"hrs", TimeUnit::kHour},
    {"h", TimeUnit::kHour},
    {"day", TimeUnit::kDay},
    {"days", TimeUnit::kDay},
    {"d", TimeUnit::kDay},
    {"week", TimeUnit::kWeek},
    {"weeks", TimeUnit::kWeek},
    {"w", TimeUnit::kWeek},
    {"month", TimeUnit::kMonth},
    {"months", TimeUnit::kMonth},
    {"mon", TimeUnit::kMonth},
    {"mons", TimeUnit::kMonth},
    {"quarter", TimeUnit::kQuarter},
    {"qtr", TimeUnit::kQuarter},
    {"year", TimeUnit::kYear},
    {"years", TimeUnit::kYear},
    {"yr", TimeUnit::kYear},
    {"yrs", TimeUnit::kYear},
    {"y", TimeUnit::kYear},
    {"decade", TimeUnit::kDecade},
    {"decades", TimeUnit::kDecade},
    {"dec", TimeUnit::kDecade},
    {"century", TimeUnit::kCentury},
    {"centuries", TimeUnit::kCentury},
    {"cent", TimeUnit::kCentury},
    {"c", TimeUnit::kCentury},
    {"millennium", TimeUnit::kMillennium},
    {"millennia", TimeUnit::kMillennium},
    {"mil", TimeUnit::kMillennium},
    {"epoch", TimeUnit::kEpoch},
    {"dow", TimeUnit::kDow},
    {"isodow", TimeUnit::kIsodow},
    {"doy", TimeUnit::kDoy},
    {"isoyear", TimeUnit::kIsoyear},
};

// The Monday of the week that holds the fourth of January, with which an ISO year begins.
int32_t first_monday(int32_t year) {
  const int32_t fourth = days_from_civil({.year = year, .month = 1, .day = 4});
  return fourth - weekday_of(fourth);
}

// Centuries and millennia: the first after the change of era is 1, the last before it -1.
int32_t rounded_up(int32_t year, int32_t size) {
  return year > 0 ? (year + size - 1) / size : -((size - 1 - (year - 1)) / size);
}

}  // namespace

std::optional<TimeUnit> time_unit_named(std::string_view name) {
  std::string folded;
  append_lower(folded, name);
  for (const UnitName& entry : kNames) {
    if (entry.name == folded) return entry.unit;
  }
  return std::nullopt;
}

int32_t day_of_year(int32_t days) {
  const CivilDate date = civil_from_days(days);
  return days - days_from_civil({.year = date.year, .month = 1, .day = 1}) + 1;
}

IsoWeek iso_week_of(int32_t days) {
  int32_t year = civil_from_days(days).year;
  if (days >= first_monday(year + 1)) {
    ++year;
  } else if (days < first_monday(year)) {
    --year;
  }
  return {.year = year, .week = (days - first_monday(year)) / 7 + 1};
}

int32_t decade_of(int32_t year) { return year >= 0 ? year / 10 : -((8 - (year - 1)) / 10); }
int32_t century_of(int32_t year) { return rounded_up(year, 100); }
int32_t millennium_of(int32_t year) { return rounded_up(year, 1000); }

}  // namespace weir
