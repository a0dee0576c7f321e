#include "runtime/cli/figures.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("NumbersHaveCommas") {
  REQUIRE(with_commas(0) == "0");
  REQUIRE(with_commas(999) == "999");
  REQUIRE(with_commas(1234567) == "1,234,567");
}

TEST_CASE("BytesAreInTheUnitThatFits") {
  REQUIRE(bytes_text(0) == "0 B");
  REQUIRE(bytes_text(1023) == "1023 B");
  REQUIRE(bytes_text(1536) == "1.5 KiB");
  REQUIRE(bytes_text((1 << 20) - 1) == "1.0 MiB");
  REQUIRE(bytes_text(uint64_t{5} << 60) == "5242880.0 TiB");
}

TEST_CASE("DurationsAreInTheUnitsThatFit") {
  REQUIRE(seconds_text(-1) == "0.00 s");
  REQUIRE(seconds_text(0.254) == "0.25 s");
  REQUIRE(seconds_text(9.996) == "10 s");
  REQUIRE(seconds_text(185.2) == "3 min 5 s");
  REQUIRE(seconds_text(7200) == "2 h 0 min");
  REQUIRE(seconds_text(90000) == "1 d 1 h");
}

TEST_CASE("ColumnsAreAlignedByTheirWidestCell") {
  REQUIRE(table_text({{"NAME"}, {"ROWS", true}, {"WHERE"}},
                     {{"a", "1,000", "here"}, {"größer", "2", ""}}) ==
          "NAME     ROWS  WHERE\n"
          "a       1,000  here\n"
          "größer      2\n");
}

TEST_CASE("ATableWithoutRowsHasItsTitles") { REQUIRE(table_text({{"A"}, {"B"}}, {}) == "A  B\n"); }

TEST_CASE("ControlCharactersDoNotReachTheTerminal") {
  REQUIRE(one_line("a\x1b[31mb\nc\x7f") == "a?[31mb?c?");
  REQUIRE(table_text({{"A"}}, {{"x\ny"}}) == "A\nx?y\n");
}

TEST_CASE("ATextIsCutBetweenCharacters") {
  CHECK(cut("watermark", 5) == "water");
  CHECK(cut("zürich", 2) == "zü");
  CHECK(cut("short", 79) == "short");
  CHECK(cut("any", 0).empty());
}

}  // namespace
}  // namespace weir
