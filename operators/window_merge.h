// One window after the other, each merged out of the slices inside it.
//
// From one window to the next the new slices are merged in and the old ones taken out again, so
// that a slice costs twice its rows, whatever the overlap; where states cannot be taken out (min,
// max), each window is merged anew. What is held here is derived from the slices: it is not part of
// a snapshot, and made again after a restore. Owned by a WindowAggregate and used by its thread.
#pragma once

#include "engine/time/slices.h"
#include "operators/aggregate_calls.h"
#include "state/sliced_table.h"

#include <optional>
#include <vector>

namespace weir {

class WindowMerge {
 public:
  // All outlive it.
  WindowMerge(const Slices& slices, SlicedTable& groups, AggregateCalls& calls);

  // The end of the next window to fire; nothing while no slice is left.
  std::optional<int64_t> next_window() const;

  // Whether the window is made: table() holds its groups.
  bool is_open() const { return open_end_.has_value(); }
  int64_t end() const { return *open_end_; }
  const KeyedTable& table() const { return table_; }

  // Asks for the slices that open() or close() of the window will use.
  Readiness prefetch(int64_t window_end);
  Status open(int64_t window_end);  // REQUIRES: prefetch() was kReady.
  // The window has fired: drops the slices that no later window holds.
  void close();

 private:
  Status merge(const KeyedTable& slice);
  void retract(const KeyedTable& slice);
  std::vector<SliceId> slices_inside(int64_t window_end) const;

  const Slices& slices_;
  SlicedTable& groups_;
  AggregateCalls& calls_;
  KeyedTable table_;
  std::vector<uint32_t> slices_of_row_;  // How many slices are in each row of the table.
  std::optional<int64_t> open_end_;
  std::optional<int64_t> merged_end_;  // The window whose slices the table holds.

  // Scratch.
  std::vector<std::byte*> targets_;
  std::vector<const std::byte*> sources_;
};

}  // namespace weir
