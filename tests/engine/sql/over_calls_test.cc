#include "engine/sql/over_calls.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string over(const std::string& list, const std::string& rest = "") {
  return with_tables("SELECT " + list + " FROM payments " + rest);
}

bool says(const std::string& script, const std::string& part) {
  const std::string message = refusal(script);
  INFO(message);
  CHECK(message.find(part) != std::string::npos);
  return message.find(part) != std::string::npos;
}

TEST_CASE("CallsOfOnePartitionAreOneStepOverWhatTheyRead") {
  REQUIRE(
      facts_of(over("id, n * 2 AS d, sum(amount) OVER w, lag(n + 1, 2, 0) OVER w AS before, "
                    "count(*) FILTER (WHERE ok) OVER w + 1 AS c, sum(amount) OVER w / 2 AS half",
                    "WHERE n > 0 WINDOW w AS (PARTITION BY card ORDER BY at)")) ==
      "payments: reads file\n"
      "stdout.over(card).input: id, n, card, at, amount, (n + 1) AS value, 0 AS fallback, ok "
      "where (n > 0)\n"
      "stdout.over(card): over (card) by at sum_amount=sum(amount) lag_value=lag(value, 2 else "
      "fallback) count=count(*) if ok\n"
      "stdout.project: id, (n * 2) AS d, sum_amount AS sum, lag_value AS before, (count + "
      "'1'::bigint) AS c, (sum_amount / '2'::numeric(10,0)) AS half\n"
      "stdout: writes print\n"
      "payments -> stdout.over(card).input\n"
      "stdout.over(card).input -> stdout.over(card) by (card)\n"
      "stdout.over(card) -> stdout.project\n"
      "stdout.project -> stdout\n");
}

TEST_CASE("ARowThatIsKeptAsItIsNeedsNoStepBefore") {
  REQUIRE(
      facts_of("CREATE TABLE t (a int, at timestamptz) WITH (connector = 'file', path = 'x', "
               "event_time = 'at'); SELECT *, row_number() OVER (PARTITION BY a ORDER BY at) AS "
               "r FROM t") ==
      "t: reads file\n"
      "stdout.over(a): over (a) by at row_number=row_number(*)\n"
      "stdout.project: a, at, row_number AS r\n"
      "stdout: writes print\n"
      "t -> stdout.over(a) by (a)\n"
      "stdout.over(a) -> stdout.project\n"
      "stdout.project -> stdout\n");
}

TEST_CASE("OfCompositesOnlyTheFieldsAreKept") {
  const std::string script = over("(spot).lat + 1 AS l, max((spot).lat) OVER (ORDER BY at) AS m");
  REQUIRE(step_of(script, "stdout.over().input") == "(spot).lat AS lat, at");
  REQUIRE(step_of(script, "stdout.project") ==
          "(lat + '1'::double precision) AS l, max_value AS m");
}

TEST_CASE("PartitionsOfOneOrderAreStepsOneBehindTheOther") {
  const std::string script = over(
      "count(*) OVER (PARTITION BY card ORDER BY at), first_value(n) OVER (PARTITION BY note, "
      "lower(card) ORDER BY at), last_value(n) OVER (ORDER BY at)");
  REQUIRE(step_of(script, "stdout.over(card)") == "over (card) by at count=count(*)");
  REQUIRE(step_of(script, "stdout.over(note,lower)") ==
          "over (note, lower) by at first_value_n=first_value(n)");
  REQUIRE(step_of(script, "stdout.over()") == "over () by at last_value_n=last_value(n)");
  REQUIRE(step_of(script, "stdout.project") ==
          "count, first_value_n AS first_value, last_value_n AS last_value");
  REQUIRE(says(over("count(*) OVER (ORDER BY at), count(*) OVER (ORDER BY log_order())"),
               "7:61: a SELECT has one order for all of its OVER"));
}

TEST_CASE("WhatIsNeverNullStaysSo") {
  const auto script = [](const std::string& value) {
    return with_tables(
        "CREATE TABLE s (x bigint NOT NULL) WITH (connector = 'print');INSERT INTO s "
        "SELECT " +
        value + " OVER (PARTITION BY card ORDER BY at) FROM payments");
  };
  for (const char* value : {"count(n)", "max(id)", "first_value(id)", "rank()"}) {
    INFO(value);
    REQUIRE(refusal(script(value)).empty());
  }
  for (const char* value : {"max(n)", "lag(id)", "max(id) FILTER (WHERE ok)"}) {
    REQUIRE(says(script(value), "can be NULL"));
  }
}

TEST_CASE("OrdersThatAreNotTimeAreRefused") {
  const auto with = [](const std::string& window) {
    return over("count(*) OVER (" + window + ")");
  };
  REQUIRE(
      says(with("PARTITION BY card"), "OVER needs an order here: ORDER BY at, or ORDER BY log"));
  REQUIRE(
      says(with("ORDER BY n"), "OVER orders rows as they come in time: ORDER BY at or log_order"));
  REQUIRE(says(with("ORDER BY at DESC"), "leave out DESC"));
  REQUIRE(says(with("ORDER BY at, id"), "by the event-time column alone"));
  REQUIRE(says(with("ORDER BY at + INTERVAL '1 s'"), "OVER orders rows as they come in time"));
  REQUIRE(says("SET result_mode = 'final';" +
                   over("row_number() OVER (PARTITION BY card ORDER BY amount DESC)"),
               "bound it in the WHERE of the query around it"));
  REQUIRE(says(over("rank() OVER (PARTITION BY card ORDER BY amount DESC)"),
               "row_number with WHERE n <= 10 around it"));
  REQUIRE(says(with_tables("SELECT count(*) OVER (ORDER BY log_order() RANGE '1 s' PRECEDING) FROM "
                           "(SELECT id FROM payments) x"),
               "a RANGE needs an event-time column, and there is none here"));
  REQUIRE(says(with_tables("SELECT count(*) OVER (ORDER BY log_order() RANGE '1 s' PRECEDING) FROM "
                           "tumble(payments, at, '1 s')"),
               "there is more than one, at, window_end, window_time"));
}

TEST_CASE("FunctionsThatCannotBeAreRefused") {
  const auto call = [](const std::string& text) {
    return over(text + " OVER (PARTITION BY card ORDER BY at)");
  };
  REQUIRE(says(call("lead(n)"), "look back from it with lag"));
  REQUIRE(says(call("ntile(4)"), "ntile needs rows that are yet to come"));
  REQUIRE(says(call("string_agg(card)"), "string_agg takes two arguments, not 1"));
  REQUIRE(says(call("approx_percentile(2, n)"), "is not between 0 and 1"));
  REQUIRE(says(call("json_agg(n)"), "json_agg is not available yet"));
  REQUIRE(says(call("lower(card)"), "lower is neither"));
  REQUIRE(says(call("count(DISTINCT n)"), "DISTINCT is not available with OVER"));
  REQUIRE(says(call("sum(n ORDER BY n)"), "ORDER BY stands behind OVER"));
  REQUIRE(says(call("sum(card)"), "sum(text) does not exist"));
  REQUIRE(says(call("sum(count(*) OVER (ORDER BY at))"), "cannot be nested"));
  REQUIRE(says(call("rank(n)"), "rank takes no arguments"));
  REQUIRE(says(call("lag()"), "lag takes a value"));
  REQUIRE(says(call("lag(n, -1)"), "how many rows lag goes back is a constant"));
  REQUIRE(says(call("lag(n, 1, 'x')"), "x"));
  REQUIRE(says(call("lag(n) FILTER (WHERE ok)"), "FILTER is for aggregates"));
  REQUIRE(says(over("lag(n)"), "window function lag requires an OVER clause"));
  REQUIRE(says(over("id", "WHERE lag(n) OVER (ORDER BY at) > 1"),
               "window functions are not allowed in WHERE"));
  REQUIRE(says(over("card, rank() OVER (ORDER BY at)", "GROUP BY card"),
               "OVER beside GROUP BY or DISTINCT ON is not available"));
}

TEST_CASE("LagTakesTheTypeThatHoldsBoth") {
  REQUIRE(step_of(over("lag(n, 1, 0.5) OVER (PARTITION BY card ORDER BY at) AS l"),
                  "stdout.over(card).input") ==
          "card, at, CAST(n AS numeric(11,1)) AS value, '0.5'::numeric(11,1) AS fallback");
}

TEST_CASE("RowsOfAWindowAreNumberedInAnyOrder") {
  const std::string script = with_tables(
      "CREATE VIEW sums AS SELECT card, window_start, window_end, sum(n) AS s FROM "
      "tumble(payments, "
      "at, '1 s') GROUP BY card, window_start, window_end;"
      "SELECT card, rank() OVER (PARTITION BY window_start, window_end, lower(card) ORDER BY s "
      "DESC, "
      "card) AS r, row_number() OVER (PARTITION BY window_start, window_end, lower(card) ORDER BY "
      "s "
      "DESC, card) FROM sums");
  REQUIRE(step_of(script, "stdout.over(window_start,window_end,lower)") ==
          "ranks given(window_start, window_end) by (lower) order s desc nulls first card rank "
          "row_number");
  REQUIRE(step_of(script, "stdout.project") == "card, rank AS r, row_number");
  // By time and with a call that is no number it is an OVER like any.
  REQUIRE(
      step_of(with_tables("SELECT row_number() OVER w, lag(n) OVER w FROM tumble(payments, at, "
                          "'1 s') WINDOW w AS (PARTITION BY window_start, window_end ORDER BY at)"),
              "stdout.over(window_start,window_end)") ==
      "over (window_start, window_end) by at row_number=row_number(*) lag_n=lag(n)");
}

}  // namespace
}  // namespace weir
