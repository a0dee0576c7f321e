// The expectations are PostgreSQL's answers, except where a comment says otherwise.
#include "engine/data/decimal.h"
#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace weir {
namespace {

std::string shown(double value) {
  std::string out;
  append_double(out, value);
  return out;
}

std::string shown(Int128 value, int scale) {
  std::string out;
  append_numeric(out, value, scale);
  return out;
}

// What a text becomes as numeric(precision,scale), as text again; or the error.
std::string numeric(std::string_view text, int precision, int scale) {
  const Result<Int128> value = parse_numeric(text, precision, scale);
  return value.ok() ? shown(*value, scale) : value.error().message;
}

TEST_CASE("NumericShowsAllPlacesOfItsScale") {
  REQUIRE(shown(-1230, 2) == "-12.30");
  REQUIRE(shown(5, 2) == "0.05");
  REQUIRE(shown(-5, 3) == "-0.005");
  REQUIRE(shown(0, 2) == "0.00");
  REQUIRE(shown(0, 0) == "0");
  REQUIRE(shown(power_of_ten(38) - 1, 38) == "0.99999999999999999999999999999999999999");
  REQUIRE(shown(power_of_ten(36), 18) == "1000000000000000000.000000000000000000");
  REQUIRE(shown(static_cast<Int128>(Uint128{1} << 127), 0) ==
          "-170141183460469231731687303715884105728");
}

TEST_CASE("NumericRoundsHalfAwayFromZero") {
  REQUIRE(numeric("12.345", 12, 2) == "12.35");
  REQUIRE(numeric("12.344999", 12, 2) == "12.34");
  REQUIRE(numeric("-12.345", 12, 2) == "-12.35");
  REQUIRE(numeric("0.005", 12, 2) == "0.01");
  REQUIRE(numeric("0.0049999999999999999999999999999999999999999999999", 12, 2) == "0.00");
  REQUIRE(numeric("9999999999.994", 12, 2) == "9999999999.99");
}

TEST_CASE("NumericReadsEveryForm") {
  REQUIRE(numeric("12.34", 12, 2) == "12.34");
  REQUIRE(numeric(" 12 ", 12, 2) == "12.00");
  REQUIRE(numeric(".5", 12, 2) == "0.50");
  REQUIRE(numeric("5.", 12, 2) == "5.00");
  REQUIRE(numeric("+5", 12, 2) == "5.00");
  REQUIRE(numeric("-.5", 12, 2) == "-0.50");
  REQUIRE(numeric("-0", 12, 2) == "0.00");
  REQUIRE(numeric("1e3", 12, 2) == "1000.00");
  REQUIRE(numeric("12.5E-1", 12, 2) == "1.25");
  REQUIRE(numeric("00000000000000000000000000000000000000000001.5", 12, 2) == "1.50");
  REQUIRE(numeric("123456789012345678", 38, 10) == "123456789012345678.0000000000");
  REQUIRE(numeric("1234567890123456789", 38, 10) == "1234567890123456789.0000000000");
  REQUIRE(numeric("1e-99999999999999999999", 38, 10) == "0.0000000000");  // An error in PostgreSQL.
}

TEST_CASE("NumericOverflowIsExact") {
  REQUIRE(numeric("9999999999.995", 12, 2) == "'9999999999.995' is out of range for numeric(12,2)");
  REQUIRE(numeric("10000000000", 12, 2) == "'10000000000' is out of range for numeric(12,2)");
  REQUIRE(numeric("9999999999999999999999999999.99999999994", 38, 10) ==
          "9999999999999999999999999999.9999999999");
  REQUIRE_FALSE(parse_numeric("9999999999999999999999999999.99999999995", 38, 10).ok());
  REQUIRE(numeric("99999999999999999999999999999999999999", 38, 0) ==
          "99999999999999999999999999999999999999");
  REQUIRE_FALSE(parse_numeric("100000000000000000000000000000000000000", 38, 0).ok());
  REQUIRE_FALSE(parse_numeric("9999999999999999999", 19, 1).ok());
  REQUIRE_FALSE(parse_numeric("1", 38, 38).ok());
  REQUIRE_FALSE(parse_numeric("1e999999999999999999999", 38, 0).ok());
}

TEST_CASE("NumericRefusesWhatIsNoNumber") {
  for (const char* text : {"", " ", ".", "-", "+-5", "--1", "1-", "1 2", "e5", "1e", "1e+", "1.0.0",
                           "NaN", "Infinity", "0x10", "1_000", "12,5", "1e5x"}) {
    INFO(text);
    const Result<Int128> value = parse_numeric(text, 12, 2);
    REQUIRE_FALSE(value.ok());
    REQUIRE(value.error().kind == ErrorKind::kBadData);
    REQUIRE(value.error().message == "cannot read '" + std::string(text) + "' as numeric(12,2)");
  }
}

TEST_CASE("NumericThatWasShownReadsBack") {
  std::mt19937_64 dice(11);
  for (int i = 0; i < 20'000; ++i) {
    const int scale = static_cast<int>(dice() % 39);
    const Uint128 bits = (static_cast<Uint128>(dice()) << 64 | dice()) >> (dice() % 127);
    const Int128 value =
        static_cast<Int128>(bits % static_cast<Uint128>(power_of_ten(38))) * (i % 2 == 0 ? 1 : -1);
    const bool same = *parse_numeric(shown(value, scale), 38, scale) == value;
    REQUIRE(same);
  }
}

TEST_CASE("WholeNumbersAreReadUpToTheirRange") {
  REQUIRE(*parse_int("2147483647") == 2147483647);
  REQUIRE(*parse_int(" -2147483648 ") == std::numeric_limits<int32_t>::min());
  REQUIRE(*parse_int("+0005") == 5);
  REQUIRE(parse_int("2147483648").error() == bad_data("'2147483648' is out of range for integer"));
  REQUIRE(*parse_bigint("9223372036854775807") == std::numeric_limits<int64_t>::max());
  REQUIRE(*parse_bigint("-9223372036854775808") == std::numeric_limits<int64_t>::min());
  REQUIRE(parse_bigint("9223372036854775808").error() ==
          bad_data("'9223372036854775808' is out of range for bigint"));
  for (const char* text : {"", " ", "-", "+", "+-5", "-+5", "5.0", "1e3", "0x1", "1_0", "5 5"}) {
    INFO(text);
    REQUIRE(parse_bigint(text).error() ==
            bad_data("cannot read '" + std::string(text) + "' as bigint"));
  }
}

TEST_CASE("DoubleIsShownShortest") {
  REQUIRE(shown(0.1) == "0.1");
  REQUIRE(shown(0.1 + 0.2) == "0.30000000000000004");
  REQUIRE(shown(100) == "100");
  REQUIRE(shown(-12.5) == "-12.5");
  REQUIRE(shown(0) == "0");
  REQUIRE(shown(-0.0) == "-0");
  REQUIRE(shown(123456.789) == "123456.789");
}

TEST_CASE("DoubleHasAnExponentOutsideFromMinus4To14") {
  REQUIRE(shown(0.0001) == "0.0001");
  REQUIRE(shown(0.00001) == "1e-05");
  REQUIRE(shown(0.000123) == "0.000123");
  REQUIRE(shown(1e14) == "100000000000000");
  REQUIRE(shown(999999999999999) == "999999999999999");
  REQUIRE(shown(1e15) == "1e+15");
  REQUIRE(shown(1.5e300) == "1.5e+300");
  REQUIRE(shown(5e-324) == "5e-324");
  REQUIRE(shown(1.7976931348623157e308) == "1.7976931348623157e+308");
}

TEST_CASE("DoubleIsNeverShownAsAPlaceHalfwayToItsNeighbour") {
  REQUIRE(shown(1e23) == "9.999999999999999e+22");
  REQUIRE(shown(3.1e22) == "3.1000000000000002e+22");
  REQUIRE(shown(5.51966881464805e16) == "5.5196688146480496e+16");
}

TEST_CASE("DoubleThatIsNotFiniteHasAName") {
  REQUIRE(shown(std::nan("")) == "NaN");
  REQUIRE(shown(std::numeric_limits<double>::infinity()) == "Infinity");
  REQUIRE(shown(-std::numeric_limits<double>::infinity()) == "-Infinity");
  REQUIRE(std::isnan(*parse_double("nan")));
  REQUIRE(*parse_double(" Infinity ") == std::numeric_limits<double>::infinity());
  REQUIRE(*parse_double("-inf") == -std::numeric_limits<double>::infinity());
}

TEST_CASE("EveryDoubleReadsBackAsItself") {
  std::mt19937_64 dice(3);
  for (int i = 0; i < 50'000; ++i) {
    const uint64_t bits = dice();
    const double value = std::bit_cast<double>(i % 2 == 0 ? bits : bits >> 40 << 40);
    if (std::isnan(value)) continue;
    const double back = *parse_double(shown(value));
    if (std::bit_cast<uint64_t>(back) != std::bit_cast<uint64_t>(value)) FAIL(shown(value));
  }
}

TEST_CASE("DoubleIsReadFromEveryForm") {
  REQUIRE(*parse_double("12.5") == 12.5);
  REQUIRE(*parse_double(" +1.5e2 ") == 150);
  REQUIRE(*parse_double(".5") == 0.5);
  REQUIRE(*parse_double("-5.") == -5);
  REQUIRE(*parse_double("9007199254740993") == 9007199254740992.0);
}

TEST_CASE("DoubleRefusesWhatIsNoDouble") {
  for (const char* text : {"", " ", ".", "-", "+", "++5", "+-5", "1e", "1.2.3", "abc", "0x10",
                           "1 2", "infinit", "nan(1)", "-nan"}) {
    INFO(text);
    REQUIRE(parse_double(text).error() ==
            bad_data("cannot read '" + std::string(text) + "' as double precision"));
  }
  REQUIRE(parse_double("1e400").error() ==
          bad_data("'1e400' is out of range for double precision"));
  REQUIRE_FALSE(parse_double("1e-400").ok());
}

}  // namespace
}  // namespace weir
