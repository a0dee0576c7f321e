// Reads the splits that one task was given, the one that is furthest behind in event time first,
// and hands their rows to Ingest. Its watermark is the lowest of its splits that have not ended.
//
// Owned by the task and used by its thread, except add_split, which any thread may call.
#pragma once

#include "operators/connectors/source.h"
#include "operators/ingest.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir {

// A split with its open reader.
struct OpenSplit {
  Split split;
  std::unique_ptr<SplitReader> reader;
};

enum class SourceProgress {
  kRows,     // Some were read; there may be more at once.
  kWaiting,  // Nothing now.
  kEnd,      // Nothing will come.
};

struct SourceStep {
  SourceProgress progress = SourceProgress::kWaiting;
  std::optional<int64_t> wake_at;  // With kWaiting: wall clock, microseconds.
};

class SourceStage {
 public:
  // `source` makes the readers; it must outlive them and is kept here for that.
  SourceStage(std::unique_ptr<Source> source, std::unique_ptr<Ingest> ingest, bool keep_position,
              size_t rows_max);

  // Splits may come while the task runs (new partitions). After close_splits none do, and a source
  // whose splits have all ended has ended itself.
  void add_split(OpenSplit split);
  void close_splits() { closed_.store(true, std::memory_order_release); }
  // An orderly stop: the next step says kEnd.
  void stop() { stopped_.store(true, std::memory_order_release); }

  // Reads once from one split. Rows go to `out`.
  Result<SourceStep> step(int64_t now, Output& out);

  // Lowest watermark of the splits that have not ended, unopened ones included; kMaxTime if all
  // have and none can come.
  int64_t watermark() const;

  Source& source() { return *source_; }
  const Ingest& ingest() const { return *ingest_; }
  // For progress lines: rows or bytes known to be left in all splits; absent if any does not know.
  std::optional<uint64_t> backlog() const;

 private:
  struct Reading {
    OpenSplit open;
    bool ended = false;
    std::optional<int64_t> wake_at;
  };

  void take_new_splits();
  // Tries the split once: true if it gave records, ended, or may give some at once.
  Result<bool> read(Reading& reading, int64_t now, Output& out);
  Status hand_on(Reading& reading, DecodedRows rows, int64_t now, Output& out);

  const std::unique_ptr<Source> source_;
  const std::unique_ptr<Ingest> ingest_;
  const bool keep_position_;
  const size_t rows_max_;
  std::vector<Reading> readings_;
  std::vector<size_t> order_;  // Scratch: the splits by watermark.
  size_t turn_ = 0;            // So that equals take turns.

  std::atomic<bool> closed_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> has_new_{false};
  std::mutex mutex_;
  std::vector<OpenSplit> new_splits_;  // Guarded by mutex_.
};

}  // namespace weir
