#include "engine/expr/time_unit.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

int32_t day(int32_t year, int32_t month, int32_t of_month) {
  return days_from_civil({.year = year, .month = month, .day = of_month});
}

}  // namespace

TEST_CASE("UnitsAreKnownByAllTheirNames") {
  CHECK(time_unit_named("hour") == TimeUnit::kHour);
  CHECK(time_unit_named("HOURS") == TimeUnit::kHour);
  CHECK(time_unit_named("mon") == TimeUnit::kMonth);
  CHECK(time_unit_named("ms") == TimeUnit::kMilliseconds);
  CHECK_FALSE(time_unit_named("fortnight").has_value());
}

TEST_CASE("IsoWeeksBelongToTheYearOfTheirThursday") {
  CHECK(iso_week_of(day(2021, 1, 3)).year == 2020);
  CHECK(iso_week_of(day(2021, 1, 3)).week == 53);
  CHECK(iso_week_of(day(2021, 1, 4)).week == 1);
  CHECK(iso_week_of(day(2018, 12, 31)).year == 2019);
  CHECK(iso_week_of(day(2018, 12, 31)).week == 1);
  // Weeks follow each other without a gap, over all forms that a year can have.
  IsoWeek before = iso_week_of(day(1600, 1, 3));
  for (int32_t monday = day(1600, 1, 10); monday < day(2001, 1, 1); monday += 7) {
    const IsoWeek week = iso_week_of(monday);
    const bool next = week.year == before.year ? week.week == before.week + 1
                                               : week.week == 1 && week.year == before.year + 1;
    if (!next) FAIL(monday);
    before = week;
  }
}

TEST_CASE("WeekdaysAndDaysOfTheYear") {
  CHECK(weekday_of(0) == 3);
  CHECK(weekday_of(-4) == 6);
  CHECK(weekday_of(day(2024, 1, 1)) == 0);
  CHECK(day_of_year(day(2024, 12, 31)) == 366);
  CHECK(time_of_day(-1) == kMicrosPerDay - 1);
}

TEST_CASE("CenturiesHaveNoZeroth") {
  CHECK(century_of(2000) == 20);
  CHECK(century_of(2001) == 21);
  CHECK(century_of(0) == -1);
  CHECK(century_of(-100) == -2);
  CHECK(millennium_of(2001) == 3);
  CHECK(decade_of(1999) == 199);
}

}  // namespace weir
