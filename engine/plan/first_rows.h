// Which results of a window aggregate can pass a top-N of the same windows behind it, so that the
// others are never made. Pure.
#pragma once

#include "engine/plan/job_graph.h"

#include <optional>

namespace weir {

// Of each window only the rows that have a rank of at most `limit` by `order` are wanted. Whoever
// asks ranks them all the same: rows that cannot be told apart by `order` may be given in excess.
struct FirstRows {
  RankFunction function = RankFunction::kRowNumber;
  uint32_t limit = 0;
  SortKey order;  // Of the output; further keys of the top-N only break its ties.

  bool operator==(const FirstRows&) const = default;
};

// Nothing where all results are wanted: somebody else reads them, a condition stands in between, or
// the top-N has more partitions than windows.
std::optional<FirstRows> first_rows_of(const JobGraph& graph, VertexIndex aggregate);

}  // namespace weir
