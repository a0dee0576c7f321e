#include "engine/sql/relation.h"

#include "engine/expr/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace weir {
namespace {

size_t count_nodes(const Expr& expr, size_t limit) {
  size_t count = 1;
  for (const ExprPtr& arg : expr.args) {
    if (count >= limit) break;
    count += count_nodes(*arg, limit - count);
  }
  return count;
}

// Whether the vertex already gives exactly these columns and rows.
bool is_identity(const Relation& relation) {
  if (relation.filter != nullptr || relation.columns.size() != relation.base->fields.size()) {
    return false;
  }
  for (size_t i = 0; i < relation.columns.size(); ++i) {
    const RelationColumn& column = relation.columns[i];
    if (column.expr->kind != ExprKind::kColumn || column.expr->index != i) return false;
    if (column.name != relation.base->fields[i].name) return false;
  }
  return true;
}

}  // namespace

RowPolicy merge(const RowPolicy& a, const RowPolicy& b) {
  RowPolicy result = a;
  if (a.on_error != b.on_error || a.dead_letters != b.dead_letters) {
    result.on_error = OnError::kFail;
    result.dead_letters.clear();
  }
  result.late_differs = a.late_differs || b.late_differs || a.late != b.late;
  return result;
}

std::vector<std::string> Relation::column_names() const {
  std::vector<std::string> names;
  for (const RelationColumn& column : columns) names.push_back(column.name);
  return names;
}

Scope Relation::scope(const std::string& alias) const {
  std::vector<ScopeColumn> visible;
  for (const RelationColumn& column : columns) {
    visible.push_back({.table = alias, .name = column.name, .expr = column.expr});
  }
  return Scope(std::move(visible));
}

Relation relation_of(const GraphBuilder& graph, VertexIndex vertex, RowPolicy policy) {
  Relation relation;
  relation.vertex = vertex;
  relation.base = graph.schema(vertex);
  relation.policy = std::move(policy);
  for (size_t i = 0; i < relation.base->fields.size(); ++i) {
    const Field& field = relation.base->fields[i];
    relation.columns.push_back({.name = field.name, .expr = make_column(i, field.type)});
  }
  return relation;
}

Relation filtered(Relation relation, const ExprPtr& condition) {
  if (relation.filter == nullptr) {
    relation.filter = condition;
  } else {
    Result<ExprPtr> both = make_and({relation.filter, condition});
    CHECK(both.ok());
    relation.filter = std::move(both).value();
  }
  return relation;
}

ExprPtr window_column(const Relation& relation, WindowColumn column) {
  return make_column(relation.base->fields.size() + static_cast<size_t>(column),
                     relation.window->time->type);
}

std::optional<WindowColumn> as_window_column(const Relation& relation, const Expr& expr) {
  CHECK(relation.window.has_value());
  if (expr.kind != ExprKind::kColumn) return std::nullopt;
  const OpenWindow& window = *relation.window;
  if (window.spec.kind == WindowKind::kGiven) {
    if (expr.index == window.start->index) return WindowColumn::kStart;
    if (expr.index == window.time->index) return WindowColumn::kEnd;
    if (window.last != nullptr && expr.index == window.last->index) return WindowColumn::kTime;
    return std::nullopt;
  }
  const size_t width = relation.base->fields.size();
  if (expr.index < width) return std::nullopt;
  return static_cast<WindowColumn>(expr.index - width);
}

bool mentions_window(const Relation& relation, const Expr& expr) {
  if (!relation.window) return false;
  if (as_window_column(relation, expr)) return true;
  return std::any_of(expr.args.begin(), expr.args.end(),
                     [&](const ExprPtr& arg) { return mentions_window(relation, *arg); });
}

Relation assign_window(GraphBuilder& graph, Relation relation, const std::string& id) {
  CHECK(relation.window.has_value());
  AssignWindowSpec spec{.window = relation.window->spec};
  spec.window.time_column = relation.window->time->index;
  CHECK(spec.window.kind != WindowKind::kSession);
  CHECK(spec.window.kind != WindowKind::kGiven);
  const std::vector<Field>& fields = relation.base->fields;
  std::set<std::string> taken(std::begin(kWindowColumns), std::end(kWindowColumns));
  const bool clashes = std::any_of(fields.begin(), fields.end(),
                                   [&](const Field& field) { return taken.contains(field.name); });
  VertexIndex from = relation.vertex;
  // Rows are filtered before they are multiplied. The columns of the vertex keep their places, so
  // that every expression over them, and over the window, stays as it is.
  if (relation.filter != nullptr || clashes) {
    Relation below = relation_of(graph, relation.vertex, relation.policy);
    below.filter = relation.filter;
    for (RelationColumn& column : below.columns) column.name = unique_name(taken, column.name);
    from = add_project(graph, below, id + ".input");
    relation.filter = nullptr;
  }
  relation.vertex = graph.add_vertex(id, std::move(spec), graph.schema(from));
  graph.add_forward(from, relation.vertex);
  if (!relation.policy.late.empty()) {
    graph.add_side_output(
        {.from = relation.vertex, .port = kLatePort, .table = relation.policy.late});
  }
  relation.base = graph.schema(relation.vertex);
  relation.window.reset();
  return relation;
}

Relation stamp_rows(GraphBuilder& graph, Relation relation, const std::string& id) {
  CHECK(!relation.window);
  CHECK(!reads_watermark(relation));
  const SchemaPtr& below = graph.schema(relation.vertex);
  std::set<std::string> taken;
  for (const Field& field : below->fields) taken.insert(field.name);
  ProcessingTimeSpec spec{.column = unique_name(taken, "processing_time")};
  const VertexIndex from = relation.vertex;
  relation.vertex = graph.add_vertex(id, std::move(spec), below);
  graph.add_forward(from, relation.vertex);
  relation.base = graph.schema(relation.vertex);
  return relation;
}

bool reads_watermark(const Relation& relation) {
  return (relation.filter != nullptr && reads_watermark(*relation.filter)) ||
         std::any_of(relation.columns.begin(), relation.columns.end(),
                     [](const RelationColumn& column) { return reads_watermark(*column.expr); });
}

bool is_event_time(const Relation& relation, const Expr& expr) {
  return expr.kind == ExprKind::kColumn && expr.index < relation.base->fields.size() &&
         relation.base->fields[expr.index].event_time;
}

size_t tree_size(const Relation& relation, size_t limit) {
  size_t size = relation.filter == nullptr ? 0 : count_nodes(*relation.filter, limit);
  for (const RelationColumn& column : relation.columns) {
    if (size >= limit) break;
    size += count_nodes(*column.expr, limit - size);
  }
  return size;
}

std::string unique_name(std::set<std::string>& taken, const std::string& wanted) {
  std::string name = wanted;
  for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", wanted, n);
  return name;
}

VertexIndex add_project(GraphBuilder& graph, const Relation& relation, const std::string& id) {
  CHECK(!relation.window);
  ProjectSpec project{
      .filter = relation.filter, .columns = {}, .on_error = relation.policy.on_error};
  for (const RelationColumn& column : relation.columns) {
    CHECK(!column.expr->untyped);
    project.columns.push_back({.name = column.name, .expr = column.expr});
  }
  const VertexIndex vertex =
      graph.add_vertex(id, std::move(project), graph.schema(relation.vertex));
  graph.add_forward(relation.vertex, vertex);
  if (!relation.policy.dead_letters.empty()) {
    graph.add_side_output(
        {.from = vertex, .port = kBadPort, .table = relation.policy.dead_letters});
  }
  return vertex;
}

VertexIndex materialize(GraphBuilder& graph, const Relation& relation, const std::string& id) {
  CHECK(!relation.window);
  return is_identity(relation) ? relation.vertex : add_project(graph, relation, id);
}

}  // namespace weir
