#include "engine/sql/graph_builder.h"

#include "engine/plan/changes.h"

#include <fmt/format.h>

#include <utility>

namespace weir {

VertexIndex GraphBuilder::add_vertex(const std::string& id, VertexSpec spec,
                                     const SchemaPtr& input) {
  std::string unique = id;
  for (int n = 2; !ids_.insert(unique).second; ++n) unique = fmt::format("{}#{}", id, n);
  schemas_.push_back(output_schema(spec, kRowsPort, input));
  graph_.vertices.push_back({.id = std::move(unique), .spec = std::move(spec)});
  return VertexIndex(static_cast<uint32_t>(graph_.vertices.size() - 1));
}

void GraphBuilder::add_forward(VertexIndex from, VertexIndex to) {
  add_edge(
      {.from = from, .from_port = kRowsPort, .to = to, .to_port = kRowsPort, .distribution = {}});
}

std::optional<size_t> GraphBuilder::location_of(const std::string& id) const {
  const auto found = locations_.find(id);
  if (found == locations_.end()) return std::nullopt;
  return found->second;
}

bool GraphBuilder::changes(VertexIndex vertex) const { return changing(graph_)[vertex.value()]; }

void GraphBuilder::drop_late(VertexIndex vertex) {
  std::get<AssignWindowSpec>(graph_.vertices[vertex.value()].spec).drops_late = true;
}

void GraphBuilder::drop_side_outputs(VertexIndex of) {
  std::erase_if(side_outputs_, [&](const SideOutput& output) { return output.from == of; });
}

std::vector<bool> GraphBuilder::reaches_sink() const {
  std::vector<bool> reaches(graph_.vertices.size(), false);
  for (size_t i = 0; i < reaches.size(); ++i) {
    reaches[i] = std::holds_alternative<SinkSpec>(graph_.vertices[i].spec);
  }
  bool changed = true;
  while (changed) {
    changed = false;
    for (const Edge& edge : graph_.edges) {
      if (reaches[edge.from.value()] || !reaches[edge.to.value()]) continue;
      reaches[edge.from.value()] = true;
      changed = true;
    }
  }
  return reaches;
}

void GraphBuilder::drop_unused() {
  const std::vector<bool> keep = reaches_sink();
  std::vector<VertexIndex> renumbered(keep.size());
  std::vector<Vertex> vertices;
  std::vector<SchemaPtr> schemas;
  for (size_t i = 0; i < keep.size(); ++i) {
    renumbered[i] = VertexIndex(static_cast<uint32_t>(vertices.size()));
    if (!keep[i]) continue;
    vertices.push_back(std::move(graph_.vertices[i]));
    schemas.push_back(std::move(schemas_[i]));
  }
  std::vector<Edge> edges;
  for (Edge edge : graph_.edges) {
    if (!keep[edge.from.value()] || !keep[edge.to.value()]) continue;
    edge.from = renumbered[edge.from.value()];
    edge.to = renumbered[edge.to.value()];
    edges.push_back(std::move(edge));
  }
  std::vector<SideOutput> side_outputs;
  for (SideOutput& output : side_outputs_) {
    if (!keep[output.from.value()]) continue;
    output.from = renumbered[output.from.value()];
    side_outputs.push_back(std::move(output));
  }
  graph_.vertices = std::move(vertices);
  graph_.edges = std::move(edges);
  schemas_ = std::move(schemas);
  side_outputs_ = std::move(side_outputs);
}

JobGraph GraphBuilder::finish(JobOptions options) && {
  graph_.options = std::move(options);
  return std::move(graph_);
}

}  // namespace weir
