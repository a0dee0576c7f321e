#include "engine/sql/query_binder.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("ViewsMayStandInAnyOrderAndAreShared") {
  REQUIRE(facts_of(with_tables(
              "SELECT card FROM sums; SELECT s FROM sums;"
              "CREATE VIEW sums (card, s) AS SELECT card, sum(n) FROM tumble(payments, at, '1 s')"
              " GROUP BY card, window_end")) ==
          "payments: reads file\n"
          "sums.window(card): tumble(at, 1000000us) by (card) sum_n=sum(n)\n"
          "stdout.project: card\n"
          "stdout: writes print\n"
          "stdout_2.project: sum_n AS s\n"
          "stdout_2: writes print\n"
          "payments -> sums.window(card) by (card)\n"
          "sums.window(card) -> stdout.project\n"
          "stdout.project -> stdout\n"
          "sums.window(card) -> stdout_2.project\n"
          "stdout_2.project -> stdout_2\n");
}

TEST_CASE("WithNamesQueries") {
  REQUIRE(
      facts_of(with_tables(
          "WITH a AS (SELECT card AS c, n FROM payments), b(x, y) AS (SELECT * FROM a WHERE n > 1)"
          " SELECT y, x FROM b")) ==
      "payments: reads file\n"
      "stdout.project: n AS y, card AS x where (n > 1)\n"
      "stdout: writes print\n"
      "payments -> stdout.project\n"
      "stdout.project -> stdout\n");
  REQUIRE(facts_of(with_tables("WITH payments AS (SELECT id FROM payments) SELECT * FROM payments"))
              .find("stdout.project: id\n") != std::string::npos);
  REQUIRE(
      refusal(
          with_tables(
              "WITH a AS (SELECT 1 FROM payments), a AS (SELECT 1 FROM payments) SELECT 1 FROM a"))
          .ends_with("\"a\" is there twice in this WITH"));
}

TEST_CASE("StepsAreNamedAfterTheQueryTheyStandIn") {
  const JobGraph graph =
      graph_of(with_tables("INSERT INTO alerts (total) WITH w AS (SELECT sum(n) AS s FROM "
                           "tumble(payments, at, '1 s') GROUP BY card, window_end)"
                           " SELECT s FROM w;"
                           "INSERT INTO alerts (total) SELECT s FROM (SELECT sum(n) AS s FROM "
                           "tumble(payments, at, '1 s') GROUP BY note, window_end) q;"
                           "INSERT INTO alerts (total) SELECT sum(n) FROM tumble(payments, at, '1 "
                           "s') GROUP BY card, n, window_end"));
  REQUIRE(vertex_of(graph, "alerts.w.window(card)").id == "alerts.w.window(card)");
  REQUIRE(vertex_of(graph, "alerts.q.window(note)").id == "alerts.q.window(note)");
  REQUIRE(vertex_of(graph, "alerts.window(card,n)").id == "alerts.window(card,n)");
}

TEST_CASE("UnionMakesTypesCommon") {
  REQUIRE(
      facts_of(with_tables("SELECT card, n FROM payments UNION ALL SELECT NULL, 2.5 FROM payments"
                           " UNION ALL SELECT 'x', id FROM payments")) ==
      "payments: reads file\n"
      "stdout.branch1: card, CAST(n AS numeric(20,1)) AS n\n"
      "stdout.branch2: NULL::text AS card, '2.5'::numeric(20,1) AS n\n"
      "stdout.branch3: 'x'::text AS card, CAST(id AS numeric(20,1)) AS n\n"
      "stdout.union: union\n"
      "stdout: writes print\n"
      "payments -> stdout.branch1\n"
      "payments -> stdout.branch2\n"
      "payments -> stdout.branch3\n"
      "stdout.branch1 -> stdout.union\n"
      "stdout.branch2 -> stdout.union\n"
      "stdout.branch3 -> stdout.union\n"
      "stdout.union -> stdout\n");
}

TEST_CASE("UnionKeepsEventTimeWhereAllBranchesHaveIt") {
  const std::string kept =
      "SELECT count(*) FROM tumble((SELECT at FROM payments UNION ALL SELECT at FROM payments "
      "WHERE ok), at, '1 s')"
      " GROUP BY window_end";
  REQUIRE(refusal(with_tables(kept)).empty());
}

TEST_CASE("AVertexIsABranchOnce") {
  REQUIRE(facts_of(with_tables("SELECT * FROM payments UNION ALL SELECT * FROM payments")) ==
          "payments: reads file\n"
          "stdout.branch2: id, card, amount, note, spot, ok, n, at\n"
          "stdout.union: union\n"
          "stdout: writes print\n"
          "payments -> stdout.branch2\n"
          "payments -> stdout.union\n"
          "stdout.branch2 -> stdout.union\n"
          "stdout.union -> stdout\n");
}

TEST_CASE("WrongUnionsAreRefused") {
  REQUIRE(refusal(with_tables("SELECT id, n FROM payments UNION ALL SELECT id FROM payments")) ==
          "7:45: each branch of UNION ALL needs as many columns as the first: 2, not 1");
  REQUIRE(refusal(with_tables("SELECT card FROM payments UNION ALL SELECT n FROM payments"))
              .starts_with(
                  "7:44: column \"card\" of UNION ALL: types text and integer cannot be matched"));
  REQUIRE(refusal(with_tables("SELECT n, n FROM payments UNION ALL SELECT n, n FROM payments"))
              .ends_with("column \"n\" is there twice: give one another name, with AS"));
}

TEST_CASE("ViewsThatReadThemselvesAreRefused") {
  REQUIRE(refusal("CREATE VIEW a AS SELECT * FROM a; SELECT 1 FROM a") ==
          "1:32: views cannot read themselves: a reads a");
  REQUIRE(
      refusal("CREATE VIEW a AS SELECT * FROM b; CREATE VIEW b AS SELECT * FROM a; SELECT 1 FROM b")
          .ends_with("views cannot read themselves: b reads a reads b"));
}

TEST_CASE("ViewsThatNobodyReadsAreCheckedToo") {
  REQUIRE(refusal(with_tables("CREATE VIEW v AS SELECT crd FROM payments; SELECT id FROM payments"))
              .starts_with("7:25: column \"crd\" does not exist"));
  REQUIRE(
      facts_of(with_tables(
          "CREATE VIEW v AS SELECT count(*) FROM tumble(payments, at, '1 s') GROUP BY window_end;"
          "SELECT * FROM payments")) ==
      "payments: reads file\nstdout: writes print\npayments -> stdout\n");
}

TEST_CASE("AliasesRenameColumns") {
  REQUIRE(
      facts_of(with_tables("SELECT x FROM (SELECT id, n FROM payments) AS s(x)")).find("id AS x") !=
      std::string::npos);
  REQUIRE(refusal(with_tables("SELECT 1 FROM (SELECT id FROM payments) AS s(x, y)"))
              .ends_with("2 names are given, but there are 1 columns"));
  REQUIRE(refusal(with_tables("CREATE VIEW v AS SELECT n, n FROM payments"))
              .ends_with("column \"n\" is there twice: give one another name, with AS"));
}

TEST_CASE("ASelectNeedsATable") {
  REQUIRE(refusal("SELECT 1") ==
          "1:8: a SELECT without FROM has no rows to work on: add FROM table");
  REQUIRE(refusal(with_tables("SELECT 1 FROM paymnts")) ==
          "7:15: table \"paymnts\" does not exist; did you mean \"payments\"?");
}

TEST_CASE("AConditionIsBoolean") {
  REQUIRE(refusal(with_tables("SELECT 1 FROM payments WHERE n")) ==
          "7:30: WHERE must be type boolean, not type integer");
  REQUIRE(refusal(with_tables("SELECT 1 FROM payments WHERE count(*) > 1"))
              .ends_with("aggregate functions are not allowed in WHERE"));
}

TEST_CASE("PoliciesReachTheStepsAboveATable") {
  const JobGraph graph = graph_of(
      "CREATE TABLE a (x int) WITH (connector = 'file', path = 'x', on_error = 'skip');"
      "CREATE TABLE b (x int) WITH (connector = 'file', path = 'x');"
      "SELECT x + 1 AS y FROM a; SELECT x + 1 AS y FROM b; SELECT x + 1 AS y FROM (SELECT x FROM a "
      "UNION ALL SELECT x FROM b) u");
  REQUIRE(std::get<ProjectSpec>(vertex_of(graph, "stdout.project").spec).on_error ==
          OnError::kSkip);
  REQUIRE(std::get<ProjectSpec>(vertex_of(graph, "stdout_2.project").spec).on_error ==
          OnError::kFail);
  REQUIRE(std::get<ProjectSpec>(vertex_of(graph, "stdout_3.project").spec).on_error ==
          OnError::kFail);
}

}  // namespace
}  // namespace weir
