// What the steps share whose rows may be taken back: which rows of a batch take back an earlier
// one, batches of changes, and how long what is known of a key lives.
//
// Owned by an operator and used by its task's thread.
#pragma once

#include "engine/plan/plan.h"
#include "operators/operator.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace weir {

ChangeKind change_of(const RecordBatch& batch, uint32_t row);
// Whether the row takes back an earlier one that is equal to it.
bool takes_back(ChangeKind change);
inline bool takes_back(const RecordBatch& batch, uint32_t row) {
  return takes_back(change_of(batch, row));
}

// The column of a batch whose rows change like this; null where all of them are insertions.
ColumnPtr change_column(const std::vector<ChangeKind>& changes);

// Whether two values of one type are the same; NULLs are.
bool same_value(const Column& a, uint32_t row_a, const Column& b, uint32_t row_b);

// When the rows of a batch use what is known of their keys, where that has a time to live: by event
// time where the rows have one, as late as their split is; else by the clock.
class KeyLife {
 public:
  explicit KeyLife(const StagePlan& stage);

  bool ends() const { return ttl_.has_value(); }
  int64_t ttl() const { return *ttl_; }  // REQUIRES: ends().
  // REQUIRES: ends(). `now`: the wall clock.
  int64_t used_at(const RecordBatch& batch, uint32_t row, int64_t now) const;
  // By when what is due has come to its end, at a watermark.
  int64_t until(int64_t watermark, int64_t now) const;

 private:
  const std::optional<int64_t> ttl_;
  std::optional<size_t> time_column_;
};

}  // namespace weir
