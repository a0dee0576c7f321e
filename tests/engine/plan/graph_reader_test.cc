// Graph files as people write them: short forms, and errors that point at the path.
#include "engine/plan/graph_text.h"
#include "engine/sql/sql.h"
#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

constexpr std::string_view kFile = R"json({
  "options": {"parallelism": 2, "checkpoint_interval": "200 milliseconds"},
  "vertices": [
    {"id": "in", "kind": "source", "table": "in", "connector": "generator",
     "payload": [{"name": "card", "type": "text"}, {"name": "amount", "type": "numeric(12,2)"},
                 {"name": "at", "type": "timestamptz"}],
     "event_time": "at", "options": {"dataset": "card_transactions", "splits": 2}},
    {"id": "sums", "kind": "window_aggregate",
     "window": {"kind": "tumble", "time": "at", "size": "1 minute"}, "keys": ["card"],
     "aggregates": [{"name": "total", "function": "sum", "argument": "amount"}]},
    {"id": "big", "kind": "project", "filter": "total > 5000",
     "columns": [{"name": "card", "expr": "card"}, {"name": "total", "expr": "total"}]},
    {"id": "out", "kind": "sink", "table": "out", "connector": "print",
     "columns": [{"name": "card", "type": "text"}, {"name": "total", "type": "numeric(38,2)"}]}
  ],
  "edges": [
    {"from": "in", "to": "sums", "hash": ["card"]},
    {"from": "sums", "to": "big"},
    {"from": "big", "to": "out"}
  ]
})json";

Result<JobGraph> read(std::string_view text) { return job_graph_from_json(text, sql_expression); }

// What is said about the file with one text of it replaced.
std::string after(std::string_view what, std::string_view by) {
  std::string text(kFile);
  const size_t place = text.find(what);
  CHECK(place != std::string::npos);
  text.replace(place, what.size(), by);
  const Result<JobGraph> graph = read(text);
  return graph.ok() ? "accepted" : graph.error().message;
}

}  // namespace

TEST_CASE("ReadsAFileWrittenByHand") {
  const Result<JobGraph> graph = read(kFile);
  INFO((graph.ok() ? "" : graph.error().message));
  REQUIRE(graph.ok());
  CHECK(graph->options.parallelism == 2);
  CHECK(graph->options.checkpoint_interval == 200'000);
  const auto& source = std::get<SourceSpec>(graph->vertices[0].spec);
  CHECK(source.columns.size() == 3);
  CHECK(source.options.at("splits") == "2");
  const auto& window = std::get<WindowAggregateSpec>(graph->vertices[1].spec);
  CHECK(window.aggregates[0].type == Type::numeric(38, 2));
  CHECK(graph->edges[0].distribution == Distribution{DistributionKind::kHash, {0}});
}

TEST_CASE("OrderOfStepsDoesNotMatter") {
  std::string text(kFile);
  const size_t begin = text.find("{\"id\": \"out\"");
  const size_t end = text.find("\n  ],\n  \"edges\"");
  const std::string sink = text.substr(begin, end - begin);
  text.erase(begin, end - begin);
  text.erase(text.rfind(',', begin), 1);
  text.insert(text.find("{\"id\": \"in\""), sink + ",\n    ");
  const Result<JobGraph> graph = read(text);
  REQUIRE(graph.ok());
  CHECK(graph->vertices[0].id == "out");
}

TEST_CASE("SyntaxErrorsSayLineAndColumn") {
  CHECK_THAT(read("{\n  \"vertices\": [,]\n}").error().message,
             Contains("not JSON") && Contains("line 2, column 16"));
  CHECK_THAT(read("").error().message, Contains("not JSON"));
  CHECK_THAT(read("{} x").error().message, Contains("line 1, column 4"));
  CHECK_THAT(read("[1]").error().message, Contains("an object with \"vertices\""));
  CHECK_THAT(read(std::string(100'000, '[')).error().message, Contains("not JSON"));
}

TEST_CASE("ErrorsPointAtTheirPath") {
  CHECK(after("\"expr\": \"total\"", "\"expr\": \"totl\"")
            .starts_with("vertices[2].columns[1].expr: "));
  CHECK_THAT(after("\"expr\": \"total\"", "\"expr\": \"totl\""),
             Contains("did you mean \"total\"?"));
  CHECK(after("\"argument\": \"amount\"", "\"argument\": \"amuont\"") ==
        "vertices[1].aggregates[0].argument: column \"amuont\" does not exist; did you mean "
        "\"amount\"?");
  CHECK(after("\"function\": \"sum\"", "\"function\": \"total\"") ==
        "vertices[1].aggregates[0].function: \"total\" is not one of \"count(*)\", \"count\", "
        "\"sum\", \"avg\", \"min\", \"max\", \"bool_and\", \"bool_or\", \"stddev_samp\", "
        "\"stddev_pop\", \"var_samp\", \"var_pop\", \"string_agg\", "
        "\"approx_count_distinct\", \"approx_percentile\", \"array_agg\", "
        "\"first_value\", \"last_value\"");
  CHECK(after("\"size\": \"1 minute\"", "\"size\": \"1 minuet\"") ==
        "vertices[1].window.size: '1 minuet' is not an interval; write an interval such as \"10 "
        "seconds\"");
  CHECK_THAT(after("\"type\": \"text\"", "\"type\": \"txt\""),
             Contains("vertices[0].payload[0].type: type \"txt\" does not exist"));
  CHECK_THAT(after("[\"card\"],\n     \"agg", "\"card\",\n     \"agg"),
             Contains("vertices[1].keys: a list is expected here"));
  CHECK_THAT(after("\"hash\": [\"card\"]", "\"hash\": [\"crad\"]"),
             Contains("edges[0].hash[0]: column \"crad\" does not exist; did you mean \"card\"?"));
  CHECK_THAT(after("\"table\": \"in\"", "\"table\": 4"),
             Contains("vertices[0].table: a text is expected here, not 4"));
}

TEST_CASE("UnknownKeysAreRefusedWithTheNearest") {
  CHECK(after("\"filter\"", "\"fitler\"") ==
        "vertices[2]: unknown key \"fitler\"; did you mean \"filter\"?");
  CHECK(after("\"options\": {\"par", "\"opts\": {\"par") ==
        "unknown key \"opts\"; known are options, vertices, edges, plan");
  CHECK_THAT(after("\"parallelism\"", "\"paralelism\""),
             Contains("options.paralelism: ") && Contains("did you mean \"parallelism\"?"));
  CHECK_THAT(after("\"hash\"", "\"hsah\""), Contains("edges[0]: unknown key \"hsah\"; did you"));
  CHECK_THAT(after("\"kind\": \"sink\"", "\"kind\": \"snk\""),
             Contains("vertices[3].kind: ") && Contains("did you mean \"sink\"?"));
}

TEST_CASE("MissingKeysAreNamed") {
  CHECK(after("\"connector\": \"print\",", "") ==
        "vertices[3]: \"connector\" is missing: the system it stands for");
  CHECK_THAT(after("\"id\": \"big\",", ""), Contains("vertices[2]: \"id\" is missing"));
  CHECK_THAT(after("\"from\": \"sums\", ", ""), Contains("edges[1]: \"from\" is missing"));
}

TEST_CASE("EdgesNameStepsAndPorts") {
  CHECK(after("\"from\": \"sums\"", "\"from\": \"sum\"") ==
        "edges[1].from: step \"sum\" does not exist; did you mean \"sums\"?");
  CHECK_THAT(after("\"to\": \"big\"", "\"to\": \"big\", \"port\": \"latte\""),
             Contains("edges[1].port: \"latte\" is not a port"));
  CHECK_THAT(after("\"to\": \"out\"", "\"to\": \"out\", \"port\": \"late\""),
             Contains("edges[2]: step \"big\" is a project, which has no port \"late\""));
  CHECK_THAT(after("\"to\": \"out\"", "\"to\": \"out\", \"distribution\": \"random\""),
             Contains("edges[2].distribution: "));
  CHECK_THAT(after("\"hash\"", "\"distribution\": \"forward\", \"hash\""), Contains("not both"));
  CHECK_THAT(after("\"id\": \"big\"", "\"id\": \"sums\""),
             Contains("vertices[2].id: vertices[1] has the id \"sums\" already"));
}

TEST_CASE("OptionsOfTablesAreChecked") {
  CHECK_THAT(after("\"generator\"", "\"genrator\""),
             Contains("vertices[0].connector: ") && Contains("did you mean \"generator\"?"));
  CHECK_THAT(after("\"splits\": 2", "\"splits\": 0"),
             Contains("vertices[0].options.splits: ") && Contains("not between 1 and 4096"));
  CHECK_THAT(after("\"splits\"", "\"split\""),
             Contains("vertices[0].options.split: ") && Contains("is for tables of connector"));
  CHECK_THAT(after("\"table\": \"out\"", "\"table\": \"out\", \"options\": {\"topic\": \"x\"}"),
             Contains("vertices[3].options.topic: "));
}

TEST_CASE("WhatIsReadIsValidated") {
  CHECK_THAT(after(", \"hash\": [\"card\"]", ""), Contains("rows of one group must meet"));
  CHECK_THAT(after("\"event_time\": \"at\",", ""),
             Contains("vertices[1]: step \"sums\": a window over \"at\" needs an event-time"));
  CHECK_THAT(after("\"keys\": [\"card\"]", "\"keys\": [\"card\"], \"phase\": \"partial\""),
             Contains("phase must be \"whole\""));
  CHECK_THAT(after("\"filter\": \"total > 5000\"", "\"filter\": \"total + 1\""),
             Contains("vertices[2]: step \"big\": the filter is of type numeric"));
  CHECK_THAT(after("\"argument\": \"amount\"", "\"argument\": \"card\""),
             Contains("function sum(text) does not exist"));
}

}  // namespace weir
