// The graph that most tests of engine/plan look at, and the vocabulary to change it.
//
//   transactions (source, 0) -> big (project, 1) -> totals (window_aggregate, 2)
//     -> alerts (project, 3) -> out (sink, 4)
//   bad rows of 0 and 1 -> trash (sink, 5); late rows of 2 -> late (sink, 6)
#pragma once

#include "engine/plan/job_graph.h"

#include <string>
#include <string_view>

namespace weir {

inline constexpr VertexIndex kTransactions{0};
inline constexpr VertexIndex kBig{1};
inline constexpr VertexIndex kTotals{2};
inline constexpr VertexIndex kAlerts{3};
inline constexpr VertexIndex kOut{4};
inline constexpr VertexIndex kTrash{5};
inline constexpr VertexIndex kLate{6};

// REQUIRES: the text is right.
ExprPtr expr_of(std::string_view text, const Schema& input);

Field field(std::string name, Type type, bool nullable = true);

// id text, card text, amount numeric(12,2), at timestamptz, note text; part from
// record_partition().
SourceSpec transactions_source();
SinkSpec sink_of(std::string table, const Schema& schema);

JobGraph fraud_graph();

// A graph of a source, the given step and a sink; nothing else may be wrong with it.
JobGraph graph_around(VertexSpec step);

template <typename Spec>
Spec& spec_at(JobGraph& graph, VertexIndex index) {
  return std::get<Spec>(graph.vertices[index.value()].spec);
}

void add_edge(JobGraph& graph, VertexIndex from, VertexIndex to, Port port = kRowsPort,
              Distribution distribution = {});

// Message of the refusal; empty if it was accepted.
std::string refusal(const JobGraph& graph);

}  // namespace weir
