// Numbers that only serve a condition: row_number() .. <= n. A pass over the finished graph, since
// only there it is clear who reads a step.
#pragma once

#include "engine/plan/job_graph.h"

namespace weir {

// Gives a step that numbers the rows of windows the highest limit that its readers ask for, so that
// it keeps no more rows; they filter all the same. A row_number() by time of which all readers want
// the first becomes keep-first, which keeps nothing but the keys.
void limit_ranks(JobGraph& graph);

}  // namespace weir
