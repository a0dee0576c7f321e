#include "engine/plan/job_graph.h"

#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// "card text", "at timestamp with time zone not null event time"
std::vector<std::string> columns(const SchemaPtr& schema) {
  std::vector<std::string> texts;
  for (const Field& each : schema->fields) {
    texts.push_back(each.name + " " + to_text(each.type) + (each.nullable ? "" : " not null") +
                    (each.event_time ? " event time" : ""));
  }
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("SourceGivesTheColumnsOfItsTable") {
  CHECK(columns(output_schema(transactions_source(), kRowsPort, nullptr)) ==
        Texts{"id text", "card text not null", "amount numeric(12,2)",
              "at timestamp with time zone not null event time", "note text", "part integer"});
  CHECK(output_schema(transactions_source(), kBadPort, nullptr) == dead_letter_schema());
}

TEST_CASE("ProjectKeepsEventTimeOnlyByRenaming") {
  const SchemaPtr table = output_schema(transactions_source(), kRowsPort, nullptr);
  ProjectSpec spec;
  spec.columns = {{"t", expr_of("at", *table)},
                  {"later", expr_of("at + interval '1 second'", *table)},
                  {"c", expr_of("card", *table)},
                  {"n", expr_of("note", *table)}};
  const SchemaPtr schema = output_schema(spec, kRowsPort, table);
  CHECK(schema->fields[0].event_time);
  CHECK_FALSE(schema->fields[0].nullable);
  CHECK_FALSE(schema->fields[1].event_time);
  CHECK_FALSE(schema->fields[2].nullable);
  CHECK(schema->fields[3].nullable);
}

TEST_CASE("WindowGivesKeysThenWindowThenAggregates") {
  const JobGraph graph = fraud_graph();
  const SchemaPtr input = input_schemas(graph)[kTotals.value()];
  auto spec = std::get<WindowAggregateSpec>(graph.vertex(kTotals).spec);
  CHECK(columns(output_schema(spec, kRowsPort, input)) ==
        Texts{"card text not null", "window_start timestamp with time zone not null",
              "window_end timestamp with time zone not null event time",
              "window_time timestamp with time zone not null event time", "total numeric(38,2)",
              "mean numeric(38,6)", "home bigint not null"});
  spec.phase = AggregatePhase::kPartial;
  CHECK(columns(output_schema(spec, kRowsPort, input)) ==
        Texts{"card text not null", "window_end timestamp with time zone not null event time",
              "total/sum numeric(38,2)", "total/count bigint not null",
              "total/carry bigint not null", "mean/sum numeric(38,2)", "mean/count bigint not null",
              "mean/carry bigint not null", "home bigint not null"});
  CHECK(output_schema(spec, kLatePort, input) == late_schema());
}

TEST_CASE("InputsAreWhatTheStepBeforeGives") {
  const std::vector<SchemaPtr> inputs = input_schemas(fraud_graph());
  CHECK(inputs[kTransactions.value()] == nullptr);
  CHECK(inputs[kBig.value()]->fields.size() == 6);
  CHECK(inputs[kTrash.value()]->fields.size() == 7);
}

TEST_CASE("OrderGoesForwardWhateverTheIndices") {
  JobGraph graph = fraud_graph();
  std::reverse(graph.vertices.begin(), graph.vertices.end());
  const auto mirrored = [](VertexIndex index) { return VertexIndex(6 - index.value()); };
  for (Edge& edge : graph.edges) {
    edge.from = mirrored(edge.from);
    edge.to = mirrored(edge.to);
  }
  const std::vector<VertexIndex> order = topological_order(graph).value();
  REQUIRE(order.size() == 7);
  for (const Edge& edge : graph.edges) {
    const auto from = std::find(order.begin(), order.end(), edge.from);
    CHECK(from < std::find(order.begin(), order.end(), edge.to));
  }
}

TEST_CASE("CyclesAreNamed") {
  JobGraph graph = fraud_graph();
  add_edge(graph, kAlerts, kBig);
  CHECK(topological_order(graph).error().message ==
        "steps feed themselves: \"big\" -> \"totals\" -> \"alerts\" -> \"big\": take out one of "
        "these edges");
  graph = fraud_graph();
  add_edge(graph, kBig, kBig);
  CHECK_THAT(topological_order(graph).error().message, Catch::Contains("\"big\" -> \"big\""));
}

}  // namespace weir
