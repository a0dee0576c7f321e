// Graphs of tables in memory in a form that can be stored: stored graphs name connectors that there
// are.
#pragma once

#include "engine/plan/job_graph.h"

#include <utility>
#include <variant>

namespace weir {

inline JobGraph as_stored(JobGraph graph) {
  for (Vertex& vertex : graph.vertices) {
    if (auto* source = std::get_if<SourceSpec>(&vertex.spec)) source->connector = "file";
    if (auto* sink = std::get_if<SinkSpec>(&vertex.spec)) sink->connector = "blackhole";
  }
  return graph;
}

}  // namespace weir
