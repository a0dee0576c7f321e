#include "engine/sql/sql.h"

#include "tests/engine/sql/script_harness.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("AnInsertReadsComputesAndWrites") {
  REQUIRE(facts_of(with_tables("INSERT INTO alerts SELECT card, amount * 2, at FROM payments WHERE "
                               "amount > 10 AND NOT ok")) ==
          "payments: reads file\n"
          "alerts.project: card, (amount * '2'::numeric(10,0)) AS total, at where ((amount > "
          "'10'::numeric(10,0)) AND (NOT ok))\n"
          "alerts: writes kafka\n"
          "payments -> alerts.project\n"
          "alerts.project -> alerts\n");
}

TEST_CASE("TheFirstAlertOfTheDemo") {
  REQUIRE(
      facts_of(with_tables("INSERT INTO alerts SELECT card, sum(amount), window_end FROM "
                           "tumble(payments, at, INTERVAL '1 minute')"
                           " GROUP BY card, window_start, window_end HAVING sum(amount) > 5000")) ==
      "payments: reads file\n"
      "alerts.window(card): tumble(at, 60000000us) by (card) sum_amount=sum(amount)\n"
      "alerts.project: card, sum_amount AS total, window_end AS at where (sum_amount > "
      "'5000'::numeric(10,0))\n"
      "alerts: writes kafka\n"
      "payments -> alerts.window(card) by (card)\n"
      "alerts.window(card) -> alerts.project\n"
      "alerts.project -> alerts\n");
}

TEST_CASE("ColumnsOfAnInsertAreMatchedByNameAndFilledWithNull") {
  REQUIRE(facts_of(with_tables("INSERT INTO alerts (total, card) SELECT n, NULL FROM payments")) ==
          "payments: reads file\n"
          "alerts.project: NULL::text AS card, CAST(n AS numeric(38,2)) AS total, NULL::timestamp "
          "with time zone AS at\n"
          "alerts: writes kafka\n"
          "payments -> alerts.project\n"
          "alerts.project -> alerts\n");
}

TEST_CASE("AnInsertReachesTheTypesOfItsTable") {
  const auto into = [](const std::string& type, const std::string& value) {
    return with_tables("CREATE TABLE s (x " + type +
                       ") WITH (connector = 'print'); INSERT INTO s SELECT " + value +
                       " FROM payments");
  };
  REQUIRE(facts_of(into("int", "id")).find("CAST(id AS integer) AS x") != std::string::npos);
  REQUIRE(facts_of(into("timestamptz", "'2024-01-01 00:00:00Z'"))
              .find("::timestamp with time zone AS x") != std::string::npos);
  REQUIRE(facts_of(into("text", "n")).find("CAST(n AS text) AS x") != std::string::npos);
  REQUIRE(refusal(into("int", "card"))
              .ends_with("column \"x\" of table \"s\" has type integer, but the query gives text: "
                         "cast it, (...)::integer"));
  REQUIRE(refusal(into("int", "'abc'")).find("column \"x\" of table \"s\" has type integer, but") !=
          std::string::npos);
}

TEST_CASE("WrongInsertsAreRefused") {
  const auto says = [](const std::string& statement) { return refusal(with_tables(statement)); };
  REQUIRE(says("INSERT INTO alerts SELECT card, n FROM payments") ==
          "7:13: INSERT INTO alerts takes 3 columns, but the query has 2");
  REQUIRE(says("INSERT INTO alerts SELECT card, n, at, 1 FROM payments") ==
          "7:40: INSERT INTO alerts takes 3 columns, but the query has 4");
  REQUIRE(says("INSERT INTO alerts (crd) SELECT card FROM payments") ==
          "7:21: column \"crd\" of table \"alerts\" does not exist; did you mean \"card\"?");
  REQUIRE(says("INSERT INTO alerts (card, card) SELECT card, card FROM payments") ==
          "7:27: column \"card\" is there twice");
  REQUIRE(says("INSERT INTO alert SELECT 1 FROM payments") ==
          "7:13: table \"alert\" does not exist; did you mean \"alerts\"?");
  REQUIRE(says("CREATE VIEW v AS SELECT 1 AS x FROM payments; INSERT INTO v SELECT 1 FROM payments")
              .ends_with("\"v\" is a view; rows are inserted into a table"));
  REQUIRE(says("INSERT INTO alerts DEFAULT VALUES")
              .starts_with("7:1: DEFAULT VALUES is not available"));
  REQUIRE(says("INSERT INTO alerts (card) SELECT card FROM payments ON CONFLICT DO NOTHING")
              .find("ON CONFLICT") != std::string::npos);
  REQUIRE(says("INSERT INTO alerts (card) SELECT card FROM payments RETURNING card")
              .find("RETURNING") != std::string::npos);
  REQUIRE(says("INSERT INTO alerts OVERRIDING SYSTEM VALUE SELECT 1 FROM payments")
              .find("OVERRIDING") != std::string::npos);
}

TEST_CASE("ColumnsThatMustNotBeNullAreChecked") {
  const auto into = [](const std::string& value) {
    return with_tables(
        "CREATE TABLE s (x text NOT NULL, y int) WITH (connector = 'print'); INSERT INTO s (x) "
        "SELECT " +
        value + " FROM payments");
  };
  REQUIRE(refusal(into("card")).empty());
  REQUIRE(refusal(into("coalesce(note, '')")).empty());
  REQUIRE(refusal(into("note"))
              .find("column \"x\" of table \"s\" is NOT NULL, but this value can be NULL") !=
          std::string::npos);
  REQUIRE(refusal(with_tables("CREATE TABLE s (x text NOT NULL, y int) WITH (connector = 'print'); "
                              "INSERT INTO s (y) SELECT n FROM payments"))
              .find("column \"x\" of table \"s\" is NOT NULL") != std::string::npos);
}

TEST_CASE("SeveralSelectsAreNumbered") {
  const JobGraph graph = graph_of(with_tables("SELECT id FROM payments; SELECT n FROM payments"));
  REQUIRE(vertex_of(graph, "stdout").id == "stdout");
  REQUIRE(vertex_of(graph, "stdout_2.project").id == "stdout_2.project");
}

TEST_CASE("AScriptThatRunsNothingIsRefused") {
  REQUIRE(error_of("") ==
          "job.sql: nothing to run: the script has no INSERT INTO ... SELECT and no SELECT");
  REQUIRE(error_of(with_tables("-- nothing")) ==
          "job.sql: nothing to run: the script has no INSERT INTO ... SELECT and no SELECT");
}

TEST_CASE("VariablesReachEveryPartOfAScript") {
  const std::string script = with_tables(
      "INSERT INTO ${OUT:-alerts} (card) SELECT '${WHO}' FROM payments WHERE n > ${MIN}");
  const JobGraph graph = graph_of(script, {{"WHO", "it's me"}, {"MIN", "7"}});
  REQUIRE(facts(graph).find("'it''s me'::text AS card") != std::string::npos);
  REQUIRE(error_of(script, {{"WHO", "x"}, {"MIN", "secret7 ("}}) ==
          "job.sql:7:81: syntax error at end of input\n"
          "  ... ) SELECT '${WHO}' FROM payments WHERE n > ${MIN}\n" +
              std::string(54, ' ') + "^");
}

TEST_CASE("TheCallerLearnsThePlaceOfAnError") {
  SqlError place{.error = user_error(""), .line = 0, .column = 0};
  const Result<JobGraph> graph = sql_to_job_graph(
      {.text = "SELECT 1\nFROM nowhere", .file = "x.sql", .variables = nullptr}, &place);
  REQUIRE_FALSE(graph.ok());
  REQUIRE(place.line == 2);
  REQUIRE(place.column == 6);
  REQUIRE(place.error == graph.error());
}

TEST_CASE("WhatAConnectorRefusesStandsAtTheOptionOrTheColumn") {
  const auto refusal_with = [](TableFault fault) {
    const Result<JobGraph> graph = sql_to_job_graph(
        {.text = "CREATE TABLE t (a int,\n b int) WITH (connector = 'file', path = 'x');\n"
                 "SELECT a FROM t",
         .file = "x.sql",
         .variables = nullptr,
         .check_table = [fault](const VertexSpec& table) -> std::optional<TableFault> {
           if (!std::holds_alternative<SourceSpec>(table)) return std::nullopt;
           return fault;
         }});
    REQUIRE_FALSE(graph.ok());
    return graph.error().message.substr(0, graph.error().message.find('\n'));
  };
  REQUIRE(refusal_with({.message = "no", .option = "path", .column = ""}) == "x.sql:2:35: no");
  REQUIRE(refusal_with({.message = "no", .option = "format", .column = "b"}) == "x.sql:2:2: no");
  REQUIRE(refusal_with({.message = "no", .option = "", .column = ""}) == "x.sql:1:14: no");
}

TEST_CASE("TheSameScriptGivesTheSameGraph") {
  const std::string script =
      with_tables("SELECT card, sum(n) FROM tumble(payments, at, '1 s') GROUP BY card, window_end");
  REQUIRE(facts_of(script) == facts_of(script));
}

TEST_CASE("AnExpressionStandsAlone") {
  const Schema schema{.fields = {{.name = "amount", .type = TypeKind::kInt}}};
  REQUIRE(sql_expression("amount + 1", schema).ok());
  REQUIRE(sql_expression("amnt", schema).error().message ==
          "column \"amnt\" does not exist; did you mean \"amount\"?");
  for (const char* text : {"amount AS x", "amount FROM t", "1; SELECT 2", "1, 2", "*", "",
                           "1 UNION ALL SELECT 2", "1 LIMIT 1", "count(*)"}) {
    INFO(text);
    REQUIRE_FALSE(sql_expression(text, schema).ok());
  }
}

constexpr const char* kNexmark =
    "CREATE TYPE person AS (id bigint, name text, \"emailAddress\" text, \"creditCard\" text, city "
    "text, state text,"
    " \"dateTime\" timestamptz, extra text);"
    "CREATE TYPE auction AS (id bigint, \"itemName\" text, description text, \"initialBid\" "
    "bigint, reserve bigint,"
    " \"dateTime\" timestamptz, expires timestamptz, seller bigint, category bigint, extra text);"
    "CREATE TYPE bid AS (auction bigint, bidder bigint, price bigint, channel text, url text, "
    "\"dateTime\" timestamptz, extra text);"
    "CREATE TABLE events (event_type int, person person, auction auction, bid bid, at timestamptz)"
    " WITH (connector = 'generator', dataset = 'nexmark', event_time = 'at', watermark_delay = '4 "
    "seconds');"
    "CREATE VIEW bids AS SELECT (bid).*, at FROM events WHERE event_type = 2;";

TEST_CASE("TheStatelessQueriesOfNexmarkAreTaken") {
  for (const char* query :
       {"SELECT auction, bidder, price, \"dateTime\", extra FROM bids",
        "SELECT auction, bidder, 0.908 * price AS price, \"dateTime\", extra FROM bids",
        "SELECT auction, price FROM bids WHERE auction % 123 = 0",
        "SELECT auction, bidder, 0.908 * price AS price,"
        " CASE WHEN extract(hour FROM \"dateTime\") BETWEEN 8 AND 18 THEN 'dayTime'"
        " WHEN extract(hour FROM \"dateTime\") <= 6 OR extract(hour FROM \"dateTime\") >= 20 THEN "
        "'nightTime'"
        " ELSE 'otherTime' END AS bid_time, \"dateTime\", extra FROM bids"
        " WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000",
        "SELECT auction, bidder, price, channel, split_part(url, '/', 4) AS dir1, split_part(url, "
        "'/', 5) AS dir2,"
        " split_part(url, '/', 6) AS dir3 FROM bids"}) {
    INFO(query);
    REQUIRE(error_of(std::string(kNexmark) + query) == "");
  }
}

TEST_CASE("ATumblingCountOfNexmark") {
  REQUIRE(facts_of(std::string(kNexmark) + "SELECT auction, count(*) AS bids, window_start FROM "
                                           "tumble(bids, at, INTERVAL '10 seconds')"
                                           " GROUP BY auction, window_start, window_end") ==
          "events: reads generator\n"
          "stdout.window(auction).input: (bid).auction AS auction, at where (event_type = 2)\n"
          "stdout.window(auction): tumble(at, 10000000us) by (auction) count=count(*)\n"
          "stdout.project: auction, count AS bids, window_start\n"
          "stdout: writes print\n"
          "events -> stdout.window(auction).input\n"
          "stdout.window(auction).input -> stdout.window(auction) by (auction)\n"
          "stdout.window(auction) -> stdout.project\n"
          "stdout.project -> stdout\n");
}

}  // namespace
}  // namespace weir
