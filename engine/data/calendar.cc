#include "engine/data/calendar.h"

#include <algorithm>

namespace weir {
namespace {

constexpr int kDaysPerEra = 146'097;          // 400 years, after which the calendar repeats.
constexpr int kDaysFromEraToEpoch = 719'468;  // From 0000-03-01 to 1970-01-01.
// Beyond what microseconds can reach, and well inside what days_from_civil can compute.
constexpr int64_t kYearMax = 300'000;

// The whole microseconds since the start of the moment's day.
int64_t time_of_day(int64_t micros) {
  const int64_t rest = micros % kMicrosPerDay;
  return rest < 0 ? rest + kMicrosPerDay : rest;
}

std::optional<int64_t> moment(int64_t days, int64_t since_midnight) {
  int64_t micros = 0;
  if (days < 0) {  // The other order would overflow on the first day there is, whose midnight is
                   // out of range.
    ++days;
    since_midnight -= kMicrosPerDay;
  }
  if (__builtin_mul_overflow(days, kMicrosPerDay, &micros)) return std::nullopt;
  if (__builtin_add_overflow(micros, since_midnight, &micros)) return std::nullopt;
  return micros;
}

std::optional<int64_t> add_months(int64_t micros, int32_t months) {
  const CivilDate date = civil_from_days(day_of(micros));
  const int64_t month_number = int64_t{date.year} * 12 + (date.month - 1) + months;
  const int64_t year = month_number >= 0 ? month_number / 12 : (month_number - 11) / 12;
  if (year < -kYearMax || year > kYearMax) return std::nullopt;
  CivilDate sum{.year = static_cast<int32_t>(year),
                .month = static_cast<int32_t>(month_number - year * 12) + 1,
                .day = date.day};
  sum.day = std::min(sum.day, days_in_month(sum.year, sum.month));
  return moment(days_from_civil(sum), time_of_day(micros));
}

}  // namespace

// Years are counted from March, so that the leap day is the last of its year and every month's
// first day is a linear function of the month; and from far back, so that there are no negative
// numbers to round the right way.
int32_t days_from_civil(CivilDate date) {
  constexpr int32_t kErasBefore = 15'000;
  const bool is_winter = date.month <= 2;
  const uint32_t year = static_cast<uint32_t>(date.year + 400 * kErasBefore - (is_winter ? 1 : 0));
  const uint32_t month = static_cast<uint32_t>(is_winter ? date.month + 9 : date.month - 3);
  const uint32_t century = year / 100;
  const uint32_t day_of_year = (153 * month + 2) / 5 + static_cast<uint32_t>(date.day) - 1;
  const uint64_t days = uint64_t{year} * 1461 / 4 - century + century / 4 + day_of_year;
  return static_cast<int32_t>(static_cast<int64_t>(days) - int64_t{kErasBefore} * kDaysPerEra -
                              kDaysFromEraToEpoch);
}

CivilDate civil_from_days(int32_t days) {
  const int64_t shifted = int64_t{days} + kDaysFromEraToEpoch;
  const int64_t era = (shifted >= 0 ? shifted : shifted - (kDaysPerEra - 1)) / kDaysPerEra;
  const int32_t day_of_era = static_cast<int32_t>(shifted - era * kDaysPerEra);
  const int32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int32_t month_from_march = (5 * day_of_year + 2) / 153;
  const int32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int32_t year = static_cast<int32_t>(era * 400) + year_of_era + (month <= 2 ? 1 : 0);
  return {.year = year, .month = month, .day = day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

int32_t days_in_month(int32_t year, int32_t month) {
  constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

int32_t day_of(int64_t micros) {
  const int64_t days = micros / kMicrosPerDay;
  return static_cast<int32_t>(micros % kMicrosPerDay < 0 ? days - 1 : days);
}

std::optional<int64_t> add_interval(int64_t micros, const Interval& interval) {
  std::optional<int64_t> sum = micros;
  if (interval.months != 0) sum = add_months(*sum, interval.months);
  if (sum && interval.days != 0) {
    sum = moment(int64_t{day_of(*sum)} + interval.days, time_of_day(*sum));
  }
  if (!sum || __builtin_add_overflow(*sum, interval.micros, &*sum)) return std::nullopt;
  return sum;
}

std::optional<Interval> negate(const Interval& interval) {
  Interval negative;
  if (__builtin_sub_overflow(0, interval.months, &negative.months) ||
      __builtin_sub_overflow(0, interval.days, &negative.days) ||
      __builtin_sub_overflow(int64_t{0}, interval.micros, &negative.micros)) {
    return std::nullopt;
  }
  return negative;
}

std::optional<int64_t> interval_to_micros(const Interval& interval) {
  const int64_t days = int64_t{interval.months} * 30 + interval.days;
  const Int128 micros = static_cast<Int128>(days) * kMicrosPerDay + interval.micros;
  if (micros != static_cast<int64_t>(micros)) return std::nullopt;
  return static_cast<int64_t>(micros);
}

Int128 interval_total(const Interval& interval) {
  const Int128 days = Int128{interval.months} * 30 + interval.days;
  return days * kMicrosPerDay + interval.micros;
}

}  // namespace weir
