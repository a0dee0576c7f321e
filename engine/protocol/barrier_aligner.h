// A task's half of a checkpoint: which of its inputs wait until a barrier has come on all of them.
//
// Owned by a task, told by its input gates, and called by its thread. A gate takes nothing from a
// blocked input, not even a barrier; a bounded channel then holds back whoever feeds it. At most
// one epoch is being aligned; epochs only go up. A task with no input, a source, has no aligner:
// its barriers come by order.
//
//   gate takes a barrier:       aligner.barrier(input, epoch);
//   gate takes the end:         aligner.ended(input);
//   the coordinator gives up:   aligner.cancel(epoch);
//   after each of these:        if (auto epoch = aligner.aligned()) snapshot, send the barrier on.
#pragma once

#include "engine/base/ids.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace weir {

class BarrierAligner {
 public:
  // REQUIRES: inputs > 0.
  explicit BarrierAligner(size_t inputs);

  // Blocks the input until all live ones have delivered `epoch`. A higher epoch takes the place of
  // a lower one that is still pending; a barrier of an epoch that is over is dropped.
  // REQUIRES: the input is neither blocked nor ended.
  void barrier(size_t input, Epoch epoch);

  // An input that ended counts as having delivered every barrier to come.
  // REQUIRES: the input is neither blocked nor ended.
  void ended(size_t input);

  // Releases the inputs that wait for `epoch`; its barriers that are still under way, and those of
  // epochs before it, will be dropped.
  void cancel(Epoch epoch);

  // The epoch whose barrier every live input has delivered: told once, and from then on the epoch
  // is over and its inputs are open. Snapshot before anything else is taken from the inputs.
  std::optional<Epoch> aligned();

  bool is_blocked(size_t input) const;
  // Being aligned now.
  std::optional<Epoch> pending() const { return pending_; }
  // The highest that was aligned, cancelled or displaced.
  Epoch last() const { return over_; }
  bool all_ended() const;

 private:
  enum class Input { kOpen, kBlocked, kEnded };

  void release();

  std::vector<Input> inputs_;
  std::optional<Epoch> pending_;
  Epoch over_;  // This epoch and all before it are over.
};

}  // namespace weir
