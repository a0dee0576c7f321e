// What a connector implements to take rows out.
//
// A Sink is one slot: one lane of output of one task, owned and called by its thread. Output is cut
// into segments by epoch. seal() ends a segment: everything written before belongs to it and
// nothing after. deliver() makes a sealed segment visible to readers, all at once, and does nothing
// if that happened before: it is what a checkpoint commits, in epoch order. A job without
// checkpoints is one epoch long.
//
// A write-through sink (print, Kafka with at_least_once) shows rows before they are sealed and has
// empty segments.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"
#include "engine/data/batch.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace weir {

struct Segment {
  std::string contents;  // Durable, opaque to everybody but the connector: what deliver() needs, on
                         // any worker.
  uint64_t rows = 0;
};

// What was written, whatever the order of the rows: totals of several slots may be added up.
struct RowTotals {
  uint64_t rows = 0;
  uint64_t checksum = 0;  // The sum, modulo 2^64, of a hash of each row.

  void add(const RowTotals& other) { rows += other.rows, checksum += other.checksum; }
  bool operator==(const RowTotals&) const = default;
};

enum class Flush { kDone, kMore };

class Sink {
 public:
  virtual ~Sink() = default;

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

  // May block: runs in the background, beside the calls above. Idempotent: the segment may have
  // been delivered before, by this sink or by one of the same slot in an earlier life of the job.
  // REQUIRES: the checkpoint that holds the segment is complete.
  virtual Status deliver(CheckpointId id, const Segment& segment) = 0;

  // `wake` may be called by any thread until the Sink is destroyed.
  virtual void on_wakeup(std::function<void()> wake) { (void)wake; }

  // For the summary at the end of a run, of sinks that keep them.
  virtual std::optional<RowTotals> totals() const { return std::nullopt; }
};

}  // namespace weir
