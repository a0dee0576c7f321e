// The Plan: what will run. Vertices joined by forward edges become one chain, stepped by one task;
// a chain has as many tasks as its parallelism. Everything else goes over edges with channels. Made
// by the pure function make_plan.
#pragma once

#include "engine/data/key_group.h"
#include "engine/plan/first_rows.h"
#include "engine/plan/job_graph.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

// Where rows that leave a stage's port go: to a later stage of the same chain, or onto an edge
// between chains.
struct StageTarget {
  size_t stage = 0;  // Index in the chain
  Port port = kRowsPort;
};
struct EdgeTarget {
  size_t edge = 0;  // Index in Plan::edges
};
using Target = std::variant<StageTarget, EdgeTarget>;

struct OutputPlan {
  SchemaPtr schema;
  NeededColumns needed;         // What anybody downstream reads; other columns may stay absent.
  std::vector<Target> targets;  // Empty: closed.
};

// Behind the vertex's id in the id of the first phase of an aggregation.
inline constexpr std::string_view kPartialSuffix = "/partial";

struct StagePlan {
  // The vertex's; with "/partial" behind it for the first phase of an aggregation.
  std::string id;
  VertexSpec spec;
  SchemaPtr input;               // Null for sources.
  NeededColumns needed_payload;  // Of a source: what is parsed, metadata included.
  bool with_position = false;    // Whether the rows that enter carry (split, position).
  // Whether current_watermark() is asked of the rows that enter (of a source: that leave), here or
  // further on: they carry A even where all of them are on time.
  bool with_watermark = false;
  bool changing_input = false;       // Rows that enter may be taken back,
  bool changes = false;              // and those that leave by port 0.
  std::optional<int64_t> state_ttl;  // Microseconds without use after which state goes, where no
                                     // window or range ends it.
  std::optional<FirstRows> first;    // Of an aggregation's results: those that somebody wants.
  std::vector<OutputPlan> outputs;   // One a port: rows, bad, late (as many as the kind has).
};

struct EdgePlan {
  size_t from_chain = 0;
  size_t to_chain = 0;
  size_t to_stage = 0;
  Port to_port = kRowsPort;
  Distribution distribution;
  SchemaPtr schema;
  std::string name;  // "id -> id", for messages
};

struct ChainPlan {
  std::vector<StagePlan> stages;  // In topological order; a source, if any, is the first.
  std::vector<size_t> inputs;     // Edges that end here
  std::vector<size_t> outputs;    // Edges that begin here
  uint32_t parallelism = 1;
};

struct Plan {
  JobOptions options;
  uint32_t key_groups = kKeyGroupsDefault;
  std::vector<ChainPlan> chains;  // In topological order.
  std::vector<EdgePlan> edges;
};

struct PlanOptions {
  uint32_t parallelism = 1;  // Where the graph does not say.
  // Pre-aggregate before a hash exchange where the functions allow it.
  bool two_phase = true;
};

// What is to run, and how wide: make_plan of both is the same plan everywhere.
struct PlannedJob {
  JobGraph graph;
  PlanOptions options;
};

// REQUIRES: validate(graph) accepted it.
Plan make_plan(const JobGraph& graph, const PlanOptions& options);

}  // namespace weir
