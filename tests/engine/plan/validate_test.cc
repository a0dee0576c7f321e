// Each refusal of validate(), by a graph that is right but for one thing. Messages name the step.
#include "engine/plan/job_graph.h"
#include "tests/engine/plan/fraud_graph.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Contains;

// What is said about the fraud graph after a change.
template <typename Change>
std::string after(Change change) {
  JobGraph graph = fraud_graph();
  change(graph);
  return refusal(graph);
}

template <typename Change>
std::string after_source(Change change) {
  return after([&](JobGraph& graph) { change(spec_at<SourceSpec>(graph, kTransactions)); });
}
template <typename Change>
std::string after_project(Change change) {
  return after([&](JobGraph& graph) { change(spec_at<ProjectSpec>(graph, kBig)); });
}
template <typename Change>
std::string after_window(Change change) {
  return after([&](JobGraph& graph) { change(spec_at<WindowAggregateSpec>(graph, kTotals)); });
}

ExprPtr column(size_t index, const Type& type) {
  Expr expr;
  expr.kind = ExprKind::kColumn;
  expr.type = type;
  expr.index = index;
  return std::make_shared<const Expr>(std::move(expr));
}

}  // namespace

TEST_CASE("AcceptsTheFraudGraph") { CHECK(refusal(fraud_graph()).empty()); }

TEST_CASE("RefusesBadIds") {
  CHECK(refusal(JobGraph()) == "the job has no steps: add a source and a sink");
  CHECK_THAT(after([](JobGraph& g) { g.vertices[1].id = "alerts"; }),
             Contains("two steps have the id \"alerts\""));
  CHECK_THAT(after([](JobGraph& g) { g.vertices[1].id = ""; }), Contains("a step has no id"));
  JobGraph graph;
  graph.vertices = {{"in", transactions_source()}};
  CHECK(refusal(graph) == "the job writes nothing: add a sink");
}

TEST_CASE("RefusesEdgesThatDoNotFit") {
  CHECK_THAT(after([](JobGraph& g) { g.edges[0].to = VertexIndex(9); }), Contains("only 7"));
  CHECK(after([](JobGraph& g) { add_edge(g, kOut, kLate); }) ==
        "step \"out\": a sink is the end: take out the edge that leaves it");
  CHECK_THAT(after([](JobGraph& g) { add_edge(g, kBig, kLate, kLatePort); }),
             Contains("step \"big\": a project has no such port as late"));
  CHECK_THAT(after([](JobGraph& g) { add_edge(g, kTotals, kTrash, kBadPort); }),
             Contains("step \"totals\": a window_aggregate has no such port as bad"));
  CHECK_THAT(after([](JobGraph& g) { g.edges[0].to_port = kBadPort; }),
             Contains("step \"big\": rows cannot enter a project by port 1"));
  CHECK_THAT(after([](JobGraph& g) { add_edge(g, kBig, kTransactions); }),
             Contains("steps feed themselves"));
}

TEST_CASE("RefusesStepsWithWrongInputs") {
  CHECK(after([](JobGraph& g) { g.edges.erase(g.edges.begin()); }) ==
        "step \"big\": nothing leads to it: add an edge, or take it out");
  CHECK_THAT(after([](JobGraph& g) { add_edge(g, kTransactions, kAlerts); }),
             Contains("step \"alerts\": 2 edges lead to it, but a project takes one"));
  CHECK(after([](JobGraph& g) {
          g.vertices.push_back({"second", transactions_source()});
          add_edge(g, kTransactions, VertexIndex(7));
        }) == "step \"second\": a source takes no input: take out the edge that leads to it");
}

TEST_CASE("RefusesSchemasThatDoNotMeet") {
  CHECK(after([](JobGraph& g) { spec_at<SinkSpec>(g, kOut).columns.pop_back(); }) ==
        "step \"out\": it has 2 columns, but \"alerts\" gives 3: project them first");
  CHECK(after([](JobGraph& g) { spec_at<SinkSpec>(g, kOut).columns[2].name = "sum"; }) ==
        "step \"out\": column 3 is \"sum\" numeric(38,2), but \"alerts\" gives \"total\" "
        "numeric(38,2): project it first");
  CHECK_THAT(after([](JobGraph& g) { spec_at<SinkSpec>(g, kOut).columns[0].type = {}; }),
             Contains("column 1 is \"card\" bigint, but \"alerts\" gives \"card\" text"));
}

TEST_CASE("UnionPromisesNoMoreThanItsInputs") {
  const SchemaPtr table = output_schema(transactions_source(), kRowsPort, nullptr);
  CHECK(refusal(graph_around(UnionSpec{table->fields})).empty());
  UnionSpec spec{table->fields};
  spec.columns[0].nullable = false;
  CHECK(refusal(graph_around(spec)) ==
        "step \"step\": column \"id\" is never NULL, but may be in what \"in\" gives");
  JobGraph graph = graph_around(UnionSpec{table->fields});
  spec_at<SourceSpec>(graph, VertexIndex(0)).event_time = "";
  CHECK_THAT(refusal(graph), Contains("column \"at\" is event time, but not in what \"in\" gives"));
}

TEST_CASE("RefusesRowsOfOneGroupInManyPlaces") {
  CHECK(after([](JobGraph& g) { g.edges[1].distribution = {}; }) ==
        "step \"totals\": rows of one group must meet: distribute the edge that leads to it by "
        "hash of its keys, \"hash\": [\"card\"]");
  CHECK_THAT(after([](JobGraph& g) { g.edges[1].distribution.columns = {2}; }),
             Contains("rows of one group must meet"));
  CHECK_THAT(after([](JobGraph& g) { g.edges[1].distribution.columns = {}; }),
             Contains("rows of one group must meet"));
  CHECK_THAT(after([](JobGraph& g) { g.edges[1].distribution.columns = {7}; }),
             Contains("is column 7, but its input has 4 columns"));
  CHECK(after([](JobGraph& g) {
          spec_at<WindowAggregateSpec>(g, kTotals).keys = {};
          g.edges[1].distribution.columns = {};
          g.vertices[4].spec = sink_of("out", *late_schema());
          g.edges = {g.edges[0], g.edges[1], g.edges[4], g.edges[5], g.edges[6]};
          g.edges.push_back({.from = kTotals, .from_port = kLatePort, .to = kOut});
          g.vertices[3] = {"alerts", sink_of("alerts", *dead_letter_schema())};
          add_edge(g, kBig, kAlerts, kBadPort);
        }).empty());
}

TEST_CASE("RefusesBadSources") {
  CHECK_THAT(after_source([](SourceSpec& s) { s.table = ""; }), Contains("the table has no name"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.connector = ""; }), Contains("no connector"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.event_time = "att"; }),
             Contains("event-time column \"att\" does not exist"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.event_time = "card"; }),
             Contains("is of type text: it must be timestamp or timestamptz"));
  CHECK(
      after_source([](SourceSpec& s) { s.not_null = {"crad"}; }) ==
      "step \"transactions\": column \"crad\" of not_null does not exist; did you mean \"card\"?");
  CHECK_THAT(after_source([](SourceSpec& s) { s.columns[0].name = "card"; }),
             Contains("two columns are called \"card\""));
  CHECK_THAT(after_source([](SourceSpec& s) { s.columns.clear(); }), Contains("has no columns"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.columns[5].expr = column(6, TypeKind::kInt); }),
             Contains("part is column 6, but its input has 6 columns"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.metadata[0].function = "record_ofset"; }),
             Contains("did you mean \"record_offset\"?"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.metadata[0].header = "x"; }),
             Contains("belongs to nothing else"));
  CHECK_THAT(
      after_source([](SourceSpec& s) { s.constraints[0].condition = column(0, TypeKind::kText); }),
      Contains("constraint positive is of type text, not boolean"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.watermark_delay = -1; }),
             Contains("watermark_delay is negative"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.idle_timeout = 0; }),
             Contains("idle_timeout must be above 0"));
  CHECK_THAT(after_source([](SourceSpec& s) { s.when_quiet = WhenQuiet::kAdvance; }),
             Contains("needs an idle_timeout"));
}

TEST_CASE("RefusesBadProjects") {
  CHECK_THAT(after_project([](ProjectSpec& p) { p.columns.clear(); }),
             Contains("step \"big\": no"));
  CHECK_THAT(after_project([](ProjectSpec& p) { p.columns[1].name = "card"; }),
             Contains("two columns are called \"card\""));
  CHECK_THAT(after_project([](ProjectSpec& p) { p.filter = column(0, TypeKind::kText); }),
             Contains("the filter is of type text, not boolean"));
  CHECK_THAT(after_project([](ProjectSpec& p) { p.columns[0].expr = nullptr; }),
             Contains("column \"card\" has no expression"));
  CHECK_THAT(after_project([](ProjectSpec& p) { p.columns[0].expr = column(0, TypeKind::kInt); }),
             Contains("takes column \"id\" for integer, but it is text"));
}

TEST_CASE("RefusesBadWindows") {
  CHECK(after_window([](WindowAggregateSpec& w) { w.window.time_column = 2; }) ==
        "step \"totals\": a window over \"amount\" needs an event-time column: set event_time at "
        "the source and hand the column on as it is");
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.window.size = 0; }),
             Contains("the size of the window"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.window.offset = w.window.size; }),
             Contains("the offset of the window"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.window.kind = WindowKind::kHop; }),
             Contains("the slide of the window must be longer than nothing"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.window.kind = WindowKind::kGiven; }),
             Contains("needs \"start\""));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.phase = AggregatePhase::kFinal; }),
             Contains("phase must be \"whole\""));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.keys = {9}; }),
             Contains("a key is column 9, but its input has 4 columns"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.aggregates[0].name = "window_end"; }),
             Contains("two columns are called \"window_end\""));
}

TEST_CASE("RefusesBadAggregates") {
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.aggregates[0].argument = 0; }),
             Contains("\"total\": function sum(text) does not exist"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.aggregates[0].argument.reset(); }),
             Contains("sum needs an argument"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.aggregates[0].argument = 4; }),
             Contains("the argument of \"total\" is column 4"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.aggregates[0].type = {}; }),
             Contains("\"total\" is of type numeric(38,2), not bigint"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.aggregates[2].filter = 0; }),
             Contains("the filter of \"home\" is column \"card\" of type text"));
  CHECK_THAT(after_window([](WindowAggregateSpec& w) { w.aggregates[2].distinct = true; }),
             Contains("\"home\" counts rows"));
}

TEST_CASE("RefusesBadSinks") {
  CHECK_THAT(after([](JobGraph& g) { spec_at<SinkSpec>(g, kOut).primary_key = {"crad"}; }),
             Contains("of the primary key does not exist; did you mean \"card\"?"));
  CHECK_THAT(after([](JobGraph& g) { spec_at<SinkSpec>(g, kOut).connector = ""; }),
             Contains("step \"out\": no connector"));
}

TEST_CASE("RefusesDeadLettersThatNobodyTakes") {
  CHECK_THAT(after([](JobGraph& g) { g.edges.erase(g.edges.begin() + 5); }),
             Contains("step \"big\": on_error is dead_letter, but nothing takes its bad rows"));
}

TEST_CASE("RefusesOptionsOutOfRange") {
  CHECK_THAT(after([](JobGraph& g) { g.options.parallelism = 0; }), Contains("at least 1"));
  CHECK_THAT(after([](JobGraph& g) { g.options.parallelism = 5000; }), Contains("1024"));
  CHECK_THAT(after([](JobGraph& g) { g.options.checkpoint_interval = 0; }),
             Contains("checkpoint_interval"));
}

}  // namespace weir
