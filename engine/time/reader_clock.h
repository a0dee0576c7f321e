// The event time of one reader: of all splits that one task reads.
//
// W is the lowest watermark of the splits that are active: those that were not read yet hold it at
// minus infinity, those that have ended or are idle do not hold it. It never decreases; a split
// that comes later, or wakes behind W, starts at W, and its rows are lifted to it (watermark.h).
//
// A split is idle when it has been silent for `idle_timeout` of active time: time in which the
// reader was able to ask. What passes while the task is blocked does not count (pause()), and of a
// gap between two looks at most kGapMaxMicros: a machine that slept was not able to ask. Silence
// begins at the first look that finds nothing, and ends with the next record, be it a bad one.
//
//   all splits idle      when_quiet = 'hold': W stays, and the reader is idle as a whole
//                        when_quiet = 'advance': as long as all readers of the source are idle, W
//                        is the highest watermark that any split of the source had, plus the active
//                        time for which all have been idle; with others at work the reader is idle
//   no split at all      the reader is idle: others may have some
//   all splits ended     W is the end, once no more can come; until then the reader is idle
//
// Owned by a SourceStage and used by its thread. Pure: the time is told (microseconds of a clock
// that only goes on).
#pragma once

#include "engine/time/watermark.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace weir {

struct QuietPolicy {
  std::optional<int64_t> idle_timeout;  // Absent: no split is ever idle.
  bool advances = false;                // when_quiet = 'advance'
};

class ReaderClock {
 public:
  // Silent splits are looked at so often, and a longer gap between two looks counts as kGapMax.
  static constexpr int64_t kLookMicros = 200'000;
  static constexpr int64_t kGapMaxMicros = 1'000'000;

  explicit ReaderClock(QuietPolicy policy) : policy_(policy) {}

  // Goes on with this W. Before the first look.
  void restore(int64_t watermark) { watermark_ = watermark; }

  // The number of the new split. `watermark`: of what was read of it before.
  size_t add_split(int64_t watermark);
  // No more will be added.
  void close() { closed_ = true; }

  // Begins a look at the splits. What follows says what each that was asked gave.
  void look(int64_t now);
  // The reader cannot ask from here to the next look.
  void pause() { looked_at_.reset(); }
  // Records came, and `watermark` is now A of the split's next row.
  void gave(size_t split, int64_t watermark);
  void gave_nothing(size_t split);
  void finish(size_t split);

  // Ends a look: W goes on. Whether all readers of the source are idle or have ended, and the
  // highest watermark of any split of theirs.
  void settle(bool source_is_quiet, int64_t highest_of_source);

  // W as of the last settle().
  int64_t watermark() const { return watermark_; }
  // Whether the reader as a whole holds no time back.
  bool is_idle() const { return idle_; }

  // Of one split.
  int64_t watermark_of(size_t split) const { return merger_.of(split); }
  bool is_idle(size_t split) const;
  bool is_finished(size_t split) const { return splits_[split].finished; }
  // Whether the last time it was asked it had something, or it was not asked yet.
  bool may_give(size_t split) const;

  // The lowest watermark of the splits that may have rows; kMaxTime if none may.
  int64_t reading_at() const;
  // The highest watermark of any split.
  int64_t highest() const { return highest_; }
  // All splits are idle or have ended.
  bool is_quiet() const;
  // How long from now it may take at most to the next look; absent: until there are records.
  std::optional<int64_t> look_within() const;

 private:
  struct Split {
    std::optional<int64_t> silent_since;  // Active time
    bool idle = false;
    bool finished = false;
  };

  bool is_over() const { return closed_ && merger_.all_finished(); }

  const QuietPolicy policy_;
  WatermarkMerger merger_{0};
  std::vector<Split> splits_;
  bool closed_ = false;
  std::optional<int64_t> looked_at_;    // Absent after pause().
  int64_t active_ = 0;                  // Active time so far
  std::optional<int64_t> quiet_since_;  // Active time: since when the source is quiet.
  int64_t highest_ = kMinTime;
  int64_t watermark_ = kMinTime;
  bool idle_ = false;
};

}  // namespace weir
