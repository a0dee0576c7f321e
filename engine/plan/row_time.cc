#include "engine/plan/row_time.h"

#include <algorithm>

namespace weir {
namespace {

// The vertices whose rows the vertex takes.
std::vector<VertexIndex> inputs_of(const JobGraph& graph, VertexIndex vertex) {
  std::vector<VertexIndex> inputs;
  for (const Edge& edge : graph.edges) {
    if (edge.to == vertex) inputs.push_back(edge.from);
  }
  return inputs;
}

// Goes up from a vertex to where the time of its rows was made, each way once.
class Ascent {
 public:
  explicit Ascent(const JobGraph& graph) : graph_(graph), seen_(graph.vertices.size(), false) {}

  // Whether `found` says so of any vertex on the way; above one that `ends` it goes no further.
  template <typename Found, typename Ends>
  bool any(VertexIndex vertex, const Found& found, const Ends& ends) {
    if (seen_[vertex.value()]) return false;
    seen_[vertex.value()] = true;
    const VertexSpec& spec = graph_.vertex(vertex).spec;
    if (found(spec)) return true;
    if (ends(spec)) return false;
    const std::vector<VertexIndex> inputs = inputs_of(graph_, vertex);
    return std::any_of(inputs.begin(), inputs.end(),
                       [&](VertexIndex input) { return any(input, found, ends); });
  }

 private:
  const JobGraph& graph_;
  std::vector<bool> seen_;
};

bool goes_by_time(const VertexSpec& spec) {
  if (const auto* over = std::get_if<OverSpec>(&spec)) {
    return over->order == OverOrder::kEventTime ||
           std::any_of(over->calls.begin(), over->calls.end(),
                       [](const OverCall& call) { return call.range.has_value(); });
  }
  return std::holds_alternative<WindowAggregateSpec>(spec) ||
         std::holds_alternative<AssignWindowSpec>(spec) ||
         std::holds_alternative<WindowRankSpec>(spec) ||
         std::holds_alternative<SuppressSpec>(spec) ||
         std::holds_alternative<IntervalJoinSpec>(spec) ||
         std::holds_alternative<WindowJoinSpec>(spec) || std::holds_alternative<AsOfJoinSpec>(spec);
}

bool stamps(const VertexSpec& spec) { return std::holds_alternative<ProcessingTimeSpec>(spec); }

}  // namespace

bool is_processing_time(const JobGraph& graph, VertexIndex vertex) {
  return Ascent(graph).any(vertex, stamps, [](const VertexSpec&) { return false; });
}

bool reaches_time(const JobGraph& graph, VertexIndex vertex) {
  std::vector<bool> reached(graph.vertices.size(), false);
  std::vector<VertexIndex> ways = {vertex};
  while (!ways.empty()) {
    const VertexIndex from = ways.back();
    ways.pop_back();
    for (const Edge& edge : graph.edges) {
      if (edge.from != from || reached[edge.to.value()]) continue;
      if (goes_by_time(graph.vertex(edge.to).spec)) return true;
      reached[edge.to.value()] = true;
      if (stamps(graph.vertex(edge.to).spec)) continue;  // The time of the events ends there.
      ways.push_back(edge.to);
    }
  }
  return false;
}

bool mixes_times(const JobGraph& graph, const std::vector<VertexIndex>& inputs) {
  const auto by_clock = std::count_if(inputs.begin(), inputs.end(), [&graph](VertexIndex input) {
    return is_processing_time(graph, input);
  });
  return by_clock != 0 && static_cast<size_t>(by_clock) != inputs.size();
}

bool has_watermark(const JobGraph& graph, VertexIndex vertex) {
  return !Ascent(graph).any(
      vertex, [](const VertexSpec& spec) { return !keeps_watermark(spec); },
      [](const VertexSpec& spec) { return std::holds_alternative<SourceSpec>(spec); });
}

}  // namespace weir
