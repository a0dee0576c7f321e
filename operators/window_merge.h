// Windows that share slices, each merged out of the slices inside it.
//
// From one window to the next the new slices are merged in and the old ones taken out again, so
// that a slice costs twice its rows, whatever the overlap; where states cannot be taken out (min,
// max), each window is merged anew. So is one whose groups are largely out of memory, part by part
// of their hashes. What is held here is derived from the slices: it is not part of a snapshot, and
// made again after a restore.
#pragma once

#include "engine/time/slices.h"
#include "operators/aggregate_calls.h"
#include "operators/window_parts.h"

#include <optional>
#include <vector>

namespace weir {

class WindowMerge : public WindowParts {
 public:
  // All outlive it.
  WindowMerge(const Slices& slices, SlicedTable& groups, AggregateCalls& calls);

  std::optional<Window> next() const override;
  Result<Step> step() override;
  const KeyedTable& table() const override { return table_; }

 private:
  enum class Phase { kClosed, kMerging, kShown, kLeaving };

  void open();
  void begin_part();
  void begin_leaving();
  void close();
  bool is_last(SliceId id) const { return slices_.last_window(id.end) == end_; }
  // Calls take(groups), which gives a Status, for those of each slice to take that are in memory,
  // and for the others. False: pending.
  template <typename Take>
  Result<bool> take_slices(Take&& take);
  // Calls f(), which gives a Status, with some rows in `rows_` at a time: those that are in the
  // part.
  template <typename F>
  Status each_rows(const KeyedTable& slice, F&& f);
  Status merge(const KeyedTable& slice);
  Status retract(const KeyedTable& slice);
  std::vector<SliceId> slices_inside(int64_t window_end) const;

  const Slices& slices_;
  SlicedTable& groups_;
  AggregateCalls& calls_;
  KeyedTable table_;
  std::vector<uint32_t> slices_of_row_;  // How many slices are in each row of the table.
  std::optional<int64_t> merged_end_;    // The window whose slices the table holds.

  // Of the window that fires.
  Phase phase_ = Phase::kClosed;
  int64_t end_ = 0;
  std::vector<SliceId> inside_;
  HashPart part_;
  std::vector<SliceId> to_take_;
  size_t next_taken_ = 0;

  // Scratch.
  KeyedTable out_;  // Of one slice, what was out of memory.
  std::vector<RowId> rows_;
  std::vector<RowId> empty_;
  std::vector<std::byte*> targets_;
  std::vector<const std::byte*> sources_;
};

}  // namespace weir
