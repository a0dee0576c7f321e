// Where rows in single windows are judged late. A pass over the graph before its side outputs are
// joined, since only there it is clear who reads a step.
#pragma once

#include "engine/sql/graph_builder.h"

namespace weir {

// Has a step that puts rows into windows drop those that are late, where all its readers would drop
// the copies one by one: there a row is one row, however many windows it has.
void judge_where_assigned(GraphBuilder& graph);

}  // namespace weir
