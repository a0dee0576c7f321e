// Where time is that of the clock, and where rows have an arrival watermark, over small graphs;
// what validate() makes of it.
#include "engine/plan/row_time.h"

#include "engine/expr/build.h"
#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

// The fraud graph whose rows are stamped by the clock before they are added up.
JobGraph stamped_graph() {
  JobGraph graph = fraud_graph();
  const VertexIndex stamp(static_cast<uint32_t>(graph.vertices.size()));
  graph.vertices.push_back({"stamp", ProcessingTimeSpec{.column = "stamp"}});
  for (Edge& edge : graph.edges) {
    if (edge.to == kTotals) edge.from = stamp;
  }
  add_edge(graph, kBig, stamp);
  const std::vector<SchemaPtr> inputs = input_schemas(graph);
  spec_at<WindowAggregateSpec>(graph, kTotals).window.time_column =
      *output_schema(graph.vertex(stamp).spec, kRowsPort, inputs[stamp.value()])->find("stamp");
  return graph;
}

ProjectSpec watermarks() { return {.filter = nullptr, .columns = {{"a", make_watermark()}}}; }

// A union of two copies of the transactions, the second one by way of `between`.
JobGraph united(VertexSpec between) {
  JobGraph graph;
  SourceSpec source = transactions_source();
  source.on_error = OnError::kSkip;
  const SchemaPtr table = output_schema(source, kRowsPort, nullptr);
  UnionSpec all;
  all.columns = output_schema(between, kRowsPort, table)->fields;
  graph.vertices = {{"one", source},
                    {"two", source},
                    {"between", std::move(between)},
                    {"all", all},
                    {"out", sink_of("out", Schema{all.columns})}};
  add_edge(graph, VertexIndex(1), VertexIndex(2));
  add_edge(graph, VertexIndex(0), VertexIndex(3));
  add_edge(graph, VertexIndex(2), VertexIndex(3));
  add_edge(graph, VertexIndex(3), VertexIndex(4));
  return graph;
}

TEST_CASE("BehindAStampTimeIsThatOfTheClock") {
  const JobGraph graph = stamped_graph();
  CHECK_FALSE(is_processing_time(graph, kTransactions));
  CHECK_FALSE(is_processing_time(graph, kBig));
  CHECK(is_processing_time(graph, VertexIndex(7)));
  CHECK(is_processing_time(graph, kTotals));
  CHECK(is_processing_time(graph, kOut));
  CHECK_FALSE(is_processing_time(fraud_graph(), kOut));
  CHECK(refusal(graph).empty());
}

TEST_CASE("TheTimesOfEventsAndOfTheClockAreToldApart") {
  const JobGraph graph = stamped_graph();
  CHECK(mixes_times(graph, {kBig, kTotals}));
  CHECK_FALSE(mixes_times(graph, {kBig, kTransactions}));
  CHECK_FALSE(mixes_times(graph, {kTotals, kAlerts}));
  CHECK_FALSE(mixes_times(graph, {}));
}

TEST_CASE("BehindAStampOnlyTheStampIsEventTime") {
  const SchemaPtr table = output_schema(transactions_source(), kRowsPort, nullptr);
  const SchemaPtr stamped = output_schema(ProcessingTimeSpec{.column = "stamp"}, kRowsPort, table);
  for (const Field& each : stamped->fields) CHECK(each.event_time == (each.name == "stamp"));
  CHECK(refusal(graph_around(ProcessingTimeSpec{.column = "card"})) ==
        "step \"step\": two columns are called \"card\": give one of them another name");
}

TEST_CASE("RowsHaveTheirWatermarkUntilTheyAreGrouped") {
  JobGraph graph = fraud_graph();
  CHECK(has_watermark(graph, kTransactions));
  CHECK(has_watermark(graph, kBig));
  CHECK_FALSE(has_watermark(graph, kTotals));
  CHECK_FALSE(has_watermark(graph, kAlerts));
  CHECK_FALSE(has_watermark(stamped_graph(), VertexIndex(7)));
  spec_at<SourceSpec>(graph, kTransactions).event_time = "";
  CHECK_FALSE(has_watermark(graph, kBig));
}

TEST_CASE("TheWatermarkIsAskedWhereItIs") {
  CHECK(refusal(graph_around(watermarks())).empty());
  JobGraph graph = fraud_graph();
  spec_at<ProjectSpec>(graph, kAlerts).filter = *make_is_null(make_watermark(), false);
  CHECK_THAT(refusal(graph), Contains("step \"alerts\": current_watermark() needs rows"));
  SourceSpec source = transactions_source();
  source.columns.back().expr = make_watermark();
  graph = fraud_graph();
  graph.vertices[0].spec = source;
  CHECK_THAT(refusal(graph), Contains("which only a projection can"));
}

TEST_CASE("AUnionOfBothTimesIsRefusedWhereItHandsTimeOn") {
  ProjectSpec same{.filter = nullptr, .columns = {}};
  const SchemaPtr table = output_schema(transactions_source(), kRowsPort, nullptr);
  for (size_t i = 0; i < table->fields.size(); ++i) {
    same.columns.push_back({table->fields[i].name, make_column(i, table->fields[i].type)});
  }
  JobGraph graph = united(same);
  CHECK(refusal(graph).empty());
  CHECK(has_watermark(graph, VertexIndex(3)));
  // The stamp between, and its column in the place of the event time.
  for (NamedExpr& column : same.columns) {
    if (column.name == "at")
      column.expr = make_column(table->fields.size(), TypeKind::kTimestamptz);
  }
  graph.vertices[2].spec = same;
  graph.vertices.push_back({"stamp", ProcessingTimeSpec{.column = "stamp"}});
  graph.edges[0].to = VertexIndex(5);
  add_edge(graph, VertexIndex(5), VertexIndex(2));
  CHECK_THAT(refusal(graph), Contains("step \"all\": some of its inputs are timed by"));
}

}  // namespace
}  // namespace weir
