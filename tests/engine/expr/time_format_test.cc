#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string shown(const std::string& moment, const std::string& format) {
  return compute("to_char", {"timestamp:" + moment, "text:" + format});
}

}  // namespace

TEST_CASE("ToCharFillsTheCommonPatterns") {
  const std::string moment = "2024-05-07 13:05:06.012345";
  CHECK(shown(moment, "YYYY-MM-DD HH24:MI:SS") == "2024-05-07 13:05:06");
  CHECK(shown(moment, "yyyy-mm-dd") == "2024-05-07");
  CHECK(shown(moment, "HH12:MI AM, HH:MI p.m.") == "01:05 PM, 01:05 p.m.");
  CHECK(shown(moment, "MS US") == "012 012345");
  CHECK(shown(moment, "Month|MON|mon") == "May      |MAY|may");
  CHECK(shown(moment, "FMDay, FMDD FMMonth") == "Tuesday, 7 May");
  CHECK(shown(moment, "DAY|Dy") == "TUESDAY  |Tue");
  CHECK(shown(moment, "D ID DDD IW IYYY WW W Q") == "3 2 128 19 2024 19 1 2");
  CHECK(shown(moment, "YYYY\"year YYYY\"") == "2024year YYYY");
  CHECK(shown("2024-05-07 00:00:00", "HH12 am") == "12 am");
  CHECK(shown(moment, "FMHH24 FMMS FMUS") == "13 012 012345");
}

TEST_CASE("ToCharKnowsTheZoneOfTimestamptz") {
  CHECK(compute("to_char", {"timestamptz:2024-05-07 00:00:00Z", "text:HH24:MI TZ"}) == "00:00 UTC");
  CHECK(shown("2024-05-07 00:00:00", "HH24:MI TZ") == "00:00 ");
}

TEST_CASE("RarePatternsAreRefusedNotIgnored") {
  CHECK(type_of("to_char", {"timestamp:2024-01-01 00:00:00", "text:DDth"}) ==
        "refused: to_char does not support the pattern TH in \"DDth\": quote it if it is meant as "
        "text");
  CHECK(type_of("to_char", {"timestamp:2024-01-01 00:00:00", "text:SSSSS"}).starts_with("refused"));
  CHECK(
      type_of("to_char", {"timestamp:2024-01-01 00:00:00", "text:YYYY BC"}).starts_with("refused"));
  CHECK(type_of("to_char", {"timestamp:2024-01-01 00:00:00", "text:"}) ==
        "refused: to_char needs a template such as 'YYYY-MM-DD'");
  CHECK(type_of("to_char", {"text:1", "text:99"}).starts_with("refused: "));
}

}  // namespace weir
