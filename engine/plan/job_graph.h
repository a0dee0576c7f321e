// The JobGraph: what the user asked for. SQL, graph files and the C++ builder all produce one; the
// planner turns it into a Plan (plan.h). A value: copy it, compare it, print it.
#pragma once

#include "engine/base/status.h"
#include "engine/plan/specs.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// How rows of an edge reach the instances of the vertex they go to.
enum class DistributionKind {
  kForward,    // instance i to instance i
  kHash,       // by key group of the columns
  kRebalance,  // evenly, in turn
  kBroadcast,  // every row to every instance
};

struct Distribution {
  DistributionKind kind = DistributionKind::kForward;
  std::vector<size_t> columns;  // Of kHash: columns of the edge's schema.

  bool operator==(const Distribution&) const = default;
};

struct Vertex {
  // Names the vertex and its state, for ever: made of table or view, role and key columns, never of
  // a position. Unique.
  std::string id;
  VertexSpec spec;
};

struct Edge {
  VertexIndex from;
  Port from_port = kRowsPort;
  VertexIndex to;
  Port to_port = kRowsPort;
  Distribution distribution;

  bool operator==(const Edge&) const = default;
};

enum class ResultMode { kChanges, kFinal };

struct JobOptions {
  std::string job_name;
  std::optional<uint32_t> parallelism;      // Absent: one instance for each executor.
  int64_t checkpoint_interval = 1'000'000;  // Microseconds
  std::optional<int64_t> state_ttl;
  ResultMode result_mode = ResultMode::kChanges;
  std::optional<uint64_t> memory;  // Bytes
  int64_t max_alignment = 60'000'000;
  uint32_t restart_attempts = 10;
};

struct JobGraph {
  JobOptions options;
  std::vector<Vertex> vertices;
  std::vector<Edge> edges;

  const Vertex& vertex(VertexIndex index) const { return vertices[index.value()]; }
};

// Whether both say the same in every field.
bool same_graph(const JobGraph& a, const JobGraph& b);

// Schema of what leaves by `port`, given that of the input (of steps that state their input, null
// will do).
SchemaPtr output_schema(const VertexSpec& spec, Port port, const SchemaPtr& input);

// Indices of the vertices so that every edge goes forward; kUser error naming the cycle if there is
// one.
Result<std::vector<VertexIndex>> topological_order(const JobGraph& graph);

// For each vertex the schema of its input (of joins, which state theirs, that of one side); a null
// pointer for sources.
// REQUIRES: validate() accepted the graph.
std::vector<SchemaPtr> input_schemas(const JobGraph& graph);

// Everything that can be refused before a job starts and does not need the connectors: unique ids,
// edges that fit (ports, schemas, forward between equal vertices), sources without input, sinks
// with one, column indices in range, types of conditions, windows over an event-time column, sizes
// that are positive. kUser errors that name the vertex.
Status validate(const JobGraph& graph);

// The part of validate() that looks at one step and the schema of its input (null for sources)
// alone. Afterwards output_schema may be asked for it.
Status validate_step(const Vertex& vertex, const SchemaPtr& input);

}  // namespace weir
