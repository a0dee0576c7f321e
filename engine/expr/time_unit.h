// The units that date_trunc and extract know by name, and the pieces of a moment they are made of.
#pragma once

#include "engine/data/calendar.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

enum class TimeUnit : uint8_t {
  kMicroseconds,
  kMilliseconds,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,
  kDow,
  kIsodow,
  kDoy,
  kIsoyear,
};

// By any of PostgreSQL's names ("hour", "hours", "hr"), in any case.
std::optional<TimeUnit> time_unit_named(std::string_view name);

// Microseconds since midnight, also before 1970.
inline int64_t time_of_day(int64_t micros) {
  const int64_t rest = micros % kMicrosPerDay;
  return rest < 0 ? rest + kMicrosPerDay : rest;
}

// 0 is Monday.
inline int32_t weekday_of(int32_t days) {
  const int32_t rest = (days % 7 + 10) % 7;  // 1970-01-01 was a Thursday.
  return rest;
}

// 1 is the first of January.
int32_t day_of_year(int32_t days);

struct IsoWeek {
  int32_t year;
  int32_t week;  // 1 to 53
};
IsoWeek iso_week_of(int32_t days);

int32_t decade_of(int32_t year);
int32_t century_of(int32_t year);
int32_t millennium_of(int32_t year);

}  // namespace weir
