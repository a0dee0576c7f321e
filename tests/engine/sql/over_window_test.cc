#include "engine/sql/over_window.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// What the step says of count(*) over this window.
std::string over(const std::string& window, const std::string& rest = "") {
  return step_of(with_tables("SELECT count(*) OVER " + window + " FROM payments " + rest),
                 "stdout.over(card)");
}

std::string says(const std::string& window, const std::string& rest = "") {
  return refusal(with_tables("SELECT count(*) OVER " + window + " FROM payments " + rest));
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

TEST_CASE("FramesEndWithTheCurrentRow") {
  const std::string by_time = "over (card) by at count=count(*)";
  const auto framed = [](const std::string& frame) {
    return over("(PARTITION BY card ORDER BY at " + frame + ")");
  };
  REQUIRE(framed("") == by_time);
  REQUIRE(framed("RANGE UNBOUNDED PRECEDING") == by_time);
  REQUIRE(framed("RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW") == by_time);
  REQUIRE(framed("RANGE BETWEEN INTERVAL '10 s' PRECEDING AND CURRENT ROW") ==
          by_time + " range 10000000us");
  REQUIRE(framed("RANGE '10 s' PRECEDING") == by_time + " range 10000000us");
  REQUIRE(framed("RANGE CURRENT ROW") == by_time + " range 0us");
  REQUIRE(framed("ROWS BETWEEN 4 PRECEDING AND CURRENT ROW") == by_time + " rows 4");
  REQUIRE(framed("ROWS 4 PRECEDING") == by_time + " rows 4");
  REQUIRE(framed("ROWS UNBOUNDED PRECEDING") == by_time + " rows all");
  REQUIRE(framed("ROWS CURRENT ROW") == by_time + " rows 0");
}

TEST_CASE("TheLogIsAnOrderWithoutPeers") {
  const auto framed = [](const std::string& frame) {
    return over("(PARTITION BY card ORDER BY log_order() " + frame + ")");
  };
  REQUIRE(framed("") == "over (card) by log count=count(*) rows all");
  REQUIRE(framed("ROWS 2 PRECEDING") == "over (card) by log count=count(*) rows 2");
  REQUIRE(framed("RANGE INTERVAL '1 s' PRECEDING") ==
          "over (card) by log/at count=count(*) range 1000000us");
}

TEST_CASE("FramesThatCannotBeAreRefused") {
  const auto framed = [](const std::string& frame) {
    return says("(PARTITION BY card ORDER BY at " + frame + ")");
  };
  REQUIRE(has(framed("ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING"), "a frame ends with CURRENT ROW"));
  REQUIRE(has(framed("ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"),
              "no row can wait for those behind it"));
  REQUIRE(has(framed("ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING"), "a frame ends with CURRENT ROW"));
  REQUIRE(has(framed("GROUPS 2 PRECEDING"), "frames of GROUPS are not available"));
  REQUIRE(has(framed("RANGE INTERVAL '1 s' PRECEDING EXCLUDE CURRENT ROW"), "EXCLUDE"));
  REQUIRE(has(framed("RANGE 5 PRECEDING"), "the range of a frame is a constant interval"));
  REQUIRE(has(says("(ORDER BY note RANGE 5 PRECEDING)"),
              "a RANGE goes by event time, and this order is of type text"));
  REQUIRE(has(framed("RANGE INTERVAL '-1 s' PRECEDING"), "must not be negative"));
  REQUIRE(has(framed("RANGE INTERVAL '1 month' PRECEDING"), "has no fixed length"));
  REQUIRE(has(framed("ROWS n PRECEDING"), "column \"n\" does not exist"));
  REQUIRE(has(framed("ROWS -1 PRECEDING"), "the number of rows in a frame is a constant"));
}

TEST_CASE("NamedWindowsArePutIn") {
  const std::string plain = over("(PARTITION BY card ORDER BY at ROWS 1 PRECEDING)");
  REQUIRE(over("w", "WINDOW w AS (PARTITION BY card ORDER BY at ROWS 1 PRECEDING)") == plain);
  REQUIRE(over("(w ORDER BY at ROWS 1 PRECEDING)", "WINDOW w AS (PARTITION BY card)") == plain);
  REQUIRE(over("(v ROWS 1 PRECEDING)", "WINDOW w AS (PARTITION BY card), v AS (w ORDER BY at)") ==
          plain);
  REQUIRE(has(says("x", "WINDOW w AS (ORDER BY at)"), "window \"x\" does not exist"));
  REQUIRE(has(says("win", "WINDOW wind AS (ORDER BY at)"), "did you mean \"wind\"?"));
  REQUIRE(has(says("(w PARTITION BY n)", "WINDOW w AS (ORDER BY at)"),
              "cannot override PARTITION BY clause of window \"w\""));
  REQUIRE(has(says("(w ORDER BY n)", "WINDOW w AS (ORDER BY at)"),
              "cannot override ORDER BY clause of window \"w\""));
  REQUIRE(has(says("w", "WINDOW w AS (v), v AS (w)"), "cannot refer to themselves"));
}

TEST_CASE("PartsAndOrdersAreOfPlainTypes") {
  REQUIRE(has(says("(PARTITION BY spot ORDER BY at)"), "take its fields"));
  REQUIRE(has(says("(ORDER BY log_order() DESC)"), "log_order() stands alone"));
  REQUIRE(has(says("(ORDER BY at USING <)"), "write ASC or DESC"));
}

}  // namespace
}  // namespace weir
