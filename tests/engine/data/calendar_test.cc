#include "engine/data/calendar.h"

#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

bool is_leap(int32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// The moment a timestamp text stands for.
int64_t at(const char* text) { return *parse_timestamp(text, false); }

std::string sum_text(const char* moment, const Interval& interval) {
  const std::optional<int64_t> sum = add_interval(at(moment), interval);
  if (!sum) return "overflow";
  std::string text;
  append_timestamp(text, *sum, false, TimeStyle::kPostgres);
  return text;
}

TEST_CASE("DaysCountFromTheEpoch") {
  REQUIRE(days_from_civil({.year = 1970, .month = 1, .day = 1}) == 0);
  REQUIRE(days_from_civil({.year = 1969, .month = 12, .day = 31}) == -1);
  REQUIRE(days_from_civil({.year = 2000, .month = 3, .day = 1}) == 11'017);
  REQUIRE(days_from_civil({.year = 1, .month = 1, .day = 1}) == -719'162);
}

// Goal: both directions agree with a calendar that is turned one day at a time, over 1,200 years
// around year 0 and around the epoch.
TEST_CASE("EveryDayFollowsTheOneBefore") {
  for (const int32_t first_year : {-600, 1600}) {
    CivilDate date{.year = first_year, .month = 1, .day = 1};
    for (int32_t days = days_from_civil(date); date.year < first_year + 1200; ++days) {
      const CivilDate back = civil_from_days(days);
      const bool same = back.year == date.year && back.month == date.month && back.day == date.day;
      if (!same || days_from_civil(date) != days) FAIL("day " << days);
      const int32_t last =
          date.month == 2 ? (is_leap(date.year) ? 29 : 28)
          : date.month == 4 || date.month == 6 || date.month == 9 || date.month == 11 ? 30
                                                                                      : 31;
      REQUIRE(days_in_month(date.year, date.month) == last);
      if (++date.day <= last) continue;
      date.day = 1;
      if (++date.month <= 12) continue;
      date.month = 1;
      ++date.year;
    }
  }
}

TEST_CASE("EveryNumberOfDaysHasADate") {
  constexpr int32_t kLast = std::numeric_limits<int32_t>::max();
  constexpr int32_t kFirst = std::numeric_limits<int32_t>::min();
  for (const int32_t days : {kFirst, kFirst + 1, kFirst + 1000, -1, 0, 1, kLast - 1000, kLast}) {
    REQUIRE(days_from_civil(civil_from_days(days)) == days);
  }
  REQUIRE(civil_from_days(kLast).year == 5'881'580);
  REQUIRE(civil_from_days(kFirst).year == -5'877'641);
}

TEST_CASE("DayOfAMomentIsTheDayThatHoldsIt") {
  REQUIRE(day_of(0) == 0);
  REQUIRE(day_of(kMicrosPerDay - 1) == 0);
  REQUIRE(day_of(kMicrosPerDay) == 1);
  REQUIRE(day_of(-1) == -1);
  REQUIRE(day_of(-kMicrosPerDay) == -1);
  REQUIRE(day_of(-kMicrosPerDay - 1) == -2);
}

// The expectations are PostgreSQL's answers.
TEST_CASE("MonthsAreAddedFirstAndClipped") {
  REQUIRE(sum_text("2024-01-31 10:00:00", {.months = 1}) == "2024-02-29 10:00:00");
  REQUIRE(sum_text("2023-01-31 10:00:00", {.months = 1}) == "2023-02-28 10:00:00");
  REQUIRE(sum_text("2024-03-31 00:00:00", {.months = -1}) == "2024-02-29 00:00:00");
  REQUIRE(sum_text("2024-02-29 00:00:00", {.months = 12}) == "2025-02-28 00:00:00");
  REQUIRE(sum_text("2024-01-31 00:00:00", {.months = 1, .days = 1}) == "2024-03-01 00:00:00");
  REQUIRE(sum_text("2024-01-31 23:00:00", {.months = 1, .days = -1, .micros = 7'200'000'000}) ==
          "2024-02-29 01:00:00");
  REQUIRE(sum_text("1969-12-31 23:59:59.5", {.months = -13}) == "1968-11-30 23:59:59.5");
  REQUIRE(sum_text("0001-01-15 00:00:00", {.months = -1}) == "0001-12-15 00:00:00 BC");
}

TEST_CASE("SumBeyondTheRangeIsAbsent") {
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
  constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
  REQUIRE_FALSE(add_interval(kLast, {.micros = 1}).has_value());
  REQUIRE_FALSE(add_interval(kFirst, {.micros = -1}).has_value());
  REQUIRE_FALSE(add_interval(0, {.months = kMost}).has_value());
  REQUIRE_FALSE(add_interval(0, {.months = kLeast}).has_value());
  REQUIRE_FALSE(add_interval(0, {.days = kMost}).has_value());
  REQUIRE_FALSE(add_interval(0, {.days = kLeast}).has_value());
  REQUIRE(add_interval(kFirst, {.micros = kLast}) == -1);
  REQUIRE(add_interval(kFirst, {}) == kFirst);
  REQUIRE(add_interval(kFirst, {.days = 1}) == kFirst + kMicrosPerDay);
  REQUIRE(add_interval(kLast, {.days = -1}) == kLast - kMicrosPerDay);
}

TEST_CASE("NegatingTwiceGivesTheSame") {
  const Interval interval{.months = 1, .days = -2, .micros = 3};
  const Interval negative{.months = -1, .days = 2, .micros = -3};
  REQUIRE(negate(interval) == negative);
  REQUIRE(negate(negative) == interval);
  REQUIRE_FALSE(negate({.months = std::numeric_limits<int32_t>::min()}).has_value());
  REQUIRE_FALSE(negate({.days = std::numeric_limits<int32_t>::min()}).has_value());
  REQUIRE_FALSE(negate({.micros = std::numeric_limits<int64_t>::min()}).has_value());
}

TEST_CASE("IntervalCountsThirtyDaysToTheMonth") {
  REQUIRE(interval_to_micros({.micros = -5}) == -5);
  REQUIRE(interval_to_micros({.days = 2, .micros = 1}) == 2 * kMicrosPerDay + 1);
  REQUIRE(interval_to_micros({.months = 2}) == 60 * kMicrosPerDay);
  REQUIRE_FALSE(interval_to_micros({.months = std::numeric_limits<int32_t>::max()}).has_value());
  // The days alone are out of range, the whole is not.
  REQUIRE(interval_to_micros({.days = 106'751'992, .micros = -kMicrosPerDay}) ==
          106'751'991 * kMicrosPerDay);
}

}  // namespace
}  // namespace weir
