// The JobGraph while it grows: vertices with unique ids and known output schemas, and the side
// outputs that are joined to their tables last, when it is clear which vertices matter.
//
// Owned by the compilation of one script.
#pragma once

#include "engine/plan/job_graph.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weir {

// Rows that leave by a side port go to this table.
struct SideOutput {
  VertexIndex from;
  Port port;
  std::string table;
};

class GraphBuilder {
 public:
  // The id gets "#2", "#3", ... behind it if it is taken. `input` is null for sources.
  VertexIndex add_vertex(const std::string& id, VertexSpec spec, const SchemaPtr& input);
  void add_edge(const Edge& edge) { graph_.edges.push_back(edge); }
  void add_forward(VertexIndex from, VertexIndex to);
  void add_side_output(SideOutput output) { side_outputs_.push_back(std::move(output)); }

  void drop_side_outputs(VertexIndex of);
  // The step drops what is late. REQUIRES: an assign_window.
  void drop_late(VertexIndex vertex);

  // Where in the script the vertex comes from, for messages about what it becomes later.
  void set_location(VertexIndex vertex, size_t location) {
    locations_[graph_.vertex(vertex).id] = location;
  }
  std::optional<size_t> location_of(const std::string& id) const;

  // Whether what leaves the vertex by port 0 may be taken back.
  bool changes(VertexIndex vertex) const;

  // What leaves the vertex by port 0.
  const SchemaPtr& schema(VertexIndex vertex) const { return schemas_[vertex.value()]; }
  const Vertex& vertex(VertexIndex index) const { return graph_.vertex(index); }
  const std::vector<Vertex>& vertices() const { return graph_.vertices; }
  const std::vector<Edge>& edges() const { return graph_.edges; }
  const JobGraph& graph() const { return graph_; }

  // Removes every vertex whose rows reach no sink, and the side outputs of those. Indices given out
  // before are void.
  void drop_unused();

  const std::vector<SideOutput>& side_outputs() const { return side_outputs_; }
  JobGraph finish(JobOptions options) &&;

 private:
  std::vector<bool> reaches_sink() const;

  JobGraph graph_;
  std::vector<SchemaPtr> schemas_;
  std::set<std::string> ids_;
  std::vector<SideOutput> side_outputs_;
  std::map<std::string, size_t> locations_;  // By id.
};

}  // namespace weir
