// The contract of an operator: one instance of a vertex, a stage of a task's chain.
//
// Owned by one task and called by its thread only. Everything it remembers between elements lives
// in TaskState (state/task_state.h); members hold what follows from the spec, and buffers that are
// empty between elements.
//
// Before each call of process the task calls prefetch until it answers kReady. An operator gives
// way by kMore when it has emitted a few batches, or looked at as many rows, and has more to do for
// the same element (a window with ten million keys): the task calls prefetch and process again with
// the same element once the output has room, so that firing asks for its state chunk by chunk, and
// sends the element's watermark or barrier on only after kDone. Between kMore and kDone no other
// element comes, on any port.
//
// Elements other than batches are passed on by the task, not by the operator.
#pragma once

#include "engine/base/status.h"
#include "engine/base/step_counters.h"
#include "engine/time/element.h"
#include "state/task_state.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

enum class Progress { kDone, kMore };

// Where an operator puts its results. Never blocks and never fails; the task looks at the room
// before it calls.
class Output {
 public:
  virtual ~Output() = default;

  // REQUIRES: the batch has the schema of that port, and at least one row.
  virtual void emit(Port port, RecordBatch batch) = 0;
  // Whether anything is connected to the port; rows for a closed one need not be made.
  virtual bool is_open(Port port) const = 0;
};

// What an operator that tells time by the clock says at some moment.
struct ClockTime {
  int64_t watermark;
  int64_t until;  // The wall clock from which it will say more.
};

class Operator {
 public:
  virtual ~Operator() = default;

  virtual Readiness prefetch(Port port, const Element& element) {
    (void)port;
    (void)element;
    return Readiness::kReady;
  }

  // `now` is the wall clock in microseconds, for now(), processing time and the time stamps of dead
  // letters only. An error ends the job's attempt: kBadData under on_error = 'fail', others as
  // their kind says.
  virtual Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) = 0;

  // Whether rows may leave memory (state/residency.h) between two calls of process for a mark: not
  // while the operator goes by ids of rows, or by where they are. Between calls for a batch none
  // leaves.
  virtual bool rows_may_leave() const { return false; }

  // Microseconds by which the watermark that is passed on behind the operator trails the one it
  // took in, because its rows may: constant, and never negative. The final watermark does not
  // trail.
  virtual int64_t hold_back() const { return 0; }

  // Of the one operator that tells time by the wall clock instead of passing on what comes in
  // (processing_time.h): its watermark, asked between elements and not after the final one. The
  // task passes it on where it is new, steps again at `until`, and lets no other watermark but the
  // final one through, and no Idle. Absent of all others.
  virtual std::optional<ClockTime> clock_time(int64_t now) {
    (void)now;
    return std::nullopt;
  }

  const StepCounters& counters() const { return counters_; }

 protected:
  StepCounters counters_;
};

// Rows in a batch that an operator emits at the most.
inline constexpr size_t kBatchRows = 4096;

}  // namespace weir
