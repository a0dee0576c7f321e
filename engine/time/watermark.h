// Event time and its two watermarks (docs/time.md).
//
// The arrival watermark A(r) of a row is the highest event time among the earlier accepted rows of
// its split, less the delay: it depends on the order of the split alone, and decides what is late.
// The watermark W of a channel promises that no on-time row below it follows, and decides when
// windows fire. W is never above the A of a row that comes later.
//
// All times are microseconds since 1970. Pure: no clock is read here.
#pragma once

#include "engine/data/batch.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace weir {

inline constexpr int64_t kMinTime =
    std::numeric_limits<int64_t>::min();  // Minus infinity: nothing is known yet.
inline constexpr int64_t kMaxTime =
    std::numeric_limits<int64_t>::max();  // The end: nothing follows.

// a - b without leaving the range; kMinTime stays kMinTime.
int64_t minus_saturated(int64_t a, int64_t b);

// The clock of one split.
class SplitClock {
 public:
  explicit SplitClock(int64_t delay) : delay_(delay) {}

  // Takes in the event times of the accepted rows, in the order of the split, and gives the arrival
  // watermark of each row of the column (others hold kMinTime); null if no row has t < A and it is
  // not `wanted` for all of them.
  ColumnPtr observe(const Column& times, Selection accepted, bool wanted = false);

  // A of a row that would come next.
  int64_t arrival_watermark() const { return minus_saturated(highest_, delay_); }
  // For checkpoints: the highest accepted event time; kMinTime before the first row.
  int64_t highest() const { return highest_; }
  void restore(int64_t highest) { highest_ = highest; }

 private:
  int64_t delay_;
  int64_t highest_ = kMinTime;
};

// Raises A to `watermark` for the rows of the batch whose event time is below it and whose A is
// too: what wakes up behind a watermark that went on without it (an idle split, a new partition) is
// then late by the same rule as every row, and the watermark stays true. How many were raised. A
// batch without an event-time column stays as it is, and so does one whose rows nobody overtook.
uint64_t lift(RecordBatch& batch, int64_t watermark);

// Joins the watermarks of several inputs (splits of a reader, channels of a gate): the minimum over
// those that are active. Finished inputs no longer hold time back, idle ones do not for now; if
// none is active, time stands still, and only when all have finished it is the end.
class WatermarkMerger {
 public:
  explicit WatermarkMerger(size_t inputs) : inputs_(inputs) {}

  size_t add_input() {
    inputs_.emplace_back();
    return inputs_.size() - 1;
  }
  // A lower watermark than the input had is ignored: W never decreases.
  void advance(size_t input, int64_t watermark);
  void set_idle(size_t input, bool idle) { inputs_[input].idle = idle; }
  void finish(size_t input) { inputs_[input].finished = true; }

  // Never below what it gave before.
  int64_t current();
  bool all_finished() const;
  bool all_idle() const;  // None is active, but not all have finished.
  int64_t of(size_t input) const { return inputs_[input].watermark; }
  bool is_active(size_t input) const { return !inputs_[input].idle && !inputs_[input].finished; }
  size_t size() const { return inputs_.size(); }

 private:
  struct Input {
    int64_t watermark = kMinTime;
    bool idle = false;
    bool finished = false;
  };

  std::vector<Input> inputs_;
  int64_t given_ = kMinTime;
};

}  // namespace weir
