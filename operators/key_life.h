// How long what is known of a key lives, where it has a time to live (state_ttl): by event time
// where the rows have one, as late as their split is; else by the clock.
//
// Keys that are due are asked for and erased here and nowhere else, so that both go by the same
// time. The clock is for that the one of the last element that was no watermark: it stands still
// while the keys due at a watermark are erased, however many calls of process that takes.
//
// Owned by an operator and used by its task's thread.
#pragma once

#include "engine/plan/plan.h"
#include "engine/time/watermark.h"
#include "state/residency.h"

#include <cstdint>
#include <optional>

namespace weir {

class KeyLife {
 public:
  // Absent time to live: keys live for ever; absent column: by the clock.
  KeyLife(std::optional<int64_t> ttl, std::optional<size_t> time_column);
  // By the first event time of the stage's input.
  explicit KeyLife(const StagePlan& stage);

  bool ends() const { return ttl_.has_value(); }
  int64_t ttl() const { return *ttl_; }  // REQUIRES: ends().

  // The wall clock in microseconds, as process() is told it with each element but a watermark.
  void set_clock(int64_t now) { clock_ = now; }

  // When a row uses what is known of its key. REQUIRES: ends(), and set_clock() of this batch.
  int64_t used_at(const RecordBatch& batch, uint32_t row) const;

  // Before erase() of the same: an UnslicedTable or KeyedLists, with timers if keys do not live for
  // ever.
  template <typename Keys>
  Readiness prefetch(Keys& keys, int64_t watermark) const {
    if (!ends() || watermark == kMaxTime) return Readiness::kReady;
    return keys.prefetch_due(until(watermark));
  }
  // Erases what is due at a watermark, `keys_max` keys at the most, or everything at the end of
  // time. Returns whether more is left to erase.
  template <typename Keys>
  bool erase(Keys& keys, int64_t watermark, size_t keys_max) const {
    if (watermark != kMaxTime) return ends() && keys.erase_due(until(watermark), keys_max);
    keys.erase_all();
    return false;
  }

 private:
  int64_t until(int64_t watermark) const { return time_column_ ? watermark : clock_; }

  const std::optional<int64_t> ttl_;
  const std::optional<size_t> time_column_;
  int64_t clock_ = kMinTime;
};

}  // namespace weir
