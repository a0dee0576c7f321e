// Rows in order of event time for the operators that need it: they wait until the watermark has
// passed them, and come out in chunks, with the hashes of their keys.
//
// Owned by an operator, used by its task's thread. A chunk that was taken is held until it is
// dropped, between the calls of process for one watermark and never longer.
#pragma once

#include "engine/plan/plan.h"
#include "state/task_state.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

// Rows, dense, with the hashes of their keys.
struct KeyedRows {
  RecordBatch rows;
  std::vector<uint64_t> hashes;  // Empty where there are no key columns.
  KeyBatch keys;                 // Of the rows, over `hashes`.
  // When each row uses what is known of its key; set where that has a time to live.
  const int64_t* used_at = nullptr;
};

// REQUIRES: the batch is dense.
KeyedRows keyed_rows(RecordBatch batch, const std::vector<size_t>& keys);

class OrderedRows {
 public:
  // For a stage that takes its rows by `keys`. Declares "<id>.waiting".
  OrderedRows(const StagePlan& stage, std::vector<size_t> keys, size_t time_column,
              TaskState& state);

  // The selected rows wait.
  void add(const RecordBatch& batch);

  Readiness prefetch(int64_t watermark);
  // The chunk in work, or else the next rows below the watermark; null if there are none, or if
  // has_before(watermark) says that another prefetch has to bring them. REQUIRES:
  // prefetch(watermark) was ready.
  KeyedRows* chunk(int64_t watermark, size_t rows_max, Cut cut);
  // Whether rows below the watermark wait.
  bool has_before(int64_t watermark) const { return waiting_.first_time() < watermark; }
  // The chunk in work, if any.
  const KeyedRows* held() const { return chunk_.has_value() ? &*chunk_ : nullptr; }
  void drop_chunk() { chunk_.reset(); }

 private:
  const std::vector<size_t> keys_;
  WaitingRows& waiting_;
  std::optional<KeyedRows> chunk_;
};

}  // namespace weir
