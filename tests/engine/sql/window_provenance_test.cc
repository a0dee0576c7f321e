// Method: a query over a windowed result may group by that result's window, or may not.
#include "engine/sql/window_provenance.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const char* const kSums =
    "CREATE VIEW sums AS SELECT card, window_start AS s, window_end AS e, window_time AS t, sum(n) "
    "AS total FROM hop(payments, at, '1 s', '2 s') GROUP BY card, window_start, window_end;";

// The grouping by s and e of these rows; "" where they have no window.
std::string grouped(const std::string& from, const std::string& keys = "s, e") {
  const std::string script =
      with_tables("SET result_mode = 'final'; " + (kSums + ("SELECT count(*) FROM " + from)) +
                  " GROUP BY " + keys);
  const std::string message = refusal(script);
  if (!message.empty()) return message;
  const JobGraph graph = graph_of(script);
  for (const Vertex& vertex : graph.vertices) {
    const auto* window = std::get_if<WindowAggregateSpec>(&vertex.spec);
    if (window != nullptr && window->window.kind == WindowKind::kGiven) return vertex.id;
  }
  return "";  // Groups that no window ends.
}

TEST_CASE("AggregatesAndAssignedRowsHaveAWindow") {
  REQUIRE(grouped("sums") == "stdout.window()");
  REQUIRE(grouped("(SELECT *, window_start AS s, window_end AS e, lower(card) || window_end::text "
                  "AS x FROM tumble(payments, at, '1 s')) w") == "stdout.window()");
  REQUIRE(grouped("payments", "at") == "");
}

TEST_CASE("AProjectionKeepsItByRenaming") {
  REQUIRE(grouped("(SELECT e AS e, s AS s FROM sums WHERE total > 1) x") == "stdout.window()");
  REQUIRE(
      grouped("(SELECT a AS s, b AS e FROM (SELECT DISTINCT ON (card) card, s AS a, e AS b FROM "
              "sums ORDER BY card, t) x) y") == "stdout.window()");
  REQUIRE(grouped("(SELECT s + INTERVAL '1 s' AS s, e FROM (SELECT s, e FROM sums UNION ALL SELECT "
                  "s, e FROM sums) x) y") == "");
}

TEST_CASE("AUnionKeepsItWhereAllBranchesAgree") {
  REQUIRE(grouped("(SELECT s, e FROM sums UNION ALL SELECT s, e FROM sums WHERE total > 1) x") ==
          "stdout.window()");
  REQUIRE(grouped("(SELECT s, e FROM sums UNION ALL SELECT e, s FROM sums) x") == "");
  REQUIRE(grouped("(SELECT s, e FROM sums UNION ALL SELECT window_start, window_end FROM "
                  "tumble(payments, at, '1 s') GROUP BY 1, 2) x") == "");
}

TEST_CASE("StepsThatHandRowsOnKeepIt") {
  REQUIRE(grouped("(SELECT s, e, row_number() OVER (PARTITION BY s, e ORDER BY total) AS r FROM "
                  "sums) x") == "stdout.window()");
  REQUIRE(
      grouped("(SELECT s, e, lag(total) OVER (PARTITION BY card ORDER BY t) AS l FROM sums) x") ==
      "stdout.window()");
  REQUIRE(grouped("suppress(sums, t, '1 s', card)") == "stdout.window()");
  // Of a window over a window it is the outer one's.
  REQUIRE(grouped("(SELECT * FROM (SELECT s, e, count(*) AS c FROM sums GROUP BY s, e) x) y") ==
          "stdout.y.x.window()");
}

TEST_CASE("AWindowJoinHasTheWindowOfTheSideThatIsThere") {
  const std::string on = " JOIN sums b ON a.s = b.s AND a.e = b.e AND a.card = b.card) x";
  REQUIRE(grouped("(SELECT a.s, b.e FROM sums a" + on) == "stdout.window()");
  REQUIRE(grouped("(SELECT a.s, a.e FROM sums a LEFT" + on) == "stdout.window()");
  REQUIRE(grouped("(SELECT b.s, b.e FROM sums a RIGHT" + on) == "stdout.window()");
  REQUIRE(grouped("(SELECT b.s, b.e FROM sums a LEFT" + on) == "");
  REQUIRE(grouped("(SELECT a.s, a.e FROM sums a FULL" + on) == "");
}

TEST_CASE("ManyUnionsAreLookedAtOnce") {
  std::string script = kSums;
  script += "CREATE VIEW v0 AS SELECT s, e FROM sums;";
  for (int i = 1; i < 40; ++i) {
    const std::string below = "v" + std::to_string(i - 1);
    script += "CREATE VIEW v" + std::to_string(i) + " AS SELECT * FROM " + below +
              " UNION ALL SELECT * FROM " + below + ";";
  }
  REQUIRE(refusal(with_tables(script + "SELECT count(*) FROM v39 GROUP BY s, e")).empty());
}

}  // namespace
}  // namespace weir
