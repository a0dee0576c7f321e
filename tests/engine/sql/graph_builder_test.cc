#include "engine/sql/graph_builder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

SourceSpec source(const std::string& table) {
  SourceSpec spec;
  spec.table = table;
  spec.payload = {{.name = "a", .type = TypeKind::kInt}};
  spec.columns = {{.name = "a", .expr = nullptr}};
  auto column = std::make_shared<Expr>();
  column->kind = ExprKind::kColumn;
  column->type = TypeKind::kInt;
  spec.columns[0].expr = column;
  return spec;
}

SinkSpec sink(const std::string& table) {
  SinkSpec spec;
  spec.table = table;
  spec.columns = {{.name = "a", .type = TypeKind::kInt}};
  return spec;
}

TEST_CASE("IdsAreMadeUnique") {
  GraphBuilder graph;
  REQUIRE(graph.vertex(graph.add_vertex("a", source("a"), nullptr)).id == "a");
  REQUIRE(graph.vertex(graph.add_vertex("a", source("a"), nullptr)).id == "a#2");
  REQUIRE(graph.vertex(graph.add_vertex("a", source("a"), nullptr)).id == "a#3");
}

TEST_CASE("KnowsWhatAVertexPutsOut") {
  GraphBuilder graph;
  const VertexIndex vertex = graph.add_vertex("a", source("a"), nullptr);
  REQUIRE(graph.schema(vertex)->fields[0].name == "a");
}

TEST_CASE("DropsWhatReachesNoSink") {
  GraphBuilder graph;
  const VertexIndex unused = graph.add_vertex("unused", source("unused"), nullptr);
  const VertexIndex used = graph.add_vertex("used", source("used"), nullptr);
  const VertexIndex out = graph.add_vertex("out", sink("out"), graph.schema(used));
  graph.add_forward(used, out);
  graph.add_side_output({.from = unused, .port = kBadPort, .table = "bad"});
  graph.add_side_output({.from = used, .port = kBadPort, .table = "bad"});
  graph.drop_unused();
  REQUIRE(graph.side_outputs().size() == 1);
  REQUIRE(graph.vertex(graph.side_outputs()[0].from).id == "used");
  const JobGraph result = std::move(graph).finish({});
  REQUIRE(result.vertices.size() == 2);
  REQUIRE(result.edges.size() == 1);
  REQUIRE(result.vertex(result.edges[0].from).id == "used");
  REQUIRE(result.vertex(result.edges[0].to).id == "out");
}

}  // namespace
}  // namespace weir
