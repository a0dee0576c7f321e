#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string truncated(const std::string& unit, const std::string& cell) {
  return compute("date_trunc", {"text:" + unit, cell});
}

std::string extracted(const std::string& field, const std::string& cell) {
  return compute("extract", {"text:" + field, cell});
}

constexpr const char* kMoment = "timestamp:2024-05-17 13:45:56.123456";
constexpr const char* kBefore = "timestamp:1969-12-31 23:59:59.5";

}  // namespace

TEST_CASE("DateTruncStartsTheUnit") {
  CHECK(truncated("milliseconds", kMoment) == "2024-05-17 13:45:56.123");
  CHECK(truncated("second", kMoment) == "2024-05-17 13:45:56");
  CHECK(truncated("minute", kMoment) == "2024-05-17 13:45:00");
  CHECK(truncated("hour", kMoment) == "2024-05-17 13:00:00");
  CHECK(truncated("day", kMoment) == "2024-05-17 00:00:00");
  CHECK(truncated("week", kMoment) == "2024-05-13 00:00:00");
  CHECK(truncated("month", kMoment) == "2024-05-01 00:00:00");
  CHECK(truncated("quarter", kMoment) == "2024-04-01 00:00:00");
  CHECK(truncated("year", kMoment) == "2024-01-01 00:00:00");
  CHECK(truncated("decade", kMoment) == "2020-01-01 00:00:00");
  CHECK(truncated("century", kMoment) == "2001-01-01 00:00:00");
  CHECK(truncated("millennium", kMoment) == "2001-01-01 00:00:00");
  CHECK(truncated("hour", kBefore) == "1969-12-31 23:00:00");
  CHECK(truncated("hour", "timestamptz:2024-01-01 00:30:00-02") == "2024-01-01 02:00:00+00");
  CHECK(type_of("date_trunc", {"text:day", "date:2024-01-01"}) == "timestamp with time zone");
}

TEST_CASE("DateTruncOfIntervals") {
  CHECK(truncated("hour", "interval:3 days 02:47:33") == "3 days 02:00:00");
  CHECK(truncated("day", "interval:3 days 02:47:33") == "3 days");
  CHECK(truncated("year", "interval:2 years 7 mons") == "2 years");
  CHECK(type_of("date_trunc", {"text:week", "interval:1 day"}) ==
        "refused: unit \"week\" not supported for type interval");
}

TEST_CASE("DateBinCountsFromTheOrigin") {
  const std::string origin = "timestamp:2024-01-01 00:02:30";
  CHECK(compute("date_bin", {"interval:15 minutes", "timestamp:2024-01-01 01:00:00", origin}) ==
        "2024-01-01 00:47:30");
  CHECK(compute("date_bin", {"interval:15 minutes", "timestamp:2024-01-01 00:00:00", origin}) ==
        "2023-12-31 23:47:30");
  CHECK(compute("date_bin", {"interval:15 minutes", "timestamp:2023-12-31 23:47:30", origin}) ==
        "2023-12-31 23:47:30");
  CHECK(compute("date_bin", {"interval:1 mon", origin, origin})
            .starts_with("!timestamps cannot be binned"));
  CHECK(compute("date_bin", {"interval:0 seconds", origin, origin}) ==
        "!stride must be greater than zero");
}

TEST_CASE("ExtractGivesNumericsAsPostgresDoes") {
  CHECK(extracted("hour", kMoment) == "13");
  CHECK(extracted("second", kMoment) == "56.123456");
  CHECK(extracted("milliseconds", kMoment) == "56123.456");
  CHECK(extracted("microseconds", kMoment) == "56123456");
  CHECK(extracted("epoch", kMoment) == "1715953556.123456");
  CHECK(extracted("epoch", kBefore) == "-0.500000");
  CHECK(extracted("dow", kMoment) == "5");
  CHECK(extracted("isodow", "timestamp:2024-05-19 00:00:00") == "7");
  CHECK(extracted("doy", kMoment) == "138");
  CHECK(extracted("week", kMoment) == "20");
  CHECK(extracted("quarter", kMoment) == "2");
  CHECK(extracted("year", "date:2024-05-17") == "2024");
  CHECK(extracted("epoch", "date:1970-01-02") == "86400");
  CHECK(extracted("epoch", "interval:1 year 1 mon 1 day 00:00:01.5") == "34236001.500000");
  CHECK(extracted("hour", "interval:3 days 26:00:00") == "26");
  CHECK(type_of("extract", {"text:hour", kMoment}) == "numeric(38,0)");
}

TEST_CASE("ExtractRefusesWhatTheTypeHasNot") {
  CHECK(extracted("hour", "date:2024-05-17") ==
        "refused: unit \"hour\" not supported for type date");
  CHECK(extracted("dow", "interval:1 day") ==
        "refused: unit \"dow\" not supported for type interval");
  CHECK(extracted("fortnight", kMoment).starts_with("refused: unit \"fortnight\" not recognized"));
  const Sheet sheet({{"f", "text", {"hour"}}, {"t", "timestamp", {"2024-01-01 00:00:00"}}});
  CHECK(refusal(make_call("extract", {sheet.column("f"), sheet.column("t")})) ==
        "extract needs a constant as its field, such as 'hour'");
}

TEST_CASE("UnknownUnitsOfTheRowFailTheRow") {
  const Sheet sheet(
      {{"f", "text", {"hour", "lustrum", std::nullopt}},
       {"t", "timestamp", {"2024-01-01 01:30:00", "2024-01-01 01:30:00", "2024-01-01 01:30:00"}}});
  CHECK(values(call("date_trunc", {sheet.column("f"), sheet.column("t")}), sheet) ==
        std::vector<std::string>{
            "2024-01-01 01:00:00",
            "!unit \"lustrum\" not recognized for type timestamp without time zone", "NULL"});
}

}  // namespace weir
