// What a connector implements to take rows out.
//
// A Sink is one slot: one lane of output of one task, owned and called by its thread. Output is cut
// into segments by epoch. seal() ends a segment: everything written before belongs to it and
// nothing after. deliver() makes a sealed segment visible to readers, all at once, and does nothing
// if that happened before: it is what a checkpoint commits, in epoch order. A job without
// checkpoints is one epoch long.
//
// A write-through sink (print, Kafka and files with at_least_once) shows rows before they are
// sealed and has empty segments.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"
#include "engine/base/step_counters.h"
#include "engine/data/batch.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace weir {

struct Segment {
  std::string contents;  // Durable, opaque to everybody but the connector: what deliver() needs, on
                         // any worker.
  uint64_t rows = 0;
};

enum class Flush { kDone, kMore };

// Which lane of output a Sink is. What was delivered is remembered outside under this name, so that
// a later life of the job finds it: no two jobs that run have a lineage in common.
struct SinkLane {
  std::string lineage;    // Of the job: random, kept by a job that continues another one.
  std::string sink;       // Which of the job's sinks: the id of its step.
  uint32_t slot = 0;      // Which of the sink's tasks.
  Generation generation;  // The life of the job that makes the Sink: later ones are greater.
  // Whether the job goes on from a checkpoint that has output of the sink. Another finds none of
  // its own.
  bool is_restored = false;
};

// What the checkpoints of the lineage say about a slot when a life of the job begins.
struct SlotPast {
  // The base does not name the slot: it is used for the first time, or again after it was closed.
  // Where it is not new, the outside must remember it.
  bool is_new = false;
  // The checkpoint that this life goes on from: nothing later may have been delivered. {0, 0}: it
  // starts afresh.
  CheckpointId base;
  // How many slots the sink has in this life, from 0 on.
  uint32_t slots = 1;
  // Those that the base names and this life has no more.
  std::set<uint32_t> closing;
};

class Sink {
 public:
  virtual ~Sink() = default;

  // Makes the outside remember a new slot, and asks whether it agrees about an old one. Called once
  // in the life of a job for each slot that it opens: when the output of `past.base` has been
  // delivered, and before a manifest of this life names the slot. Slot 0 answers for the slots that
  // the life does not open: those that are closing, and all that lives after the base may have
  // used. A Sink that is made only to deliver is not prepared. May block; beside no other call of
  // the slot, or, of slot 0, of a slot that is closed. Calling it again does no harm.
  // Errors: kUser for rights or settings that are missing outside (the message says which);
  // kCorrupt where the outside knows more, or less, than `past`: a person decides; kUnavailable.
  virtual Status prepare(const SlotPast& past) { return (void)past, Status(); }

  // The wall clock, in microseconds, before each write().
  virtual void tell_time(int64_t now) { (void)now; }

  // Takes rows of `batch` beginning with its `from`-th selected row, and says how many: fewer than
  // all of them when it has no room now; it then calls the wake-up when it has. Never blocks on the
  // network. Errors: kUnavailable where the outside refuses, kBadData where a row cannot be written
  // (the message says which).
  virtual Result<size_t> write(const RecordBatch& batch, size_t from) = 0;

  // Pushes out what is buffered: kMore until all that was written has left (call again after the
  // wake-up).
  virtual Result<Flush> flush() = 0;

  // REQUIRES: flush() said kDone and nothing was written since; ids grow.
  virtual Result<Segment> seal(CheckpointId id) = 0;

  // May block: runs in the background, beside write(), flush() and seal(). Idempotent: the segment
  // may have been delivered before, by this sink or by one of the same slot in an earlier life of
  // the job. Errors: kUnavailable where the outside does not answer in time (the outcome is
  // unknown, calling again finds out), kCorrupt where the segment is damaged, or the outside has
  // forgotten the slot or holds output of a later checkpoint, kUser as prepare().
  // REQUIRES: `id` is what the segment was sealed with, whichever checkpoint's manifest names it;
  // that checkpoint is complete; that of every earlier segment of
  // the slot has been delivered.
  virtual Status deliver(CheckpointId id, const Segment& segment) = 0;

  // Renews what the outside would forget about a slot without output (Kafka: after seven days). To
  // be called once a day for each open slot; may block, and runs as deliver() does, never beside
  // it.
  virtual Status refresh() { return {}; }

  // Whether what is written waits in memory until it is delivered: a job should not be one long
  // epoch then.
  virtual bool waits_in_memory() const { return false; }
  // How much of it there is that was not sealed yet. Called by the task's thread.
  virtual uint64_t waiting_bytes() const { return 0; }

  // `wake` may be called by any thread until the Sink is destroyed.
  virtual void on_wakeup(std::function<void()> wake) { (void)wake; }

  // What the slot has taken, of sinks that count it: in this life and, after resume(), before.
  virtual std::optional<RowTotals> totals() const { return std::nullopt; }
  // Of a sink with totals(): counts what a slot had taken when it sealed this, its last one of the
  // checkpoint that the job goes on from. Called for the slot itself, and of slot 0 for those that
  // are closed, before anything is written. Errors: kCorrupt where the segment is damaged.
  virtual Status resume(const Segment& last) { return (void)last, Status(); }
};

}  // namespace weir
