// Whose time the rows of a step carry: that of the events, or that of the clock. Pure.
#pragma once

#include "engine/plan/job_graph.h"

namespace weir {

// Whether the event-time columns of what the vertex gives are stamps of the wall clock. REQUIRES:
// no cycle.
bool is_processing_time(const JobGraph& graph, VertexIndex vertex);

// Whether the vertex's rows come to a step that goes by event time, which gives later what it has
// taken in or drops what is late.
bool reaches_time(const JobGraph& graph, VertexIndex vertex);

// Whether what feeds one vertex carries time of both kinds: they have nothing to do with each
// other, so nothing can be on time for both.
bool mixes_times(const JobGraph& graph, const std::vector<VertexIndex>& inputs);

// Whether the rows that the vertex gives have an arrival watermark each, as current_watermark()
// needs it. REQUIRES: no cycle.
bool has_watermark(const JobGraph& graph, VertexIndex vertex);

}  // namespace weir
