#include "engine/plan/changes.h"

#include "engine/base/match.h"

namespace weir {
namespace {

// Whether the step's rows change, given whether those of its input do.
bool changes_rows(const VertexSpec& spec, bool input) {
  return std::visit(
      Match{[](const SourceSpec&) { return false; }, [&](const ProjectSpec&) { return input; },
            [](const WindowAggregateSpec&) { return false; },
            [](const AssignWindowSpec&) { return false; },
            [](const ProcessingTimeSpec&) { return false; },
            [](const WindowRankSpec&) { return false; }, [](const OverSpec&) { return false; },
            [](const SuppressSpec&) { return false; },
            [](const IntervalJoinSpec&) { return false; },
            [](const WindowJoinSpec&) { return false; },
            // Distinct keys of rows that are never taken back stay.
            [&](const GroupAggregateSpec& group) { return input || !group.aggregates.empty(); },
            [](const TopSpec&) { return true; },
            [&](const EquiJoinSpec& join) { return input || join.type != JoinType::kInner; },
            [](const AsOfJoinSpec&) { return false; }, [](const FoldSpec&) { return false; },
            [&](const UnionSpec&) { return input; }, [](const SinkSpec&) { return false; }},
      spec);
}

}  // namespace

std::vector<bool> changing(const JobGraph& graph) {
  std::vector<bool> input(graph.vertices.size(), false);
  std::vector<bool> changes(graph.vertices.size(), false);
  const Result<std::vector<VertexIndex>> order = topological_order(graph);
  CHECK(order.ok());
  for (const VertexIndex index : *order) {
    changes[index.value()] = changes_rows(graph.vertex(index).spec, input[index.value()]);
    if (!changes[index.value()]) continue;
    for (const Edge& edge : graph.edges) {
      if (edge.from == index && edge.from_port == kRowsPort) input[edge.to.value()] = true;
    }
  }
  return changes;
}

bool takes_changes(const VertexSpec& spec) {
  return std::holds_alternative<ProjectSpec>(spec) ||
         std::holds_alternative<GroupAggregateSpec>(spec) ||
         std::holds_alternative<TopSpec>(spec) || std::holds_alternative<EquiJoinSpec>(spec) ||
         std::holds_alternative<FoldSpec>(spec) || std::holds_alternative<UnionSpec>(spec) ||
         std::holds_alternative<SinkSpec>(spec);
}

bool has_form_of_deletion(const SinkSpec& spec) {
  if (spec.connector == "kafka") return true;
  const auto format = spec.options.find("format");
  return format == spec.options.end() || format->second == "json";
}

}  // namespace weir
