#include "engine/sql/join_builder.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string with_logins(const std::string& statements) {
  return with_tables(
      "CREATE TABLE logins (card text NOT NULL, ip text, at timestamptz NOT NULL) "
      "WITH (connector = 'file', path = 'x', event_time = 'at');" +
      statements);
}

const std::string kOn = " ON p.card = l.card AND p.at BETWEEN l.at AND l.at + INTERVAL '1 s'";

TEST_CASE("AnIntervalJoinReadsWhatTheQueryNamesOfBothSides") {
  REQUIRE(facts_of(with_logins("SELECT p.id, l.ip, l.at FROM payments p JOIN logins l" + kOn +
                               " WHERE p.n > 1 AND l.ip <> 'x' AND p.note < l.ip")) ==
          "payments: reads file\n"
          "logins: reads file\n"
          "stdout.join(card).left: id, card, note, n, at where (n > 1)\n"
          "stdout.join(card).right: card AS l_card, ip, at AS l_at where (ip <> 'x'::text)\n"
          "stdout.join(card): inner (card) at at = (l_card) at l_at in [0us, 1000000us] if (note < "
          "ip)\n"
          "stdout.project: id, ip, l_at AS at\n"
          "stdout: writes print\n"
          "payments -> stdout.join(card).left\n"
          "logins -> stdout.join(card).right\n"
          "stdout.join(card).left -> stdout.join(card) by (card)\n"
          "stdout.join(card).right -> stdout.join(card) by (l_card)\n"
          "stdout.join(card) -> stdout.project\n"
          "stdout.project -> stdout\n");
}

TEST_CASE("CommasAndWhereAreAJoinToo") {
  REQUIRE(
      facts_of(with_logins("SELECT p.id FROM payments p, logins l WHERE p.card = l.card AND p.at "
                           "BETWEEN l.at AND l.at + INTERVAL '1 s' AND p.n = 3")) ==
      facts_of(with_logins("SELECT p.id FROM payments p JOIN logins l" + kOn + " AND p.n = 3")));
}

TEST_CASE("AnOuterJoinKeepsItsConditionsAndFiltersAbove") {
  const std::string left =
      with_logins("SELECT p.id, l.ip FROM payments p LEFT JOIN logins l" + kOn +
                  " AND p.n > 1 AND l.ip > 'a' WHERE l.ip IS NULL AND p.ok");
  REQUIRE(step_of(left, "stdout.join(card)") ==
          "left (card) at at = (l_card) at l_at in [0us, 1000000us] if ((n > 1) AND (ip > "
          "'a'::text))");
  REQUIRE(step_of(left, "stdout.join(card).left").ends_with(" where ok"));
  REQUIRE(step_of(left, "stdout.project") == "id, ip where (ip IS NULL)");
  const std::string right =
      with_logins("SELECT l.ip FROM payments p RIGHT JOIN logins l" + kOn + " WHERE l.ip > 'a'");
  REQUIRE(step_of(right, "stdout.join(card).right").ends_with("where (ip > 'a'::text)"));
  const std::string full =
      with_logins("SELECT l.ip FROM payments p FULL JOIN logins l" + kOn + " WHERE l.ip > 'a'");
  REQUIRE(step_of(full, "stdout.project").ends_with("where (ip > 'a'::text)"));
}

TEST_CASE("TheTimeOfASideThatIsThereStaysEventTime") {
  const auto windowed = [](const std::string& type, const std::string& time) {
    return refusal(
        with_logins("SELECT count(*) FROM tumble((SELECT p.at AS p, l.at AS l FROM "
                    "payments p " +
                    type + " JOIN logins l" + kOn + "), " + time + ", '1 s') GROUP BY window_end"));
  };
  REQUIRE(windowed("", "p").empty());
  REQUIRE(windowed("", "l").empty());
  REQUIRE(windowed("LEFT", "p").empty());
  REQUIRE(windowed("LEFT", "l").find("unless their side may be missing; use \"p\"") !=
          std::string::npos);
  REQUIRE(windowed("FULL", "p").find("unless their side may be missing") != std::string::npos);
}

TEST_CASE("ThreeTablesAreTwoSteps") {
  const std::string script = with_logins(
      "SELECT a.id, b.ip, c.ip AS second FROM payments a JOIN logins b ON a.card = b.card AND a.at "
      "= "
      "b.at JOIN logins c ON c.card = b.card AND c.at BETWEEN a.at AND a.at + INTERVAL '1 s'");
  REQUIRE(step_of(script, "stdout.join(card)") ==
          "inner (card) at at = (b_card) at b_at in [0us, 0us]");
  REQUIRE(step_of(script, "stdout.join(b_card)") ==
          "inner (b_card) at at = (c_card) at c_at in [-1000000us, 0us]");
}

TEST_CASE("JoinsByWindowNeedTheSameWindows") {
  const std::string views =
      "CREATE VIEW a AS SELECT card, window_start AS s, window_end AS e, sum(n) AS total FROM "
      "tumble(payments, at, '1 s') GROUP BY card, window_start, window_end;"
      "CREATE VIEW b AS SELECT card, window_start AS s, window_end AS e FROM tumble(logins, at, '1 "
      "s') GROUP BY card, window_start, window_end;"
      "CREATE VIEW c AS SELECT card, window_start AS s, window_end AS e FROM tumble(logins, at, '2 "
      "s') GROUP BY card, window_start, window_end;";
  const std::string script = with_logins(
      views +
      "SELECT a.card, b.s, total FROM a JOIN b ON a.card = b.card AND a.s = b.s AND a.e = "
      "b.e AND total > 3");
  REQUIRE(step_of(script, "stdout.join(card,s)") ==
          "window inner (card, s) at e = (b_card, b_s) at b_e");
  REQUIRE(step_of(script, "stdout.project") == "card, s, total");
  REQUIRE(step_of(with_logins(views + "SELECT x.card FROM b x JOIN b USING (s, e)"),
                  "stdout.join(s)") == "window inner (s) at e = (b_s) at b_e");
  REQUIRE(refusal(with_logins(views + "SELECT a.s FROM a JOIN c ON a.s = c.s AND a.e = c.e"))
              .find("the windows of the two sides must be of the same kind and size") !=
          std::string::npos);
  // Rows that are put into windows without a group, too.
  REQUIRE(
      step_of(with_logins("SELECT p.id FROM tumble(payments, at, '1 s') p JOIN tumble(logins, at, "
                          "'1 s') l USING (card, window_start, window_end)"),
              "stdout.join(card,window_start)")
          .starts_with("window inner (card, window_start) at window_end = "));
}

TEST_CASE("TablesThatDisagreeAboutLateRowsCannotBeJoined") {
  const std::string late =
      "CREATE TABLE lates (\"row\" text, source text, part text, pos bigint, step text, window_end "
      "timestamptz, behind interval) WITH (connector = 'blackhole');"
      "CREATE TABLE other (card text, at timestamptz) WITH (connector = 'file', path = 'y', "
      "event_time = 'at', late = 'lates');";
  REQUIRE(refusal(with_tables(late + "SELECT 1 FROM payments p JOIN other l" + kOn))
              .find("give all of them the same option late") != std::string::npos);
  REQUIRE(refusal(with_tables(late + "SELECT 1 FROM other p JOIN other l" + kOn)).empty());
}

TEST_CASE("OnlyMentionedColumnsAreKept") {
  MentionedColumns mentioned;
  mentioned.names = {"a"};
  mentioned.stars = {"t"};
  REQUIRE(mentioned.has("x", "a"));
  REQUIRE(mentioned.has("t", "b"));
  REQUIRE_FALSE(mentioned.has("x", "b"));
}

}  // namespace
}  // namespace weir
