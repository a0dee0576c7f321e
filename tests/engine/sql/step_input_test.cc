#include "engine/sql/step_input.h"

#include "engine/expr/build.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// A vertex with the columns a and window_end, and a relation that calls them x and y.
struct Rows {
  Rows() {
    SourceSpec source;
    for (const char* name : {"a", "window_end"}) {
      source.columns.push_back({.name = name, .expr = make_column(0, TypeKind::kInt)});
    }
    vertex = graph.add_vertex("t", source, nullptr);
    relation = relation_of(graph, vertex, {});
    relation.columns[0].name = "x";
    relation.columns[1].name = "y";
  }

  ExprPtr column(size_t index) const { return make_column(index, TypeKind::kInt); }
  ExprPtr sum() const { return *make_call("+", {column(0), column(1)}); }

  GraphBuilder graph;
  VertexIndex vertex;
  Relation relation;
};

TEST_CASE("AnExpressionHasOnePlaceAndANameOfItsRelation") {
  const Rows rows;
  StepInput inputs(rows.relation);
  REQUIRE(inputs.empty());
  REQUIRE(inputs.add_named(rows.column(1), "none") == 0);
  REQUIRE(inputs.add_named(rows.sum(), "sum") == 1);
  REQUIRE(inputs.add(rows.column(1), "again") == 0);
  REQUIRE(inputs.place(*rows.sum()) == 1);
  REQUIRE(inputs.find(*rows.column(1)) == 0);
  REQUIRE_FALSE(inputs.find(*rows.column(0)));
  REQUIRE(inputs.name_of(*rows.column(1), "none") == "y");
  REQUIRE(inputs.name_of(*rows.sum(), "none") == "none");
}

TEST_CASE("ColumnsBehindTheVertexAreNotRead") {
  const Rows rows;
  StepInput inputs(rows.relation);
  const ExprPtr sum = *make_call("+", {rows.column(0), rows.column(2)});
  inputs.add_columns_of(sum, 2);
  REQUIRE(inputs.find(*rows.column(0)) == 0);
  REQUIRE_FALSE(inputs.find(*rows.column(2)));
  const ExprPtr above = inputs.above(sum, {.vertex = rows.vertex, .columns = {5}}, {7});
  REQUIRE(same_expr(*above, *make_call("+", {rows.column(5), rows.column(7)}).value()));
}

TEST_CASE("PlainColumnsNeedNoStepUnlessTheirRowsAreKept") {
  Rows rows;
  StepInput inputs(rows.relation);
  inputs.add_named(rows.column(1), "");
  const StepInput::Built direct = inputs.build(rows.graph, {.id = "s.input"});
  REQUIRE(direct.vertex == rows.vertex);
  REQUIRE(direct.columns == std::vector<size_t>{1});
  const StepInput::Built narrow = inputs.build(rows.graph, {.id = "s.input", .keeps_rows = true});
  REQUIRE(narrow.vertex != rows.vertex);
  REQUIRE(rows.graph.schema(narrow.vertex)->fields.size() == 1);
  inputs.add_named(rows.column(0), "");
  const StepInput::Built all = inputs.build(rows.graph, {.id = "s.input", .keeps_rows = true});
  REQUIRE(all.vertex == rows.vertex);
  REQUIRE(all.columns == std::vector<size_t>{1, 0});
}

TEST_CASE("KeysAreNotCalledLikeColumnsOfAWindow") {
  Rows rows;
  StepInput inputs(rows.relation);
  inputs.add(rows.column(1), "window_end");
  inputs.add(rows.column(0), "window_start");
  const StepInput::Built built = inputs.build(rows.graph, {.id = "s.input", .keys = 1});
  const std::vector<Field>& fields = rows.graph.schema(built.vertex)->fields;
  REQUIRE(fields[0].name == "window_end_2");
  REQUIRE(fields[1].name == "window_start");
}

TEST_CASE("LateRowsOfAKeyedStepGoWhereTheTablesSay") {
  Rows rows;
  SuppressSpec spec;
  spec.keys = {0};
  const Relation relation =
      add_keyed_step(rows.graph, "s", spec, rows.vertex, {0}, {.late = "lates"});
  REQUIRE(rows.graph.edges().back().distribution ==
          Distribution{.kind = DistributionKind::kHash, .columns = {0}});
  REQUIRE(rows.graph.side_outputs().back().from == relation.vertex);
  REQUIRE(rows.graph.side_outputs().back().port == kLatePort);
}

TEST_CASE("TablesThatDisagreeAboutLateRowsAreRefused") {
  const ScriptText script = ScriptText::bare("", "x");
  REQUIRE(check_late(script, {}, 0).ok());
  REQUIRE_FALSE(check_late(script, {.late_differs = true}, 0).ok());
}

}  // namespace
}  // namespace weir
