#include "engine/sql/top_n.h"

#include "engine/expr/build.h"
#include "engine/expr/function.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace weir {
namespace {

// What the condition allows the column at the most, where it is a comparison of it with a constant;
// 0 if there is none.
uint32_t limit_of(const Expr& condition, size_t column) {
  if (condition.kind != ExprKind::kCall || condition.args.size() != 2) return 0;
  std::string_view op = condition.function->name;
  const Expr* number = condition.args[0].get();
  const Expr* constant = condition.args[1].get();
  if (number->kind == ExprKind::kLiteral) {
    std::swap(number, constant);
    if (op == "<" || op == "<=") return 0;
    if (op == ">") op = "<";
    if (op == ">=") op = "<=";
  }
  if (number->kind != ExprKind::kColumn || number->index != column) return 0;
  const int64_t* value = constant->kind == ExprKind::kLiteral
                             ? std::get_if<int64_t>(&constant->literal.value)
                             : nullptr;
  if (value == nullptr || (op != "<=" && op != "<" && op != "=")) return 0;
  const int64_t limit = op == "<" ? std::max<int64_t>(*value, 1) - 1 : *value;
  if (limit < 1 || limit > std::numeric_limits<uint32_t>::max()) return 0;
  return static_cast<uint32_t>(limit);
}

std::vector<ExprPtr> parts_of(const ExprPtr& filter) {
  if (filter == nullptr) return {};
  if (filter->kind != ExprKind::kAnd) return {filter};
  std::vector<ExprPtr> parts;
  for (const ExprPtr& arg : filter->args) {
    const std::vector<ExprPtr> inner = parts_of(arg);
    parts.insert(parts.end(), inner.begin(), inner.end());
  }
  return parts;
}

// The least of the limits in its filter; 0: there is none.
uint32_t limit_of(const ProjectSpec& project, size_t column) {
  uint32_t least = 0;
  for (const ExprPtr& part : parts_of(project.filter)) {
    const uint32_t limit = limit_of(*part, column);
    if (limit > 0 && (least == 0 || limit < least)) least = limit;
  }
  return least;
}

std::vector<ProjectSpec*> projections_above(JobGraph& graph, VertexIndex vertex) {
  std::vector<ProjectSpec*> projections;
  for (const Edge& edge : graph.edges) {
    if (edge.from != vertex || edge.from_port != kRowsPort) continue;
    projections.push_back(std::get_if<ProjectSpec>(&graph.vertices[edge.to.value()].spec));
  }
  return projections;
}

// The highest limit that the readers ask for; 0 if one of them asks for all.
uint32_t limit_above(JobGraph& graph, VertexIndex vertex, size_t column) {
  uint32_t highest = 0;
  for (const ProjectSpec* project : projections_above(graph, vertex)) {
    const uint32_t limit = project == nullptr ? 0 : limit_of(*project, column);
    if (limit == 0) return 0;
    highest = std::max(highest, limit);
  }
  return highest;
}

// Every row that is left has the number 1.
void use_first(ProjectSpec& project, const Schema& input) {
  const size_t number = input.fields.size() - 1;
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < number; ++i) columns.push_back(make_column(i, input.fields[i].type));
  columns.push_back(make_literal(Scalar{TypeKind::kBigint, int64_t{1}}));
  std::vector<ExprPtr> rest;
  for (const ExprPtr& part : parts_of(project.filter)) {
    if (limit_of(*part, number) == 0) rest.push_back(substitute_columns(part, columns));
  }
  project.filter = nullptr;
  if (rest.size() == 1) project.filter = rest.front();
  if (rest.size() > 1) {
    Result<ExprPtr> all = make_and(std::move(rest));
    CHECK(all.ok());
    project.filter = std::move(all).value();
  }
  for (NamedExpr& column : project.columns) column.expr = substitute_columns(column.expr, columns);
}

// Takes the conditions out that hold for all of the first `limit` rows.
void drop_bound(ProjectSpec& project, size_t number, uint32_t limit) {
  std::vector<ExprPtr> rest;
  for (const ExprPtr& part : parts_of(project.filter)) {
    const bool is_equality = part->kind == ExprKind::kCall && part->function->name == "=";
    if (is_equality || limit_of(*part, number) < limit) rest.push_back(part);
  }
  project.filter = nullptr;
  if (rest.size() == 1) project.filter = rest.front();
  if (rest.size() < 2) return;
  Result<ExprPtr> all = make_and(std::move(rest));
  CHECK(all.ok());
  project.filter = std::move(all).value();
}

// Of rows numbered as they stand, so many are kept as anybody asks for; 0: all.
void limit_top(JobGraph& graph, VertexIndex vertex, const SchemaPtr& input) {
  auto& top = std::get<TopSpec>(graph.vertices[vertex.value()].spec);
  if (top.rank.empty()) return;
  const size_t number = input->fields.size();
  top.limit = limit_above(graph, vertex, number);
  if (top.limit == 0) return;
  const SchemaPtr output = output_schema(top, kRowsPort, input);
  for (ProjectSpec* project : projections_above(graph, vertex)) {
    if (top.limit == 1) {
      use_first(*project, *output);
    } else {
      drop_bound(*project, number, top.limit);
    }
  }
  if (top.limit == 1) top.rank.clear();
}

bool numbers_by_time(const OverSpec& spec) {
  return spec.order == OverOrder::kEventTime && spec.calls.size() == 1 &&
         spec.calls.front().function == OverFunction::kRowNumber;
}

}  // namespace

void limit_ranks(JobGraph& graph) {
  const std::vector<SchemaPtr> inputs = input_schemas(graph);
  for (size_t i = 0; i < graph.vertices.size(); ++i) {
    const VertexIndex vertex(static_cast<uint32_t>(i));
    VertexSpec& spec = graph.vertices[i].spec;
    if (auto* rank = std::get_if<WindowRankSpec>(&spec)) {
      const uint32_t limit = limit_above(graph, vertex, inputs[i]->fields.size());
      if (limit > 0) rank->limit = limit;
      continue;
    }
    if (std::holds_alternative<TopSpec>(spec)) limit_top(graph, vertex, inputs[i]);
    const auto* over = std::get_if<OverSpec>(&spec);
    if (over == nullptr || !numbers_by_time(*over)) continue;
    if (limit_above(graph, vertex, inputs[i]->fields.size()) != 1) continue;
    const SchemaPtr output = output_schema(spec, kRowsPort, inputs[i]);
    for (ProjectSpec* project : projections_above(graph, vertex)) use_first(*project, *output);
    spec = SuppressSpec{.keys = over->keys, .time_column = *over->time_column, .interval = {}};
  }
}

}  // namespace weir
