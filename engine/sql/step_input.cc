#include "engine/sql/step_input.h"

#include "engine/expr/build.h"
#include "engine/plan/row_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace weir {
namespace {

bool is_window_name(const std::string& name) {
  return std::find(std::begin(kWindowColumns), std::end(kWindowColumns), name) !=
         std::end(kWindowColumns);
}

}  // namespace

size_t StepInput::add(const ExprPtr& expr, const std::string& name) {
  if (const std::optional<size_t> place = find(*expr)) return *place;
  exprs_.push_back(expr);
  names_.push_back(name);
  return exprs_.size() - 1;
}

size_t StepInput::add_named(const ExprPtr& expr, const std::string& fallback) {
  return add(expr, name_of(*expr, fallback));
}

void StepInput::add_columns_of(const ExprPtr& expr, size_t first_made) {
  if (expr->kind == ExprKind::kWatermark) {
    add(expr, "current_watermark");
    return;
  }
  const Expr* value = expr.get();
  while (value->kind == ExprKind::kField) value = value->args[0].get();
  if (value->kind == ExprKind::kColumn) {
    const bool is_field = expr->kind == ExprKind::kField;
    const std::string field =
        is_field ? expr->args[0]->type.fields().fields[expr->index].name : std::string();
    if (value->index < first_made) add_named(expr, field);
    return;
  }
  for (const ExprPtr& arg : expr->args) add_columns_of(arg, first_made);
}

std::optional<size_t> StepInput::find(const Expr& expr) const {
  const auto found = std::find_if(exprs_.begin(), exprs_.end(),
                                  [&](const ExprPtr& added) { return same_expr(*added, expr); });
  if (found == exprs_.end()) return std::nullopt;
  return static_cast<size_t>(found - exprs_.begin());
}

size_t StepInput::place(const Expr& expr) const {
  const std::optional<size_t> place = find(expr);
  CHECK(place.has_value());
  return *place;
}

ExprPtr StepInput::above(const ExprPtr& expr, const Built& built,
                         const std::vector<size_t>& made) const {
  const bool is_constant = expr->kind == ExprKind::kLiteral;
  const std::optional<size_t> place = is_constant ? std::nullopt : find(*expr);
  if (place) return make_column(built.columns[*place], expr->type);
  if (expr->kind == ExprKind::kColumn) {
    const size_t first_made = relation_.base->fields.size();
    CHECK(expr->index >= first_made);
    return make_column(made[expr->index - first_made], expr->type);
  }
  if (expr->args.empty()) return expr;
  auto copy = std::make_shared<Expr>(*expr);
  for (ExprPtr& arg : copy->args) arg = above(arg, built, made);
  return copy;
}

std::string StepInput::name_of(const Expr& expr, const std::string& fallback) const {
  for (const RelationColumn& column : relation_.columns) {
    if (same_expr(*column.expr, expr)) return column.name;
  }
  if (expr.kind == ExprKind::kColumn) return relation_.base->fields[expr.index].name;
  return fallback;
}

bool StepInput::is_vertex_itself(const Options& options) const {
  if (relation_.filter != nullptr) return false;
  for (size_t i = 0; i < exprs_.size(); ++i) {
    if (exprs_[i]->kind != ExprKind::kColumn) return false;
    const std::string& name = relation_.base->fields[exprs_[i]->index].name;
    if (i < options.keys && is_window_name(name)) return false;
  }
  return !options.keeps_rows || exprs_.size() == relation_.base->fields.size();
}

StepInput::Built StepInput::build(GraphBuilder& graph, const Options& options) const {
  Built built;
  if (is_vertex_itself(options)) {
    built.vertex = relation_.vertex;
    for (const ExprPtr& expr : exprs_) built.columns.push_back(expr->index);
    return built;
  }
  Relation prepared;
  prepared.vertex = relation_.vertex;
  prepared.base = relation_.base;
  prepared.filter = relation_.filter;
  prepared.policy = relation_.policy;
  std::set<std::string> taken(std::begin(kWindowColumns), std::end(kWindowColumns));
  for (size_t i = 0; i < exprs_.size(); ++i) {
    if (i == options.keys) {
      for (const std::string_view name : kWindowColumns) taken.erase(std::string(name));
    }
    prepared.columns.push_back({.name = unique_name(taken, names_[i]), .expr = exprs_[i]});
    built.columns.push_back(i);
  }
  built.vertex = materialize(graph, prepared, options.id);
  return built;
}

Status check_one_time(const ScriptText& script, const GraphBuilder& graph,
                      const std::vector<VertexIndex>& inputs, size_t location) {
  if (!mixes_times(graph.graph(), inputs)) return {};
  return script.refuse(location,
                       "some rows are timed by processing_time() here and others by their event "
                       "time, which never meet: give all windows below the same kind of time");
}

Relation add_keyed_step(GraphBuilder& graph, const std::string& id, VertexSpec spec,
                        VertexIndex input, const std::vector<size_t>& keys,
                        const RowPolicy& policy) {
  const VertexIndex vertex = graph.add_vertex(id, std::move(spec), graph.schema(input));
  graph.add_edge({.from = input,
                  .from_port = kRowsPort,
                  .to = vertex,
                  .to_port = kRowsPort,
                  .distribution = {.kind = DistributionKind::kHash, .columns = keys}});
  if (!policy.late.empty()) {
    graph.add_side_output({.from = vertex, .port = kLatePort, .table = policy.late});
  }
  return relation_of(graph, vertex, policy);
}

Status check_can_wait(const ScriptText& script, const Schema& rows, size_t location) {
  for (const Field& field : rows.fields) {
    if (!field.type.has_composite()) continue;
    return script.refuse(
        location, fmt::format("rows wait here, and column \"{}\" of type {} cannot: select its "
                              "fields in a subquery or a view below",
                              field.name, to_text(field.type)));
  }
  return {};
}

Status check_late(const ScriptText& script, const RowPolicy& policy, size_t location) {
  if (!policy.late_differs) return {};
  return script.refuse(location,
                       "the tables below this step send their late rows to different places: give "
                       "all of them the same option late");
}

}  // namespace weir
