// The expectations are PostgreSQL's answers, except where a comment says otherwise.
#include "engine/data/calendar.h"
#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

namespace weir {
namespace {

std::string shown(int64_t micros, bool with_zone, TimeStyle style) {
  std::string out;
  append_timestamp(out, micros, with_zone, style);
  return out;
}

std::string reread(std::string_view text, bool with_zone) {
  const Result<int64_t> micros = parse_timestamp(text, with_zone);
  return micros.ok() ? shown(*micros, with_zone, TimeStyle::kPostgres) : micros.error().message;
}

std::string reread_date(std::string_view text) {
  const Result<int32_t> days = parse_date(text);
  if (!days.ok()) return days.error().message;
  std::string out;
  append_date(out, *days);
  return out;
}

constexpr int64_t kNewYear = 1'704'067'200'000'000;  // 2024-01-01 00:00:00

TEST_CASE("TimestampIsShownInBothStyles") {
  REQUIRE(shown(kNewYear, false, TimeStyle::kPostgres) == "2024-01-01 00:00:00");
  REQUIRE(shown(kNewYear + 500'000, true, TimeStyle::kPostgres) == "2024-01-01 00:00:00.5+00");
  REQUIRE(shown(kNewYear + 1, true, TimeStyle::kPostgres) == "2024-01-01 00:00:00.000001+00");
  REQUIRE(shown(kNewYear, true, TimeStyle::kRfc3339) == "2024-01-01T00:00:00Z");
  REQUIRE(shown(kNewYear, false, TimeStyle::kRfc3339) == "2024-01-01T00:00:00");
  REQUIRE(shown(kNewYear + 500'000, true, TimeStyle::kRfc3339) == "2024-01-01T00:00:00.500Z");
  REQUIRE(shown(kNewYear + 500'010, true, TimeStyle::kRfc3339) == "2024-01-01T00:00:00.500010Z");
  REQUIRE(shown(-1, false, TimeStyle::kPostgres) == "1969-12-31 23:59:59.999999");
}

TEST_CASE("YearsOutsideFourDigitsAreShownWhole") {
  REQUIRE(reread("12345-06-07 08:09:10.5", false) == "12345-06-07 08:09:10.5");
  REQUIRE(reread("0044-03-15 12:00:00 BC", false) == "0044-03-15 12:00:00 BC");
  REQUIRE(reread("0044-03-15 12:00:00+00 BC", true) == "0044-03-15 12:00:00+00 BC");
  REQUIRE(reread("0001-12-31 BC", false) == "0001-12-31 00:00:00 BC");
}

TEST_CASE("EveryMomentCanBeShown") {
  REQUIRE(shown(std::numeric_limits<int64_t>::max(), false, TimeStyle::kPostgres) ==
          "294247-01-10 04:00:54.775807");
  REQUIRE(shown(std::numeric_limits<int64_t>::min(), false, TimeStyle::kPostgres) ==
          "290309-12-21 19:59:05.224192 BC");
}

TEST_CASE("TimestampReadsWhatMachinesWrite") {
  REQUIRE(*parse_timestamp("2024-01-01 00:00:00", false) == kNewYear);
  REQUIRE(*parse_timestamp("2024-01-01T00:00:00Z", true) == kNewYear);
  REQUIRE(*parse_timestamp("2024-01-01 00:00:00.123", true) == kNewYear + 123'000);
  REQUIRE(*parse_timestamp("2024-01-01T00:00:00.000001Z", true) == kNewYear + 1);
  REQUIRE(*parse_timestamp("2024-01-01T02:00:00+02:00", true) == kNewYear);
  REQUIRE(*parse_timestamp("2023-12-31T21:30:00-02:30", true) == kNewYear);
  REQUIRE(*parse_timestamp("2024-01-01 05:00:00+05", true) == kNewYear);
}

TEST_CASE("TimestampReadsTheOtherForms") {
  const std::string day = "2024-01-05 00:00:00";
  REQUIRE(reread("2024-01-05", false) == day);
  REQUIRE(reread("2024-1-5", false) == day);
  REQUIRE(reread("20240105", false) == day);
  REQUIRE(reread(" 2024-01-05  00:00 ", false) == day);
  REQUIRE(reread("20240105T101112", false).starts_with("cannot read"));  // PostgreSQL reads it.
  REQUIRE(reread("20240105T10:11:12", false) == "2024-01-05 10:11:12");
  REQUIRE(reread("2024-01-05 1:2:3", false) == "2024-01-05 01:02:03");
  REQUIRE(reread("2024-01-04 24:00:00", false) == day);
  REQUIRE(reread("2024-01-04 23:59:60", false) == day);
  REQUIRE(reread("2024-01-05 00:00:00 AD", false) == day);
  REQUIRE(reread("2024-01-05T00:00Z", true) == day + "+00");
  REQUIRE(reread("2024-01-05t00:00:00z", true) == day + "+00");
  REQUIRE(reread("2024-01-05 00:00:00 utc", true) == day + "+00");
  REQUIRE(reread("2024-01-05 05:30:00 +0530", true) == day + "+00");
  REQUIRE(reread("2024-01-05 05:30:15+05:30:15", true) == day + "+00");
}

TEST_CASE("FractionBeyondMicrosecondsIsRounded") {
  REQUIRE(reread("2024-01-01 10:00:00.1234567", false) == "2024-01-01 10:00:00.123457");
  REQUIRE(reread("2024-01-01 10:00:00.1234564", false) == "2024-01-01 10:00:00.123456");
  REQUIRE(reread("2024-01-01 23:59:59.9999999", false) == "2024-01-02 00:00:00");
  REQUIRE(reread("2024-01-01 10:00:00.", false) == "2024-01-01 10:00:00");
}

TEST_CASE("ZoneIsIgnoredWithoutOne") {
  REQUIRE(reread("2024-01-01 10:00:00+02", false) == "2024-01-01 10:00:00");
  REQUIRE(reread("2024-01-01 10:00:00Z", false) == "2024-01-01 10:00:00");
  REQUIRE(reread("2024-01-01 10:00:00", true) == "2024-01-01 10:00:00+00");
}

TEST_CASE("TimestampRefusesWhatIsNone") {
  for (const char* text :
       {"", " ", "x", "2024", "2024-01", "2024-01-01 x", "2024-01-01T", "2024-01-01 10",
        "2024-01-01 10:00:00 Z Z", "2024-01-01 10:00:00+", "2024-01-01 10:00:00 PST", "12:00:00",
        "2024-01-01 10:00:00 BC Z", "infinity", "2024-01-01 10:00:00+1:2:3:4"}) {
    INFO(text);
    REQUIRE(parse_timestamp(text, true).error() ==
            bad_data("cannot read '" + std::string(text) + "' as timestamptz"));
  }
}

TEST_CASE("TimestampOutsideTheCalendarIsOutOfRange") {
  for (const char* text :
       {"2024-02-30", "2023-02-29", "1900-02-29 00:00:00", "2024-13-01 00:00:00", "2024-00-01",
        "2024-01-00 00:00:00", "2024-04-31 00:00:00", "0000-01-01 00:00:00", "2024-01-01 25:00",
        "2024-01-01 24:00:01", "2024-01-01 23:60:00", "2024-01-01 23:00:61", "4714-01-01 BC",
        "2024-01-01 10:00:00+16", "294300-01-01 00:00:00"}) {
    INFO(text);
    REQUIRE(parse_timestamp(text, false).error() ==
            bad_data("'" + std::string(text) + "' is out of range for timestamp"));
  }
}

// Goal: the fast way for what machines write gives what the slow way gives. Method: a space in
// front sends a text the slow way; texts are random moments with random damage.
TEST_CASE("BothWaysOfReadingAgree") {
  std::mt19937_64 dice(19);
  constexpr std::string_view kZones[] = {"", "Z", "+03", "-07:30", "+1", "z"};
  constexpr std::string_view kDamage = "0123456789-+:.TZ x/";
  int read = 0;
  for (int i = 0; i < 50'000; ++i) {
    const int64_t micros =
        static_cast<int64_t>(dice() % 250'000'000'000'000'000) - 60'000'000'000'000'000;
    std::string text = shown(i % 3 == 0 ? micros / 1'000'000 * 1'000'000 : micros, false,
                             i % 2 == 0 ? TimeStyle::kPostgres : TimeStyle::kRfc3339);
    text += kZones[dice() % std::size(kZones)];
    if (i % 4 == 0) text[dice() % text.size()] = kDamage[dice() % kDamage.size()];
    const Result<int64_t> fast = parse_timestamp(text, true);
    const Result<int64_t> slow = parse_timestamp(" " + text, true);
    INFO(text);
    REQUIRE(fast.ok() == slow.ok());
    if (!fast.ok()) continue;
    REQUIRE(*fast == *slow);
    ++read;
  }
  REQUIRE(read > 30'000);
}

TEST_CASE("TimestampThatWasShownReadsBack") {
  std::mt19937_64 dice(23);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t micros = static_cast<int64_t>(dice() % 9'000'000'000'000'000'000);
    for (const TimeStyle style : {TimeStyle::kPostgres, TimeStyle::kRfc3339}) {
      REQUIRE(*parse_timestamp(shown(micros, true, style), true) == micros);
      REQUIRE(*parse_timestamp(shown(-micros / 50, false, style), false) == -micros / 50);
    }
  }
}

TEST_CASE("DateReadsItsFormsAndDropsTheTime") {
  REQUIRE(reread_date("2024-01-31") == "2024-01-31");
  REQUIRE(reread_date(" 2024-1-31 ") == "2024-01-31");
  REQUIRE(reread_date("20240131") == "2024-01-31");
  REQUIRE(reread_date("2024-01-31 10:00:00+02") == "2024-01-31");
  REQUIRE(reread_date("0001-01-01") == "0001-01-01");
  REQUIRE(reread_date("0044-03-15 BC") == "0044-03-15 BC");
  REQUIRE(reread_date("10000-01-01") == "10000-01-01");
  REQUIRE(reread_date("5874897-12-31") == "5874897-12-31");
  REQUIRE(reread_date("4713-01-01 BC") == "4713-01-01 BC");
}

TEST_CASE("DateRefusesWhatIsNone") {
  REQUIRE(reread_date("2024/01/31") == "cannot read '2024/01/31' as date");  // PostgreSQL reads it.
  REQUIRE(reread_date("") == "cannot read '' as date");
  REQUIRE(reread_date("2024-01-3x") == "cannot read '2024-01-3x' as date");
  REQUIRE(reread_date("2024-02-30") == "'2024-02-30' is out of range for date");
  REQUIRE(reread_date("5874898-01-01") == "'5874898-01-01' is out of range for date");
}

}  // namespace
}  // namespace weir
