#include "engine/sql/table_vertices.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("ASourceIsReadOnceHoweverManyUseIt") {
  REQUIRE(
      facts_of(with_tables(
          "SELECT id FROM payments; INSERT INTO alerts (card) SELECT card FROM payments")) ==
      "payments: reads file\n"
      "stdout.project: id\n"
      "stdout: writes print\n"
      "alerts.project: card, NULL::numeric(38,2) AS total, NULL::timestamp with time zone AS at\n"
      "alerts: writes kafka\n"
      "payments -> stdout.project\n"
      "stdout.project -> stdout\n"
      "payments -> alerts.project\n"
      "alerts.project -> alerts\n");
}

TEST_CASE("ASinkIsOneVertexHoweverManyWriteIt") {
  REQUIRE(
      facts_of(with_tables("INSERT INTO alerts (card) SELECT card FROM payments;"
                           "INSERT INTO alerts (card) SELECT note FROM payments")) ==
      "payments: reads file\n"
      "alerts.project: card, NULL::numeric(38,2) AS total, NULL::timestamp with time zone AS at\n"
      "alerts: writes kafka\n"
      "alerts.project#2: note AS card, NULL::numeric(38,2) AS total, NULL::timestamp with time "
      "zone AS at\n"
      "payments -> alerts.project\n"
      "alerts.project -> alerts\n"
      "payments -> alerts.project#2\n"
      "alerts.project#2 -> alerts\n");
}

TEST_CASE("ATableIsReadOrWritten") {
  REQUIRE(refusal(with_tables("INSERT INTO payments SELECT * FROM payments"))
              .starts_with("7:13: table \"payments\" is both read and written in this script"));
  REQUIRE(
      refusal(with_tables(
                  "INSERT INTO alerts (card) SELECT card FROM payments; SELECT card FROM alerts"))
          .starts_with("7:71: table \"alerts\" is both read and written in this script"));
}

std::string side_script(const std::string& more) {
  return "CREATE TABLE t (a int, at timestamptz) WITH (connector = 'file', path = 'x', event_time "
         "= 'at', on_error = 'dead_letter',"
         " dead_letters = 'bad', late = 'lates');"
         "CREATE TABLE bad (raw bytea, source text, part text, pos bigint, stage text, reason "
         "text, seen_at timestamptz)"
         " WITH (connector = 'blackhole');"
         "CREATE TABLE lates (\"row\" text, source text, part text, pos bigint, step text, "
         "window_end timestamptz, behind interval)"
         " WITH (connector = 'blackhole');" +
         more;
}

TEST_CASE("BadAndLateRowsGoToTheirTables") {
  REQUIRE(facts_of(side_script("SELECT a + 1 AS b, count(*) FROM tumble(t, at, INTERVAL '1 "
                               "minute') GROUP BY 1, window_end")) ==
          "t: reads file\n"
          "stdout.window(b).input: (a + 1) AS b, at\n"
          "stdout.window(b): tumble(at, 60000000us) by (b) count=count(*)\n"
          "stdout.project: b, count\n"
          "stdout: writes print\n"
          "bad: writes blackhole\n"
          "lates: writes blackhole\n"
          "t -> stdout.window(b).input\n"
          "stdout.window(b).input -> stdout.window(b) by (b)\n"
          "stdout.window(b) -> stdout.project\n"
          "stdout.project -> stdout\n"
          "t bad -> bad\n"
          "stdout.window(b).input bad -> bad\n"
          "stdout.window(b) late -> lates\n"
          "stdout.project bad -> bad\n");
}

TEST_CASE("TheTableOfBadRowsCannotBeRead") {
  REQUIRE(
      refusal(side_script("SELECT a FROM t; SELECT raw FROM bad")).find("can only be written") !=
      std::string::npos);
}

TEST_CASE("TablesThatNobodyUsesAreLeftOut") {
  REQUIRE(facts_of(side_script(with_tables("SELECT id FROM payments"))) ==
          "payments: reads file\nstdout.project: id\nstdout: writes print\npayments -> "
          "stdout.project\nstdout.project -> stdout\n");
}

}  // namespace
}  // namespace weir
