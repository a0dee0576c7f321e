#include "engine/sql/aggregation.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string windowed(const std::string& list, const std::string& rest) {
  return with_tables("SELECT " + list + " FROM tumble(payments, at, INTERVAL '1 minute') " + rest);
}

TEST_CASE("PlainColumnsAreAggregatedWithoutAStepBefore") {
  REQUIRE(facts_of(windowed("card, sum(amount), window_start",
                            "GROUP BY card, window_start, window_end")) ==
          "payments: reads file\n"
          "stdout.window(card): tumble(at, 60000000us) by (card) sum_amount=sum(amount)\n"
          "stdout.project: card, sum_amount AS sum, window_start\n"
          "stdout: writes print\n"
          "payments -> stdout.window(card) by (card)\n"
          "stdout.window(card) -> stdout.project\n"
          "stdout.project -> stdout\n");
}

TEST_CASE("ComputedKeysArgumentsAndFiltersAreProjectedBefore") {
  REQUIRE(
      facts_of(windowed("lower(card) AS c, sum(n * 2) FILTER (WHERE ok) AS s, count(DISTINCT note)",
                        "WHERE n > 0 GROUP BY c, window_end HAVING count(*) > 3")) ==
      "payments: reads file\n"
      "stdout.window(c).input: lower(card) AS c, at, (n * 2) AS value, ok, note where (n > 0)\n"
      "stdout.window(c): tumble(at, 60000000us) by (c) sum_value=sum(value) if ok "
      "count_note=count(distinct note) count=count(*)\n"
      "stdout.project: c, sum_value AS s, count_note AS count where (count > '3'::bigint)\n"
      "stdout: writes print\n"
      "payments -> stdout.window(c).input\n"
      "stdout.window(c).input -> stdout.window(c) by (c)\n"
      "stdout.window(c) -> stdout.project\n"
      "stdout.project -> stdout\n");
}

TEST_CASE("WithoutKeysAllRowsMeetInOneTask") {
  const JobGraph graph = graph_of(windowed("count(*)", "GROUP BY window_start, window_end"));
  REQUIRE(graph.edges[0].distribution ==
          Distribution{.kind = DistributionKind::kHash, .columns = {}});
}

TEST_CASE("AnAggregateIsComputedOnceHoweverOftenItIsWritten") {
  const JobGraph graph =
      graph_of(windowed("sum(n) AS a, sum(n) + 1 AS b, max(n), max(DISTINCT n) AS d, sum(DISTINCT "
                        "n) AS e, sum(n) FILTER (WHERE ok) AS f",
                        "GROUP BY window_end HAVING sum(n) > 0"));
  const auto& spec = std::get<WindowAggregateSpec>(vertex_of(graph, "stdout.window()").spec);
  std::vector<std::string> names;
  for (const AggregateCall& call : spec.aggregates) names.push_back(call.name);
  REQUIRE(names == std::vector<std::string>{"sum_n", "max_n", "sum_n_2", "sum_n_3"});
}

TEST_CASE("KeysMayBeNumbersNamesAndExpressions") {
  REQUIRE(facts_of(windowed("lower(card) AS c, count(*)", "GROUP BY 1, window_end")) ==
          facts_of(windowed("lower(card) AS c, count(*)", "GROUP BY c, window_end")));
  // A column of the input goes before a name of the list, as in PostgreSQL.
  REQUIRE(facts_of(windowed("lower(note) AS card, count(*)", "GROUP BY card, window_end, note"))
              .find("lower(note) AS card") != std::string::npos);
  REQUIRE(refusal(windowed("count(*)", "GROUP BY 2, window_end")).find("from 1 to 1") !=
          std::string::npos);
  REQUIRE(refusal(windowed("count(*) AS c", "GROUP BY c, window_end"))
              .ends_with("aggregate functions are not allowed in GROUP BY"));
}

TEST_CASE("AnyWindowColumnEndsTheGroups") {
  for (const char* keys :
       {"window_start", "window_end", "window_end, window_start", "card, window_time"}) {
    INFO(keys);
    REQUIRE(refusal(windowed("count(*), window_start, window_end", std::string("GROUP BY ") + keys))
                .empty());
  }
  REQUIRE(refusal(windowed("count(*)", "GROUP BY card"))
              .ends_with("groups end with the window of their rows: add its start and end, GROUP "
                         "BY window_start, window_end"));
  REQUIRE(refusal(windowed("count(*)", "")).ends_with("GROUP BY window_start, window_end"));
}

TEST_CASE("ColumnsOutsideOfTheGroupAreRefused") {
  REQUIRE(refusal(windowed("card, amount", "GROUP BY card, window_end")) ==
          "7:14: column \"amount\" must appear in the GROUP BY clause or be used in an aggregate "
          "function");
  REQUIRE(refusal(windowed("*", "GROUP BY card, window_end"))
              .find("\"id\" must appear in the GROUP BY") != std::string::npos);
  REQUIRE(refusal(windowed("count(*)", "GROUP BY window_end HAVING amount > 1"))
              .find("\"amount\" must appear") != std::string::npos);
  REQUIRE(
      refusal(windowed("crd", "GROUP BY card, window_end")).ends_with("did you mean \"card\"?"));
}

TEST_CASE("KeysInsideOfExpressionsAreFound") {
  REQUIRE(facts_of(windowed("upper(lower(card)) AS u, (spot).lat + 1 AS l",
                            "GROUP BY lower(card), (spot).lat, window_end"))
              .find("stdout.project: upper(lower) AS u") != std::string::npos);
}

TEST_CASE("WrongAggregatesAreRefused") {
  const auto says = [](const std::string& list) {
    return refusal(windowed(list, "GROUP BY window_end"));
  };
  REQUIRE(says("sum(card)").starts_with("7:8: "));
  REQUIRE(says("sum(*)").ends_with("sum(*) does not exist: only count(*) does"));
  REQUIRE(says("sum(n, n)").ends_with("sum takes one argument, not 2"));
  REQUIRE(says("sum(count(*))").ends_with("aggregate function calls cannot be nested"));
  REQUIRE(says("sum(n) FILTER (WHERE n)")
              .ends_with("argument of FILTER must be type boolean, not type integer"));
  REQUIRE(says("json_agg(card)").ends_with("json_agg is not available yet"));
  REQUIRE(says("array_agg(spot)").ends_with("it takes a field of it"));
  REQUIRE(says("string_agg(card)").ends_with("string_agg takes two arguments, not 1"));
  REQUIRE(says("string_agg(card, card)").ends_with("argument 2 of string_agg must be a constant"));
  REQUIRE(says("string_agg(card, NULL)").ends_with("argument 2 of string_agg must be a constant"));
  REQUIRE(says("string_agg(DISTINCT card, ',' ORDER BY n)").ends_with("in the argument list"));
  REQUIRE(says("approx_percentile(n, 0.5)")
              .ends_with("argument 1 of approx_percentile must be a constant"));
  REQUIRE(says("approx_percentile(2, n)").ends_with("percentile value 2 is not between 0 and 1"));
  REQUIRE(says("bool_and(n)")
              .ends_with("function bool_and(integer) does not exist: it takes "
                         "booleans"));
  REQUIRE(says("max(window_end)").find("the same for all rows of a group") != std::string::npos);
  REQUIRE(says("sum(n ORDER BY n)").ends_with("leave out ORDER BY"));
  REQUIRE(says("first_value(n)").ends_with("write first_value(x ORDER BY ..)"));
  REQUIRE(says("last_value(spot ORDER BY n)").ends_with("it takes a field of it"));
  REQUIRE(refusal(windowed("count(*)", "GROUP BY spot, window_end")).find("group by its fields") !=
          std::string::npos);
  REQUIRE(refusal(windowed("count(*)", "GROUP BY date_trunc('hour', window_end)"))
              .find("group by window_start and window_end themselves") != std::string::npos);
  REQUIRE(refusal(windowed("count(*)", "GROUP BY ROLLUP (card), window_end")).find("ROLLUP") !=
          std::string::npos);
}

TEST_CASE("WindowsOverWindowsUseTheirTime") {
  REQUIRE(facts_of(with_tables("CREATE VIEW sums AS SELECT card, sum(amount) AS s, window_time AS "
                               "t FROM tumble(payments, at, INTERVAL '1 minute')"
                               " GROUP BY card, window_start, window_end;"
                               "SELECT card, max(s) AS m, window_end FROM tumble(sums, t, INTERVAL "
                               "'1 hour') GROUP BY card, window_end")) ==
          "payments: reads file\n"
          "sums.window(card): tumble(at, 60000000us) by (card) sum_amount=sum(amount)\n"
          "stdout.window(card): tumble(window_time, 3600000000us) by (card) "
          "max_s=max(sum_amount)\n"
          "stdout.project: card, max_s AS m, window_end\n"
          "stdout: writes print\n"
          "payments -> sums.window(card) by (card)\n"
          "sums.window(card) -> stdout.window(card) by (card)\n"
          "stdout.window(card) -> stdout.project\n"
          "stdout.project -> stdout\n");
}

TEST_CASE("AWindowThatTheRowsCarryIsGroupedByItsStartAndEnd") {
  const std::string view =
      "CREATE VIEW sums AS SELECT card, window_start AS s, window_end AS e, sum(n) AS total FROM "
      "tumble(payments, at, '1 s') GROUP BY card, window_start, window_end;";
  REQUIRE(
      facts_of(with_tables(view + "SELECT s, e, window_max, last FROM (SELECT s, e, max(total) "
                                  "AS window_max, max(e) AS last FROM sums GROUP BY s, e) x")) ==
      "payments: reads file\n"
      "sums.window(card): tumble(at, 1000000us) by (card) sum_n=sum(n)\n"
      "stdout.x.window(): given(window_start, window_end) by () max_total=max(sum_n) "
      "max_e=max(window_end)\n"
      "stdout.project: window_start AS s, window_end AS e, max_total AS window_max, max_e AS "
      "last\n"
      "stdout: writes print\n"
      "payments -> sums.window(card) by (card)\n"
      "sums.window(card) -> stdout.x.window() by ()\n"
      "stdout.x.window() -> stdout.project\n"
      "stdout.project -> stdout\n");
  // Columns of a window among the keys would be called like those that the step adds.
  REQUIRE(
      step_of(with_tables(view + "SELECT count(*) FROM (SELECT s, e, total AS window_start FROM "
                                 "sums WHERE total > 0) x GROUP BY s, e, window_start"),
              "stdout.window(window_start).input") ==
      "sum_n AS window_start_2, window_end AS e, window_start AS s where (sum_n > '0'::bigint)");
  // Groups of less than the window do not end with it.
  const std::string says = "the rows of this query change as rows come";
  REQUIRE(refusal(with_tables(view + "SELECT count(*) FROM sums GROUP BY e")).find(says) !=
          std::string::npos);
  REQUIRE(refusal(with_tables(view + "SELECT count(*) FROM sums GROUP BY card")).find(says) !=
          std::string::npos);
}

TEST_CASE("DistinctValuesOfWindowsThatOverlapAreCountedByWindow") {
  const std::string script = with_tables(
      "SELECT card, count(DISTINCT note), window_start FROM hop(payments, at, '1 s', '2 s') WHERE "
      "n > 1 GROUP BY card, window_start, window_end");
  REQUIRE(step_of(script, "stdout.window(card).assign") ==
          "assigns hop(at, 1000000us, 2000000us) in time");
  REQUIRE(step_of(script, "stdout.window(card)") ==
          "given(window_start, window_end) by (card) count_note=count(distinct note)");
  REQUIRE(step_of(script, "stdout.project") == "card, count_note AS count, window_start");
}

TEST_CASE("AnAggregateOfWhatIsNeverNullIsNotNull") {
  const auto script = [](const std::string& value) {
    return with_tables(
        "CREATE TABLE s (x numeric(38,2) NOT NULL) WITH (connector = 'print');"
        "INSERT INTO s SELECT " +
        value + " FROM tumble(payments, at, '1 s') GROUP BY window_end");
  };
  REQUIRE(refusal(script("count(*)")).empty());
  REQUIRE(refusal(script("sum(id)")).empty());
  REQUIRE(refusal(script("stddev(id)")).find("this value can be NULL") != std::string::npos);
  REQUIRE(refusal(script("sum(amount)")).find("is NOT NULL, but this value can be NULL") !=
          std::string::npos);
  REQUIRE(refusal(script("sum(id) FILTER (WHERE ok)"))
              .find("is NOT NULL, but this value can be NULL") != std::string::npos);
}

TEST_CASE("TablesThatDisagreeAboutLateRowsCannotShareAWindow") {
  const std::string script = with_tables(
      "CREATE TABLE lates (\"row\" text, source text, part text, pos bigint, step text, window_end "
      "timestamptz, behind interval)"
      " WITH (connector = 'blackhole');"
      "CREATE TABLE other (at timestamptz) WITH (connector = 'file', path = 'y', event_time = "
      "'at', late = 'lates');"
      "CREATE VIEW both_tables AS SELECT at FROM payments UNION ALL SELECT at FROM other;"
      "SELECT count(*) FROM tumble(both_tables, at, '1 s') GROUP BY window_end");
  REQUIRE(refusal(script).find("give all of them the same option late") != std::string::npos);
}

}  // namespace
}  // namespace weir
