#include "engine/sql/late_windows.h"

#include "engine/base/match.h"

#include <algorithm>
#include <variant>
#include <vector>

namespace weir {
namespace {

using Columns = std::vector<size_t>;

bool has(const Columns& columns, size_t column) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

// Where a projection hands any of the columns on.
Columns handed_on(const ProjectSpec& spec, const Columns& columns) {
  Columns out;
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    const Expr& expr = *spec.columns[i].expr;
    if (expr.kind == ExprKind::kColumn && has(columns, expr.index)) out.push_back(i);
  }
  return out;
}

bool all_judge(const GraphBuilder& graph, VertexIndex from, const Columns& ends);

// Whether every way of the rows behind the edge ends in a step that drops those whose window, which
// ends where one of these columns says, has ended.
bool judges(const GraphBuilder& graph, const Edge& edge, const Columns& ends) {
  const auto given = [&](const WindowSpec& window) {
    return window.kind == WindowKind::kGiven && has(ends, window.time_column);
  };
  return std::visit(
      Match{[](const SourceSpec&) { return false; },
            [&](const ProjectSpec& project) {
              return all_judge(graph, edge.to, handed_on(project, ends));
            },
            [&](const WindowAggregateSpec& spec) { return given(spec.window); },
            [](const AssignWindowSpec&) { return false; },
            [](const ProcessingTimeSpec&) { return false; },
            [&](const WindowRankSpec& spec) { return given(spec.window); },
            [](const OverSpec&) { return false; }, [](const SuppressSpec&) { return false; },
            [](const IntervalJoinSpec&) { return false; },
            [](const GroupAggregateSpec&) { return false; }, [](const TopSpec&) { return false; },
            [](const EquiJoinSpec&) { return false; }, [](const AsOfJoinSpec&) { return false; },
            [](const FoldSpec&) { return false; },
            [&](const WindowJoinSpec& spec) {
              return has(ends, (edge.to_port == kLeftPort ? spec.left : spec.right).time);
            },
            [&](const UnionSpec&) { return all_judge(graph, edge.to, ends); },
            [](const SinkSpec&) { return false; }},
      graph.vertex(edge.to).spec);
}

bool all_judge(const GraphBuilder& graph, VertexIndex from, const Columns& ends) {
  return std::all_of(graph.edges().begin(), graph.edges().end(), [&](const Edge& edge) {
    return edge.from != from || judges(graph, edge, ends);
  });
}

}  // namespace

void judge_where_assigned(GraphBuilder& graph) {
  for (uint32_t i = 0; i < graph.vertices().size(); ++i) {
    const VertexIndex vertex(i);
    if (!std::holds_alternative<AssignWindowSpec>(graph.vertex(vertex).spec)) continue;
    const Columns ends = {graph.schema(vertex)->fields.size() - 2};
    if (all_judge(graph, vertex, ends)) {
      graph.drop_late(vertex);
    } else {
      graph.drop_side_outputs(vertex);
    }
  }
}

}  // namespace weir
