// What `weir explain` prints: the steps of a job with their stable ids, edges, change mode, the
// state they keep and for how long, and what depends on the clock.
#pragma once

#include "engine/plan/plan.h"

#include <string>

namespace weir {

std::string explain_text(const JobGraph& graph, const Plan& plan);
// The graph file, with "plan" beside the graph: what the text says of each step, and the edges.
std::string explain_json(const JobGraph& graph, const Plan& plan);
std::string explain_dot(const JobGraph& graph, const Plan& plan);  // Graphviz

}  // namespace weir
