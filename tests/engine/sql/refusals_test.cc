// Goal: whatever PostgreSQL's grammar takes and we do not is refused at its place, with what works
// instead. Method: one script a refusal.
#include "engine/sql/refusals.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

struct Case {
  const char* statement;  // Behind the six lines of tables.
  const char* place;
  const char* says;
};

void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    INFO(each.statement);
    const std::string message = refusal(with_tables(each.statement));
    INFO(message);
    REQUIRE(message.starts_with(each.place + std::string(": ")));
    REQUIRE(message.find(each.says) != std::string::npos);
  }
}

TEST_CASE("PartsOfASelectThatNeedAnEndOfTheStream") {
  check({{"SELECT id FROM payments ORDER BY id", "7:34", "leave out ORDER BY"},
         {"SELECT id FROM payments LIMIT 3", "7:31", "LIMIT and OFFSET are not available"},
         {"SELECT id FROM payments OFFSET 3", "7:32", "LIMIT and OFFSET are not available"},
         {"SELECT id FROM payments FOR UPDATE", "7:8", "leave out FOR UPDATE"},
         {"SELECT id INTO x FROM payments", "7:8", "write INSERT INTO table SELECT"},
         {"VALUES (1, 2)", "7:9", "VALUES is not available"},
         {"INSERT INTO alerts VALUES ('a', 1, NULL)", "7:28", "VALUES is not available"}});
}

TEST_CASE("StepsThatComeLater") {
  check({{"SELECT 1 FROM payments a JOIN payments b ON a.id > b.id", "7:31",
          "a join needs an equality"},
         {"SELECT 1 FROM payments a, LATERAL (SELECT 1) b", "7:43", "LATERAL is not available"},
         {"SELECT count(*) FROM payments", "7:1", "SET result_mode = 'final'"},
         {"SELECT lead(n) OVER (ORDER BY at) FROM payments", "7:8", "look back from it with lag"},
         {"SELECT lag(n) FROM payments", "7:8", "requires an OVER clause"},
         {"SELECT id FROM payments EXCEPT SELECT id FROM payments", "7:39", "UNION is"},
         {"SELECT 1 FROM as_of(payments, at)", "7:31", "is the right side of a JOIN"},
         {"SELECT 1 FROM tumbel(payments, at, INTERVAL '1 s')", "7:15", "did you mean \"tumble\"?"},
         {"SELECT 1 FROM payments TABLESAMPLE SYSTEM (1)", "7:36", "TABLESAMPLE is not available"},
         {"WITH RECURSIVE a AS (SELECT 1) SELECT 1 FROM a", "7:1",
          "WITH RECURSIVE is not available"}});
}

TEST_CASE("ExpressionsThatComeLater") {
  check({{"SELECT (SELECT 1) FROM payments", "7:8", "a subquery stands in FROM"},
         {"SELECT id FROM payments WHERE EXISTS (SELECT 1)", "7:31", "a subquery stands in FROM"},
         {"SELECT ARRAY[1, 2] FROM payments", "7:8", "array_agg(..) makes one"},
         {"SELECT ROW(1, 2) FROM payments", "7:8", "rows cannot be made"},
         {"SELECT $1 FROM payments", "7:8", "write ${NAME}"},
         {"SELECT card COLLATE \"C\" FROM payments", "7:13", "collations"},
         {"SELECT card SIMILAR TO 'x' FROM payments", "7:13", "write LIKE, or ~"},
         {"SELECT n = ANY (ARRAY[1]) FROM payments", "7:10", "write x IN (a, b, ...)"},
         {"SELECT summ(n) FROM payments", "7:8", "did you mean \"sum\"?"},
         {"SELECT lower(a => card) FROM payments", "7:14", "by position"},
         {"SELECT lower(VARIADIC card) FROM payments", "7:8", "VARIADIC is not available"},
         {"SELECT lower(DISTINCT card) FROM payments", "7:8", "lower is not an aggregate function"},
         {"SELECT f.lower(card) FROM payments", "7:8", "functions have no schemas here"},
         {"SELECT processing_time() FROM payments", "7:8", "the clock is now()"},
         {"SELECT current_watermark() FROM tumble(payments, at, '1 s') GROUP BY window_end", "7:8",
          "the rows here have no arrival watermark of their own"},
         {"SELECT tumble(payments, at) FROM payments", "7:8", "tumble stands in FROM"},
         {"SELECT record_offset() FROM payments", "7:8",
          "GENERATED ALWAYS AS (record_offset()) STORED"}});
}

TEST_CASE("StatementsThatAreNoPartOfAJob") {
  check({{"UPDATE payments SET n = 1", "7:1", "write INSERT INTO another table SELECT"},
         {"DELETE FROM payments", "7:1", "write INSERT INTO another table SELECT"},
         {"EXPLAIN SELECT 1", "7:1", "weir explain FILE.sql"},
         {"CREATE INDEX ON payments (id)", "7:1", "there are no indexes"},
         {"CREATE TABLE x AS SELECT 1", "7:1", "write CREATE VIEW"},
         {"CREATE MATERIALIZED VIEW x AS SELECT 1", "7:1", "a view is not stored"},
         {"DROP TABLE payments", "7:1", "there is nothing to drop"},
         {"BEGIN", "7:1", "there are no transactions"},
         {"GRANT ALL ON payments TO x", "7:1", "a script is made of CREATE TYPE, CREATE TABLE"},
         {"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "7:1",
          "a script is made of"}});
}

TEST_CASE("FunctionNamesAreKnownWithTheirSecondNames") {
  for (const char* name : {"lower", "pow", "coalesce", "now"}) CHECK(is_function_name(name));
  REQUIRE_FALSE(is_function_name("sum"));
  REQUIRE_FALSE(is_function_name("pov"));
}

TEST_CASE("AggregateNamesAreKnown") {
  REQUIRE(is_aggregate_name("sum"));
  REQUIRE(is_aggregate_name("string_agg"));
  REQUIRE_FALSE(is_aggregate_name("lower"));
}

}  // namespace
}  // namespace weir
