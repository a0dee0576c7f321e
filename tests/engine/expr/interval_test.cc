#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("MomentsMoveByIntervals") {
  CHECK(compute("+", {"timestamp:2024-01-31 10:00:00", "interval:1 mon"}) == "2024-02-29 10:00:00");
  CHECK(compute("-", {"timestamptz:2024-03-31 10:00:00Z", "interval:1 mon"}) ==
        "2024-02-29 10:00:00+00");
  CHECK(compute("+", {"interval:90 minutes", "timestamp:2024-01-01 23:00:00"}) ==
        "2024-01-02 00:30:00");
  CHECK(compute("+", {"date:2024-01-01", "interval:1 hour"}) == "2024-01-01 01:00:00");
  CHECK(compute("-", {"date:2024-01-01", "interval:1 day"}) == "2023-12-31 00:00:00");
}

TEST_CASE("DatesMoveByDays") {
  CHECK(compute("+", {"date:2024-02-28", "int:2"}) == "2024-03-01");
  CHECK(compute("+", {"int:1", "date:2024-02-28"}) == "2024-02-29");
  CHECK(compute("-", {"date:2024-01-01", "int:1"}) == "2023-12-31");
  CHECK(compute("-", {"date:2024-03-01", "date:2024-02-01"}) == "29");
}

TEST_CASE("MomentsApartAreDaysAndTime") {
  CHECK(compute("-", {"timestamp:2024-01-03 12:00:00", "timestamp:2024-01-01 00:00:00"}) ==
        "2 days 12:00:00");
  CHECK(compute("-", {"timestamptz:2024-01-01 00:00:00Z", "timestamptz:2024-01-01 00:00:01Z"}) ==
        "-00:00:01");
  CHECK(type_of("-", {"date:2024-01-01", "timestamp:2024-01-01 00:00:00"}) == "interval");
}

TEST_CASE("IntervalsAddAndScale") {
  CHECK(compute("+", {"interval:1 day", "interval:1 mon 2 hours"}) == "1 mon 1 day 02:00:00");
  CHECK(compute("-", {"interval:1 day", "interval:2 hours"}) == "1 day -02:00:00");
  CHECK(compute("-", {"interval:1 day"}) == "-1 days");
  CHECK(compute("*", {"interval:1 hour", "int:3"}) == "03:00:00");
  CHECK(compute("*", {"double precision:1.5", "interval:1 mon"}) == "1 mon 15 days");
  CHECK(compute("*", {"interval:1 day", "double precision:0.5"}) == "12:00:00");
  CHECK(compute("/", {"interval:1 mon", "int:2"}) == "15 days");
  CHECK(compute("/", {"interval:1 hour", "int:0"}) == "!division by zero");
}

TEST_CASE("WhatLeavesTheCalendarIsAnErrorOfTheRow") {
  CHECK(
      compute("*", {"interval:100000000 years", "int:100"}).starts_with("!interval out of range"));
  CHECK(compute("+", {"date:2024-01-01", "int:2147483647"}).starts_with("!date out of range"));
  CHECK(compute("+", {"timestamp:2024-01-01 00:00:00", "interval:100000000 years"})
            .starts_with("!timestamp out of range"));
}

}  // namespace weir
