#include "engine/plan/first_rows.h"

#include <vector>

namespace weir {
namespace {

// What is kept of a window while its rows are looked through shall be small.
constexpr uint32_t kLimitMax = 1024;

// The edge by which the rows of a vertex leave, if there is one only.
const Edge* only_reader(const JobGraph& graph, VertexIndex vertex) {
  const Edge* reader = nullptr;
  for (const Edge& edge : graph.edges) {
    if (edge.from != vertex || edge.from_port != kRowsPort) continue;
    if (reader != nullptr) return nullptr;
    reader = &edge;
  }
  return reader;
}

// For each column of the projection which of `below` it is handed on from.
std::vector<std::optional<size_t>> handed_on(const ProjectSpec& spec,
                                             const std::vector<std::optional<size_t>>& below) {
  std::vector<std::optional<size_t>> columns;
  for (const NamedExpr& column : spec.columns) {
    const Expr& expr = *column.expr;
    columns.push_back(expr.kind == ExprKind::kColumn ? below[expr.index] : std::nullopt);
  }
  return columns;
}

bool makes_windows(const WindowAggregateSpec& spec) {
  return spec.window.kind != WindowKind::kSession && spec.window.kind != WindowKind::kGiven;
}

}  // namespace

std::optional<FirstRows> first_rows_of(const JobGraph& graph, VertexIndex aggregate) {
  const auto& spec = std::get<WindowAggregateSpec>(graph.vertex(aggregate).spec);
  if (!makes_windows(spec)) return std::nullopt;
  // Of the output of the step in turn: the columns of the aggregate that they are.
  std::vector<std::optional<size_t>> columns;
  for (size_t i = 0; i < spec.keys.size() + 3 + spec.aggregates.size(); ++i)
    columns.emplace_back(i);
  const Edge* edge = only_reader(graph, aggregate);
  while (edge != nullptr) {
    const VertexSpec& reader = graph.vertex(edge->to).spec;
    if (const auto* rank = std::get_if<WindowRankSpec>(&reader)) {
      const size_t start = spec.keys.size();
      if (rank->limit.value_or(kLimitMax + 1) > kLimitMax || !rank->partition.empty()) break;
      if (columns[*rank->window.start_column] != start) break;
      if (columns[rank->window.time_column] != start + 1) break;
      SortKey order = rank->order.front();
      const std::optional<size_t> column = columns[order.column];
      const bool is_window = column && *column >= start && *column < start + 3;
      if (!column || is_window) break;
      order.column = *column;
      return FirstRows{
          .function = rank->ranks.front().function, .limit = *rank->limit, .order = order};
    }
    const auto* project = std::get_if<ProjectSpec>(&reader);
    if (project == nullptr || project->filter != nullptr) break;
    columns = handed_on(*project, columns);
    edge = only_reader(graph, edge->to);
  }
  return std::nullopt;
}

}  // namespace weir
