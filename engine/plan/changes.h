// Which steps give rows that may be taken back. Pure.
#pragma once

#include "engine/plan/job_graph.h"

#include <vector>

namespace weir {

// For each vertex whether what leaves by port 0 may be taken back: it changes, where all others
// append. REQUIRES: no cycle.
std::vector<bool> changing(const JobGraph& graph);

// Whether a step of this kind can take back rows that it has taken in.
bool takes_changes(const VertexSpec& spec);

// Whether a deletion has a form in what this sink writes under envelope upsert: in JSON, and as a
// tombstone of Kafka.
bool has_form_of_deletion(const SinkSpec& spec);

}  // namespace weir
