// Graphs as JSON: what is written is read back as the same graph, and it looks as a person would
// write it.
#include "engine/plan/graph_text.h"

#include "engine/sql/sql.h"
#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

void check_round_trip(const JobGraph& graph) {
  REQUIRE(refusal(graph).empty());
  const std::string text = to_json(graph);
  const Result<JobGraph> back = job_graph_from_json(text, sql_expression);
  INFO(text);
  INFO((back.ok() ? "" : back.error().message));
  REQUIRE(back.ok());
  CHECK(same_graph(graph, *back));
  CHECK(to_json(*back) == text);
}

JobGraph from_sql(std::string text) {
  const Result<JobGraph> graph = sql_to_job_graph({.text = std::move(text)});
  INFO((graph.ok() ? "" : graph.error().message));
  REQUIRE(graph.ok());
  return *graph;
}

constexpr const char* kTables = R"sql(
  CREATE TYPE bid AS (auction bigint, price bigint, "dateTime" timestamp);
  CREATE TABLE transactions (
    id text NOT NULL, card text NOT NULL, amount numeric(12,2) CHECK (amount > 0), b bid,
    at timestamptz NOT NULL,
    part int GENERATED ALWAYS AS (record_partition()) STORED,
    trace bytea GENERATED ALWAYS AS (record_header('trace')) STORED
  ) WITH (connector = 'kafka', brokers = 'localhost:9092', topic = 'transactions', format = 'json',
          event_time = 'at', watermark_delay = '5 seconds', on_error = 'dead_letter',
          dead_letters = 'trash', late = 'late');
  CREATE TABLE trash (raw bytea, source text, part text, pos bigint, stage text, reason text,
                      seen_at timestamptz) WITH (connector = 'print');
  CREATE TABLE late ("row" text, source text, part text, pos bigint, step text,
                     window_end timestamptz, behind interval) WITH (connector = 'print');
)sql";

}  // namespace

TEST_CASE("GraphsSurviveTheWayThroughJson") {
  check_round_trip(fraud_graph());
  JobGraph graph = fraud_graph();
  graph.options = {.job_name = "a \"quoted\" name\n",
                   .parallelism = 4,
                   .checkpoint_interval = 200'000,
                   .state_ttl = 86'400'000'000,
                   .result_mode = ResultMode::kFinal,
                   .memory = uint64_t{3} << 30,
                   .max_alignment = 5'000'000,
                   .restart_attempts = 0};
  graph.edges[0].distribution.kind = DistributionKind::kRebalance;
  graph.edges[3].distribution.kind = DistributionKind::kBroadcast;
  auto& source = spec_at<SourceSpec>(graph, kTransactions);
  source.max_future.reset();
  spec_at<SinkSpec>(graph, kOut).primary_key = {"card", "ends"};
  spec_at<SinkSpec>(graph, kOut).delivery = Delivery::kAtLeastOnce;
  spec_at<WindowAggregateSpec>(graph, kTotals).window.offset = 1'500'000;
  check_round_trip(graph);
}

TEST_CASE("GraphsOfSqlSurviveTheWayThroughJson") {
  const std::string tables = kTables;
  check_round_trip(from_sql(tables + "SELECT id, amount * 1.1 AS gross, (b).price, trace, part "
                                     "FROM transactions WHERE card LIKE '4%' AND amount > 100;"));
  check_round_trip(from_sql(
      tables +
      "SELECT card, window_start, sum(amount) AS total, count(*) FILTER (WHERE amount > 9) "
      "FROM tumble(transactions, at, INTERVAL '1 minute') "
      "GROUP BY card, window_start, window_end HAVING sum(amount) > 5000;"));
  check_round_trip(from_sql(tables + "SELECT card FROM transactions UNION ALL "
                                     "SELECT id FROM transactions;"));
}

TEST_CASE("NamesAndTextsStandWherePeopleReadThem") {
  const std::string text = to_json(fraud_graph());
  CHECK_THAT(text, Contains(R"("keys": ["card"])"));
  CHECK_THAT(text, Contains(R"("window": {"kind": "tumble", "time": "at", "size": "1 minute"})"));
  CHECK_THAT(text, Contains(R"({"name": "total", "function": "sum", "argument": "amount"})"));
  CHECK_THAT(text,
             Contains(R"j({"name": "home", "function": "count(*)", "filter": "from_home"})j"));
  CHECK_THAT(text, Contains(R"({"from": "transactions", "to": "big"})"));
  CHECK_THAT(text, Contains(R"({"from": "big", "to": "totals", "hash": ["card"]})"));
  CHECK_THAT(text, Contains(R"({"from": "totals", "to": "late", "port": "late"})"));
  CHECK_THAT(text, Contains(R"("watermark_delay": "5 seconds")"));
  CHECK_THAT(text, Contains(R"("options": {"job_name": "fraud"})"));
  CHECK_THAT(text, Contains(R"j({"name": "amount", "type": "numeric(12,2)"})j"));
}

TEST_CASE("WhatGoesWithoutSayingIsLeftOut") {
  JobGraph graph = fraud_graph();
  graph.options = {};
  auto& source = spec_at<SourceSpec>(graph, kTransactions);
  source.columns.pop_back();
  source.metadata.clear();
  auto& big = spec_at<ProjectSpec>(graph, kBig);
  big.columns[3].expr = expr_of("amount > 0", *output_schema(source, kRowsPort, nullptr));
  check_round_trip(graph);
  const std::string text = to_json(graph);
  const std::string first_step = text.substr(0, text.find("\"id\": \"big\""));
  CHECK_THAT(first_step, !Contains("\"columns\""));
  CHECK_THAT(text,
             !Contains("\"phase\"") && !Contains("\"delivery\"") && !Contains("\"distinct\""));
  CHECK(text.find("\"options\"") > text.find("\"vertices\""));
}

}  // namespace weir
