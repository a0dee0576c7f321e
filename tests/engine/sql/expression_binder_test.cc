// Goal: every form of PostgreSQL's expressions becomes the tree that it means, or is refused where
// it stands. Method: SELECT one expression and read the tree back as text.
#include "engine/sql/expression_binder.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("ConstantsHavePostgresTypes") {
  REQUIRE(expression_of("-3") == "'-3'::integer");
  REQUIRE(expression_of("0") == "0");
  REQUIRE(expression_of("- ( /* 5 */ 7 )") == "'-7'::integer");
  REQUIRE(expression_of("3000000000") == "'3000000000'::bigint");
  REQUIRE(expression_of("-2147483648") == "'-2147483648'::integer");
  REQUIRE(expression_of("1.50") == "'1.50'::numeric(3,2)");
  REQUIRE(expression_of("'x'") == "'x'::text");
  REQUIRE(expression_of("''") == "''::text");
  REQUIRE(expression_of("false") == "false");
  REQUIRE(expression_of("NULL") == "NULL::text");
  REQUIRE(expression_of("x'ff'") ==
          "error: bit strings are not available: write bytes as '\\x0aff'::bytea");
}

TEST_CASE("TypedLiteralsAndIntervals") {
  REQUIRE(expression_of("DATE '2024-01-31'") == "'2024-01-31'::date");
  REQUIRE(expression_of("TIMESTAMPTZ '2024-01-31 10:00:00Z'") ==
          expression_of("'2024-01-31T10:00:00Z'::timestamp with time zone"));
  REQUIRE(expression_of("INTERVAL '90 seconds'") == "'00:01:30'::interval");
  REQUIRE(expression_of("INTERVAL '5' MINUTE") == "'00:05:00'::interval");
  REQUIRE(expression_of("INTERVAL '2' DAY") == "'2 days'::interval");
  REQUIRE(expression_of("INTERVAL '1 2' DAY TO HOUR").find("with its units inside the quotes") !=
          std::string::npos);
  REQUIRE(expression_of("DATE 'soon'").starts_with("error: "));
}

TEST_CASE("OperatorsAndTheirKin") {
  REQUIRE(expression_of("n + 1 * 2") == "(n + 2)");
  REQUIRE(expression_of("-n") == "(- n)");
  REQUIRE(expression_of("n BETWEEN 1 AND 3") == expression_of("n >= 1 AND n <= 3"));
  REQUIRE(expression_of("n NOT BETWEEN 1 AND 3") == expression_of("n < 1 OR n > 3"));
  REQUIRE(expression_of("n IN (1, 2)") == expression_of("n = 1 OR n = 2"));
  REQUIRE(expression_of("n NOT IN (1, 2)") == expression_of("NOT (n = 1 OR n = 2)"));
  REQUIRE(expression_of("n IS DISTINCT FROM 4") == "(n IS DISTINCT FROM 4)");
  REQUIRE(expression_of("n IS NOT DISTINCT FROM 4") == expression_of("NOT n IS DISTINCT FROM 4"));
  REQUIRE(expression_of("card LIKE 'a%'") == expression_of("card ~~ 'a%'"));
  REQUIRE(expression_of("card ILIKE 'a%'") == expression_of("card ~~* 'a%'"));
  REQUIRE(expression_of("card NOT LIKE 'a%'") == expression_of("card !~~ 'a%'"));
  REQUIRE(expression_of("nullif(n, 3)") == expression_of("CASE WHEN n = 3 THEN NULL ELSE n END"));
}

TEST_CASE("TestsForNullAndTruth") {
  REQUIRE(expression_of("n IS NULL") == "(n IS NULL)");
  REQUIRE(expression_of("n IS NOT NULL") == expression_of("NOT n IS NULL"));
  REQUIRE(expression_of("ok IS TRUE") == expression_of("coalesce(ok, false)"));
  REQUIRE(expression_of("ok IS NOT TRUE") == expression_of("NOT coalesce(ok, false)"));
  REQUIRE(expression_of("ok IS FALSE") == expression_of("NOT coalesce(ok, true)"));
  REQUIRE(expression_of("ok IS NOT FALSE") == expression_of("coalesce(ok, true)"));
  REQUIRE(expression_of("ok IS UNKNOWN") == "(ok IS NULL)");
  REQUIRE(expression_of("n IS TRUE").starts_with("error: "));
}

TEST_CASE("BothFormsOfCase") {
  REQUIRE(expression_of("CASE n WHEN 1 THEN 'a' WHEN 2 THEN 'b' END") ==
          expression_of("CASE WHEN n = 1 THEN 'a' WHEN n = 2 THEN 'b' ELSE NULL END"));
  REQUIRE(expression_of("CASE WHEN n THEN 1 END") ==
          "error: condition of CASE must be type boolean, not type integer");
  REQUIRE(expression_of("CASE WHEN ok THEN 1 ELSE 'x' END").starts_with("error: "));
}

TEST_CASE("CallsWithTheirOwnGrammar") {
  REQUIRE(expression_of("extract(hour FROM at)") == "extract('hour' FROM at)");
  REQUIRE(expression_of("position('a' IN card)") == "position('a'::text IN card)");
  REQUIRE(expression_of("substring(card FROM 2 FOR 3)") == expression_of("substring(card, 2, 3)"));
  REQUIRE(expression_of("trim(BOTH 'x' FROM card)") == expression_of("btrim(card, 'x')"));
  REQUIRE(expression_of("trim(LEADING 'x' FROM card)") == expression_of("ltrim(card, 'x')"));
  REQUIRE(expression_of("trim(card)") == expression_of("btrim(card)"));
  REQUIRE(expression_of("greatest(n, 1)").starts_with("greatest("));
  REQUIRE(expression_of("coalesce(note, card)") == "COALESCE(note, card)");
  REQUIRE(expression_of("pg_catalog.lower(card)") == "lower(card)");
}

TEST_CASE("TheClockIsNow") {
  REQUIRE(expression_of("now()") == "now()");
  REQUIRE(expression_of("CURRENT_TIMESTAMP") == "now()");
  REQUIRE(expression_of("CURRENT_DATE") == "CAST(now() AS date)");
  REQUIRE(expression_of("LOCALTIMESTAMP") == "CAST(now() AS timestamp without time zone)");
  REQUIRE(expression_of("CURRENT_USER").find("of these only CURRENT_TIMESTAMP") !=
          std::string::npos);
  REQUIRE(expression_of("CURRENT_TIMESTAMP(3)").find("without a precision") != std::string::npos);
}

TEST_CASE("OnlyUtcIsAZone") {
  REQUIRE(expression_of("at AT TIME ZONE 'UTC'") == "CAST(at AS timestamp without time zone)");
  REQUIRE(expression_of("at AT TIME ZONE 'utc' AT TIME ZONE 'UTC'").starts_with("CAST(CAST(at"));
  REQUIRE(expression_of("at AT TIME ZONE 'Europe/Paris'") ==
          "error: only AT TIME ZONE 'UTC' is available: time stamps are in UTC");
  REQUIRE(expression_of("n AT TIME ZONE 'UTC'").starts_with("error: "));
}

TEST_CASE("CastsAndFields") {
  REQUIRE(expression_of("n::text") == "CAST(n AS text)");
  REQUIRE(expression_of("CAST(n AS numeric(10,2))") == "CAST(n AS numeric(10,2))");
  REQUIRE(expression_of("n::numeric") == "CAST(n AS numeric(10,0))");
  REQUIRE(expression_of("(spot).lat") == "(spot).lat");
  REQUIRE(expression_of("(spot).lot").find("did you mean") != std::string::npos);
  REQUIRE(expression_of("(n).x").starts_with("error: "));
  REQUIRE(expression_of("card[1]").find("it is no array") != std::string::npos);
  REQUIRE(expression_of("n::bigin").find("did you mean \"bigint\"?") != std::string::npos);
}

TEST_CASE("SymmetricBoundsStandInEitherOrder") {
  REQUIRE(expression_of("n BETWEEN SYMMETRIC 3 AND 1") ==
          expression_of("(n >= 3 AND n <= 1) OR (n >= 1 AND n <= 3)"));
  REQUIRE(expression_of("n NOT BETWEEN SYMMETRIC 3 AND 1") ==
          expression_of("(n < 3 OR n > 1) AND (n < 1 OR n > 3)"));
}

TEST_CASE("PatternsMayHaveTheirOwnEscape") {
  REQUIRE(expression_of("card LIKE 'a!%' ESCAPE '!'") == expression_of("card LIKE 'a\\%'"));
  REQUIRE(expression_of("card LIKE 'a' ESCAPE note").find("like_escape") != std::string::npos);
}

TEST_CASE("OperatorsOfOtherLanguagesGetAdvice") {
  REQUIRE(expression_of("n == 1").find("one sign") != std::string::npos);
}

TEST_CASE("TypeErrorsStandAtTheOperator") {
  REQUIRE(refusal(with_tables("SELECT id,\n  card + 1 FROM payments"))
              .starts_with("8:8: operator does not exist: text + integer"));
  REQUIRE(refusal(with_tables("SELECT lowr(card) FROM payments"))
              .starts_with("7:8: function lowr does not exist"));
  REQUIRE(refusal(with_tables("SELECT 1 FROM payments WHERE ok AND n")).starts_with("7:37: "));
}

TEST_CASE("DepthIsBounded") {
  std::string sum = "n";
  for (int i = 0; i < 200; ++i) sum += " + n";
  REQUIRE(expression_of(sum).find("error") == std::string::npos);
  for (int i = 0; i < 200; ++i) sum += " + n";
  REQUIRE(expression_of(sum).find("nested too deeply") != std::string::npos);
}

TEST_CASE("PrintedExpressionsReadBackAsTheyWere") {
  const Schema schema{.fields = {{.name = "n", .type = TypeKind::kInt},
                                 {.name = "Mixed Case", .type = TypeKind::kText},
                                 {.name = "user", .type = Type::numeric(12, 2)},
                                 {.name = "at", .type = TypeKind::kTimestamptz},
                                 {.name = "ok", .type = TypeKind::kBoolean}}};
  for (const char* text : {"n + 1",
                           "\"Mixed Case\" || 'it''s'",
                           "\"user\" * 2.5",
                           "at + INTERVAL '1 day 2 hours'",
                           "n IN (1, -2, 3)",
                           "CASE WHEN ok THEN n ELSE -n END",
                           "NOT (ok AND n > 3) OR n IS NULL",
                           "coalesce(\"Mixed Case\", 'x')",
                           "n::text",
                           "\"user\"::int",
                           "extract(epoch FROM at)",
                           "position('a' IN \"Mixed Case\")",
                           "now() - at > '5 s'",
                           "\"Mixed Case\" LIKE '%a\\_b'",
                           "n IS DISTINCT FROM NULL",
                           "DATE '2024-01-01' + n",
                           "substring(\"Mixed Case\", 2)",
                           "'\\x00ff'::bytea",
                           "1e300::double precision",
                           "NULL::interval"}) {
    INFO(text);
    const Result<ExprPtr> expr = sql_expression(text, schema);
    REQUIRE(expr.ok());
    const std::string printed = to_text(**expr, schema);
    INFO(printed);
    const Result<ExprPtr> again = sql_expression(printed, schema);
    REQUIRE(again.ok());
    REQUIRE(same_expr(**expr, **again));
  }
}

}  // namespace
}  // namespace weir
