// Reads the splits that one task was given, the one that is furthest behind in event time first,
// and hands their rows to Ingest. Its time is that of a ReaderClock (engine/time/reader_clock.h);
// how far it may run ahead of the other readers of the source says the SourceBoard.
//
// Owned by the task and used by its thread, except add_split, which any thread may call.
#pragma once

#include "engine/time/hold.h"
#include "engine/time/reader_clock.h"
#include "operators/connectors/source.h"
#include "operators/ingest.h"
#include "runtime/messages/clock.h"
#include "runtime/task/source_board.h"

#include <atomic>
#include <functional>
#include <map>
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
  std::optional<int64_t> wake_at;  // With kWaiting; monotonic, microseconds.
};

class SourceStage {
 public:
  // `source` makes the readers; it must outlive them and is kept here for that.
  SourceStage(std::unique_ptr<Source> source, std::unique_ptr<Ingest> ingest, bool keep_position,
              size_t rows_max);

  // Makes it one of several readers of the source: number `reader` of the board. Before it runs.
  void join(std::shared_ptr<SourceBoard> board, size_t reader);
  // As Source::on_wakeup, and for when another reader has caught up.
  void on_wakeup(const std::function<void()>& wake);

  // Splits may come while the task runs (new partitions). After close_splits none do, and a source
  // whose splits have all ended has ended itself.
  void add_split(OpenSplit split);
  void close_splits() { closed_.store(true, std::memory_order_release); }

  // Reads once from one split. Rows go to `out`, lifted to the watermark where they are behind it.
  Result<SourceStep> step(Instant now, Output& out);

  // What became of rows that it read: where they are wide in memory, fewer are read at a time, so
  // that a batch is of some megabytes at the most.
  void note_width(const RecordBatch& batch);

  // Where every split stands now, into what the task remembers of them.
  void save_positions(std::map<std::string, SplitState>& splits);
  // Goes on from a checkpoint at which W stood here. Before the first step.
  void restore(int64_t watermark) { clock_.restore(watermark); }

  // The task cannot ask for rows until its next step(): what passes is no silence of the splits.
  void pause() { clock_.pause(); }

  // W after the last step: no further on-time row below it follows.
  int64_t watermark() const { return clock_.watermark(); }
  // Whether it holds no time back for now.
  bool is_idle() const { return clock_.is_idle(); }
  // Empty where the table has no event time.
  std::vector<SplitStanding> standings() const;

  Source& source() { return *source_; }
  const Ingest& ingest() const { return *ingest_; }
  // Records that reads counted and neither handed on nor skipped, or the other way round.
  uint64_t records_lost() const { return records_lost_; }
  // For progress lines: rows or bytes known to be left in all splits; absent if any does not know.
  std::optional<uint64_t> backlog() const;

 private:
  struct Reading {
    OpenSplit open;
    std::optional<int64_t> wake_at;  // Monotonic
    // For who asks what holds time back.
    bool has_read = false;
    int64_t heard_at = 0;  // Wall clock of the last record, or of the first look.
  };

  void take_new_splits(Instant now);
  void sort_by_watermark();
  Result<SourceStep> read_lowest(Instant now, Output& out);
  // Whether the split is too far ahead of the other readers. If so, they will wake the task.
  bool must_wait(size_t split);
  void settle();
  size_t rows_at_once();
  // Tries the split once: true if it gave records, ended, or may give some at once.
  Result<bool> read(size_t split, Instant now, Output& out);
  Status hand_on(Reading& reading, DecodedRows rows, int64_t now, Output& out);

  const std::unique_ptr<Source> source_;
  const std::unique_ptr<Ingest> ingest_;
  const bool keep_position_;
  const size_t rows_max_;
  const bool has_event_time_;
  const bool advances_;

  std::shared_ptr<SourceBoard> board_;
  size_t reader_ = 0;  // Number on the board.
  ReaderStanding posted_;

  ReaderClock clock_;  // Numbers splits as readings_ does.
  std::vector<Reading> readings_;
  std::vector<size_t> order_;  // Scratch: the splits by watermark.
  size_t turn_ = 0;            // So that equals take turns.
  size_t rows_now_;            // That were asked for last,
  size_t rows_read_ = 0;       // that came last,
  size_t widest_ = 0;          // and bytes for each of them in the largest batch since.
  uint64_t records_lost_ = 0;

  std::atomic<bool> closed_{false};
  std::atomic<bool> has_new_{false};
  std::mutex mutex_;
  std::vector<OpenSplit> new_splits_;  // Guarded by mutex_.
};

}  // namespace weir
