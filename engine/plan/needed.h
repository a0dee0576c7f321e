// Which columns a step reads of its input, so that a source parses no more than the job uses.
#pragma once

#include "engine/plan/specs.h"

namespace weir {

// Adds what `more` needs. REQUIRES: of the same schema.
void merge_needed(NeededColumns& needed, const NeededColumns& more);

// What a step reads of what enters by `port` if `output` of its rows is read. Sinks write every
// column; windows always keep all of their state, whoever reads it. REQUIRES: not a source, and
// kinds without rows to give ignore `output`.
NeededColumns needed_of_input(const VertexSpec& spec, Port port, const Schema& input,
                              const NeededColumns& output);

// The event time by which the state of an OVER lives under state_ttl: of its order, or else the
// first of its input. Absent: the clock.
std::optional<size_t> life_column(const OverSpec& spec, const Schema& input);

// What a source reads of a record if `output` of the table's columns is read: also the event time,
// the columns that must not be NULL and those of the constraints.
NeededColumns needed_of_record(const SourceSpec& spec, const NeededColumns& output);

}  // namespace weir
