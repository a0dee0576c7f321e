#include "engine/data/text_scan.h"

#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

namespace weir::text_scan {
namespace {

TEST_CASE("TrimTakesEveryWhiteSpaceFromBothEnds") {
  REQUIRE(trim(" \t\n\v\f\ra b \n") == "a b");
  REQUIRE(trim(" \t ").empty());
  REQUIRE(trim("").empty());
}

TEST_CASE("FoldingKnowsOnlyLetters") {
  REQUIRE(equals_folded("DaYs", "days"));
  REQUIRE_FALSE(equals_folded("day", "days"));
  REQUIRE_FALSE(equals_folded("@", "`"));  // One bit apart, as 'A' and 'a'.
}

TEST_CASE("ErrorShowsTheTextAndTheType") {
  REQUIRE(unreadable("abc", "bigint") == bad_data("cannot read 'abc' as bigint"));
  REQUIRE(out_of_range("1e99", "integer") == bad_data("'1e99' is out of range for integer"));
}

TEST_CASE("ErrorShowsAtMost64BytesAndWholeCharacters") {
  REQUIRE(unreadable(std::string(64, 'x'), "date").message ==
          "cannot read '" + std::string(64, 'x') + "' as date");
  REQUIRE(unreadable(std::string(65, 'x'), "date").message ==
          "cannot read '" + std::string(64, 'x') + "...' as date");
  // The 64th byte is the middle of a character of three bytes.
  const std::string split = std::string(62, 'x') + "\xe2\x82\xac" + "yy";
  const std::string message = unreadable(split, "date").message;
  REQUIRE(is_utf8(message));
  REQUIRE(message == "cannot read '" + std::string(62, 'x') + "...' as date");
}

TEST_CASE("ErrorIsPrintableWhateverTheText") {
  REQUIRE(unreadable("a\n\x01\x7f", "date").message == "cannot read 'a?\?\?' as date");
  REQUIRE(unreadable("a\xff\xfe", "date").message == "cannot read 'a?\?' as date");
  REQUIRE(unreadable(std::string(100, '\x80'), "date").message ==
          "cannot read '" + std::string(61, '?') + "...' as date");
}

TEST_CASE("FractionIsRoundedToTheMicrosecond") {
  REQUIRE(fraction_micros("") == 0);
  REQUIRE(fraction_micros("5") == 500'000);
  REQUIRE(fraction_micros("000001") == 1);
  REQUIRE(fraction_micros("1234564") == 123'456);
  REQUIRE(fraction_micros("1234565") == 123'457);
  REQUIRE(fraction_micros("9999999") == 1'000'000);
}

TEST_CASE("NumberIsReadUpToItsLimit") {
  int64_t number = 0;
  REQUIRE(to_number("99", 99, number));
  REQUIRE(number == 99);
  REQUIRE_FALSE(to_number("100", 99, number));
  REQUIRE_FALSE(to_number("", 99, number));
  REQUIRE_FALSE(to_number("99999999999999999999", INT64_MAX, number));
}

TEST_CASE("ClockTimeStopsWhereItEnds") {
  Cursor cursor("12:34:56.5+02");
  ClockTime time;
  REQUIRE(take_clock_time(cursor, false, time));
  REQUIRE(time.hours == 12);
  REQUIRE(time.minutes == 34);
  REQUIRE(time.seconds == 56);
  REQUIRE(time.micros == 500'000);
  REQUIRE(cursor.rest() == "+02");
}

TEST_CASE("PaddedNumbersHaveAtLeastTheirWidth") {
  std::string out;
  append_padded(out, 7, 2);
  append_padded(out, 123, 2);
  append_padded(out, 0, 1);
  REQUIRE(out == "071230");
}

}  // namespace
}  // namespace weir::text_scan
