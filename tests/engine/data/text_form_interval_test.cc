// The expectations are PostgreSQL's answers, except where a comment says otherwise.
#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

namespace weir {
namespace {

std::string shown(const Interval& interval) {
  std::string out;
  append_interval(out, interval);
  return out;
}

std::string reread(std::string_view text) {
  const Result<Interval> interval = parse_interval(text);
  return interval.ok() ? shown(*interval) : interval.error().message;
}

constexpr int64_t kSecond = 1'000'000;

TEST_CASE("IntervalIsShownInItsParts") {
  REQUIRE(shown({}) == "00:00:00");
  REQUIRE(shown({.months = 14, .days = 3, .micros = 14'706'500'000}) ==
          "1 year 2 mons 3 days 04:05:06.5");
  REQUIRE(shown({.micros = 25 * kSecond}) == "00:00:25");
  REQUIRE(shown({.micros = 1}) == "00:00:00.000001");
  REQUIRE(shown({.micros = 360'000 * kSecond}) == "100:00:00");
  REQUIRE(shown({.months = 24}) == "2 years");
  REQUIRE(shown({.days = 1}) == "1 day");
}

TEST_CASE("EachPartShowsItsOwnSign") {
  REQUIRE(shown({.days = -1}) == "-1 days");
  REQUIRE(shown({.days = -1, .micros = 3600 * kSecond}) == "-1 days +01:00:00");
  REQUIRE(shown({.days = 1, .micros = -3600 * kSecond}) == "1 day -01:00:00");
  REQUIRE(shown({.months = -13, .days = 1}) == "-1 years -1 mons +1 day");
  REQUIRE(shown({.micros = -1}) == "-00:00:00.000001");
}

TEST_CASE("ExtremesOfAnIntervalCanBeShown") {
  REQUIRE(shown({.micros = std::numeric_limits<int64_t>::min()}) == "-2562047788:00:54.775808");
  REQUIRE(shown({.months = std::numeric_limits<int32_t>::min()}) == "-178956970 years -8 mons");
}

TEST_CASE("IntervalReadsNumbersWithUnits") {
  REQUIRE(reread("10 seconds") == "00:00:10");
  REQUIRE(reread("1 year 2 mons") == "1 year 2 mons");
  REQUIRE(reread("1h30m") == "01:30:00");
  REQUIRE(reread("1 hour -30 minutes") == "00:30:00");
  REQUIRE(reread(" @ 1 DAY 2 Hours ") == "1 day 02:00:00");
  REQUIRE(reread("-1 hour") == "-01:00:00");
  REQUIRE(reread("- 1 day") == "-1 days");
  REQUIRE(reread("1 century 2 decades") == "120 years");
  REQUIRE(reread("3 weeks") == "21 days");
  REQUIRE(reread("1 mil") == "1000 years");
}

TEST_CASE("EveryUnitHasItsShortNames") {
  struct Case {
    const char* names;
    const char* shown;
  };
  constexpr Case kCases[] = {
      {"us usec usecs usecond useconds microsecond microseconds", "00:00:00.000003"},
      {"ms msec msecs mseconds millisecond milliseconds", "00:00:00.003"},
      {"s sec secs second seconds", "00:00:03"},
      {"m min mins minute minutes M", "00:03:00"},
      {"h hr hrs hour hours", "03:00:00"},
      {"d day days D", "3 days"},
      {"w week weeks", "21 days"},
      {"mon mons month months", "3 mons"},
      {"y yr yrs year years Y", "3 years"},
      {"dec decs decade decades", "30 years"},
      {"c cent century centuries", "300 years"},
      {"mil mils millennium millennia", "3000 years"},
  };
  for (const Case& one : kCases) {
    std::string_view rest = one.names;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(' '), rest.size());
      const std::string name(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      INFO(name);
      REQUIRE(reread("3 " + name) == one.shown);
      REQUIRE(reread("3" + name) == one.shown);
    }
  }
}

TEST_CASE("IntervalReadsClockTimes") {
  REQUIRE(reread("1 day 02:00:00") == "1 day 02:00:00");
  REQUIRE(reread("00:00:25.5") == "00:00:25.5");
  REQUIRE(reread("02:03") == "02:03:00");
  REQUIRE(reread("02:03.5") == "00:02:03.5");
  REQUIRE(reread("-2:03") == "-02:03:00");
  REQUIRE(reread("1 02:03:04") == "1 day 02:03:04");
  REQUIRE(reread("-1 02:03:04") == "-1 days +02:03:04");
  REQUIRE(reread("1-2 3 4:05:06") == "1 year 2 mons 3 days 04:05:06");
  REQUIRE(reread("-1-2") == "-1 years -2 mons");
  REQUIRE(reread("100:00:00") == "100:00:00");
  REQUIRE(reread("23:59:59.9999999") == "24:00:00");
}

TEST_CASE("NumberWithoutAUnitIsSeconds") {
  REQUIRE(reread("5") == "00:00:05");
  REQUIRE(reread("-1.5") == "-00:00:01.5");
  REQUIRE(reread("1 day 5") == "1 day 00:00:05");
  REQUIRE(reread("5 ago") == "-00:00:05");
}

TEST_CASE("AgoTurnsEverySign") {
  REQUIRE(reread("2 hours ago") == "-02:00:00");
  REQUIRE(reread("@ 1 day -2 hours AGO") == "-1 days +02:00:00");
  REQUIRE(reread("3 y 2 mon 1 d 4:05:06 ago") == "-3 years -2 mons -1 days -04:05:06");
}

TEST_CASE("FractionGoesDownIntoSmallerUnits") {
  REQUIRE(reread("1.5 years") == "1 year 6 mons");
  REQUIRE(reread("1.7 mons") == "1 mon 21 days");
  REQUIRE(reread("1.5 weeks") == "10 days 12:00:00");
  REQUIRE(reread("1.5 days") == "1 day 12:00:00");
  REQUIRE(reread("-2.5 hours") == "-02:30:00");
  REQUIRE(reread("1.5 decades") == "15 years");
  REQUIRE(reread("0.1 mons") == "3 days");
  REQUIRE(reread("2.5 us") == "00:00:00.000003");  // PostgreSQL rounds half to even here.
}

TEST_CASE("IntervalReadsIso8601") {
  REQUIRE(reread("PT5M") == "00:05:00");
  REQUIRE(reread("P1Y2M3DT4H5M6.7S") == "1 year 2 mons 3 days 04:05:06.7");
  REQUIRE(reread("P1W") == "7 days");
  REQUIRE(reread("PT-1H") == "-01:00:00");
  REQUIRE(reread("P-1D") == "-1 days");
  REQUIRE(reread("P1.5D") == "1 day 12:00:00");
}

TEST_CASE("IntervalRefusesWhatIsNone") {
  for (const char* text : {"",
                           " ",
                           "ago",
                           "@",
                           "1 foo",
                           "foo",
                           "day",
                           "1 day ago 2",
                           "1:60",
                           "1:59:61",
                           "1:2:3:4",
                           "1 quarter",
                           "1e3 s",
                           "P",
                           "PT",
                           "P1H",
                           "P1",
                           "PT1D",
                           "1 2 3",
                           "1..5 s",
                           "1 day, 2 hours",
                           "- day",
                           "--1 day",
                           "1-12",
                           "9999999999999999999 s"}) {
    INFO(text);
    REQUIRE(parse_interval(text).error() ==
            bad_data("cannot read '" + std::string(text) + "' as interval"));
  }
}

TEST_CASE("IntervalOutsideItsPartsIsOutOfRange") {
  REQUIRE(reread("2147483647 days") == "2147483647 days");
  REQUIRE(reread("-2147483648 days") == "-2147483648 days");
  REQUIRE(reread("2562047788:00:54.775807") == "2562047788:00:54.775807");
  for (const char* text : {"2147483648 days", "178956971 years", "2562047788:00:54.775808",
                           "999999999999999999 mil", "2147483647 days 1 day"}) {
    INFO(text);
    REQUIRE(parse_interval(text).error() ==
            bad_data("'" + std::string(text) + "' is out of range for interval"));
  }
}

TEST_CASE("IntervalThatWasShownReadsBack") {
  std::mt19937_64 dice(29);
  for (int i = 0; i < 20'000; ++i) {
    const auto part = [&](int bits) { return static_cast<int64_t>(dice()) >> (64 - bits); };
    const Interval interval{
        .months = static_cast<int32_t>(i % 3 == 0 ? 0 : part(1 + i % 32)),
        .days = static_cast<int32_t>(i % 5 == 0 ? 0 : part(1 + i % 31)),
        .micros = i % 7 == 0 ? 0 : part(1 + i % 62),
    };
    INFO(shown(interval));
    REQUIRE(*parse_interval(shown(interval)) == interval);
  }
}

}  // namespace
}  // namespace weir
