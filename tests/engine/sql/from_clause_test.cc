#include "engine/sql/from_clause.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

bool says(const std::string& statement, const std::string& part) {
  const std::string message = refusal(with_tables(statement));
  INFO(message);
  CHECK(message.find(part) != std::string::npos);
  return message.find(part) != std::string::npos;
}

TEST_CASE("SuppressReadsATableByItsTimeAndKeys") {
  REQUIRE(
      facts_of("CREATE TABLE t (a int, b text, at timestamptz) WITH (connector = 'file', path = "
               "'x', event_time = 'at');"
               "SELECT b FROM suppress(t, at, INTERVAL '5 m', a, b) AS s WHERE s.a > 1") ==
      "t: reads file\n"
      "stdout.suppress(a,b): suppress (a, b) by at 300000000us\n"
      "stdout.project: b where (a > 1)\n"
      "stdout: writes print\n"
      "t -> stdout.suppress(a,b) by (a, b)\n"
      "stdout.suppress(a,b) -> stdout.project\n"
      "stdout.project -> stdout\n");
  REQUIRE(
      step_of(with_tables("SELECT t FROM suppress((SELECT at AS t, lower(card) AS c FROM payments "
                          "WHERE ok), t, '1 s', c)"),
              "stdout.suppress(c).input") == "at AS t, lower(card) AS c where ok");
}

TEST_CASE("SuppressThatCannotBeIsRefused") {
  REQUIRE(says("SELECT 1 FROM suppress(payments, at)", "suppress takes three arguments"));
  REQUIRE(says("SELECT 1 FROM suppress('payments', at, '1 s')", "suppress reads a table, a view"));
  REQUIRE(says("SELECT 1 FROM suppress(payments, n, '1 s')",
               "suppress needs a column with event time, and \"n\" has none"));
  REQUIRE(says("SELECT 1 FROM suppress(payments, at, '0 s')", "must be positive"));
  REQUIRE(says("SELECT 1 FROM suppress(payments, at, '1 s', lower(card))",
               "a key of suppress is a "
               "column"));
  REQUIRE(says("SELECT 1 FROM suppress(payments, at, '1 s', spot)", "take its fields"));
  REQUIRE(says("SELECT 1 FROM suppress(payments, at, '1 s', card)",
               "rows wait here, and column \"spot\" of type place cannot"));
  REQUIRE(says("SELECT 1 FROM suppress(payments, at, '1 s', crd)", "did you mean \"card\"?"));
}

TEST_CASE("ColumnsOfTwoTablesAreToldApart") {
  const std::string from =
      " FROM payments a JOIN payments b ON a.id = b.id AND a.at BETWEEN b.at AND b.at + INTERVAL "
      "'1 "
      "s'";
  const std::string from_plain =
      " FROM payments a JOIN (SELECT id, card, n, at FROM payments) b ON a.id = b.id AND a.at = "
      "b.at";
  REQUIRE(says("SELECT b.*" + from, "column \"spot\" of type place cannot"));
  REQUIRE(says("SELECT n" + from, "column reference \"n\" is ambiguous"));
  REQUIRE(says("SELECT c.n" + from, "table \"c\" is not in FROM"));
  REQUIRE(
      says("SELECT 1 FROM payments JOIN payments ON true", "\"payments\" is there twice in FROM"));
  REQUIRE(step_of(with_tables("SELECT a.id, b.*" + from_plain), "stdout.project") ==
          "id, b_id AS id_2, card, n, b_at AS at");
}

TEST_CASE("UsingMakesOneColumnOfTwo") {
  const std::string on = "JOIN (SELECT card, at AS t, ip FROM logins) l USING (card) WHERE t = at";
  const std::string logins =
      "CREATE TABLE logins (card text, ip text, at timestamptz) WITH (connector = 'file', path = "
      "'x', event_time = 'at');";
  REQUIRE(
      step_of(with_tables(logins + "SELECT card, p.card AS a, l.card AS b FROM payments p " + on),
              "stdout.project") == "card, card AS a, l_card AS b");
  REQUIRE(step_of(with_tables(logins + "SELECT * FROM (SELECT card, n, at FROM payments) p " + on),
                  "stdout.project") == "card, n, at, t, ip");
  const std::string outer = "JOIN logins l ON p.at = l.at AND p.card = l.card";
  REQUIRE(
      step_of(with_tables(logins + "SELECT at FROM payments p FULL JOIN logins l USING (card, at)"),
              "stdout.project") == "COALESCE(at, l_at) AS at");
  REQUIRE(step_of(with_tables(logins + "SELECT at FROM payments p RIGHT JOIN logins l USING (card, "
                                       "at)"),
                  "stdout.project") == "l_at AS at");
  REQUIRE(says(logins + "SELECT 1 FROM payments p JOIN logins l USING (n)",
               "column \"n\" of USING must be there once on each side"));
}

TEST_CASE("SubqueriesViewsAndNamesOfWithAreSides") {
  REQUIRE(
      refusal(with_tables("CREATE VIEW v AS SELECT card AS c, at AS t FROM payments; WITH w AS "
                          "(SELECT card, at FROM payments WHERE ok) SELECT c, s.n FROM v JOIN w ON "
                          "v.c = w.card AND v.t = w.at JOIN (SELECT n, at, card FROM payments) s "
                          "ON s.card = w.card AND s.at = w.at"))
          .empty());
}

TEST_CASE("JoinsThatAreNotThereAreRefused") {
  REQUIRE(says("SELECT 1 FROM payments a NATURAL JOIN payments b", "USING (..)"));
  REQUIRE(says("SELECT 1 FROM payments a CROSS JOIN payments b", "a join needs an equality"));
  REQUIRE(says("SELECT 1 FROM payments a, LATERAL (SELECT 1 FROM payments) b",
               "LATERAL is not available"));
  REQUIRE(
      says("SELECT 1 FROM (payments a JOIN payments b ON a.at = b.at) AS j", "make it a subquery"));
  REQUIRE(says("SELECT 1 FROM payments a JOIN payments b ON count(*) > 1",
               "aggregate functions are not allowed in JOIN conditions"));
  REQUIRE(
      says("SELECT 1 FROM payments a LEFT JOIN (SELECT card FROM payments) b ON a.card = b.card",
           "the rows of this query change as rows come"));
}

}  // namespace
}  // namespace weir
