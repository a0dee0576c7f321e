// Dates and times: microseconds and days since 1970-01-01 in the proleptic Gregorian calendar, no
// leap seconds.
#pragma once

#include "engine/data/type.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace weir {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

struct CivilDate {
  int32_t year = 1970;
  int32_t month = 1;  // 1 to 12
  int32_t day = 1;    // 1 to 31
};

// REQUIRES: a date that 32 bits of days reach (years -5,877,640 to 5,881,579).
int32_t days_from_civil(CivilDate date);
CivilDate civil_from_days(int32_t days);
int32_t days_in_month(int32_t year, int32_t month);

// Floor division: the day that holds the moment, also before 1970.
int32_t day_of(int64_t micros);

// micros + interval with PostgreSQL's calendar rules (months first, clipped to the month's last
// day). Absent on overflow.
std::optional<int64_t> add_interval(int64_t micros, const Interval& interval);
std::optional<Interval> negate(const Interval& interval);
// Days and months counted as 24 hours and 30 days, for comparison and for options; absent on
// overflow.
std::optional<int64_t> interval_to_micros(const Interval& interval);
// The same without a bound: what decides whether intervals are equal, as keys too ("1 day" is
// "24:00:00").
Int128 interval_total(const Interval& interval);

}  // namespace weir
