// The part of OVER with row_number, rank and dense_rank.
//
// Rows of equal time are ties for rank and dense_rank; in the order of the log there are none.
// State: "<id>.rank", a row a key, which goes after state_ttl, or at the end of time.
#pragma once

#include "operators/over_part.h"

#include <string>
#include <vector>

namespace weir {

class OverRank : public OverPart {
 public:
  // For those of the calls that number rows. `life` outlives it.
  OverRank(const OverSpec& spec, const StagePlan& stage, const KeyLife& life, TaskState& state);

  Readiness prefetch(const KeyBatch& keys, Selection selection) override {
    return table_->prefetch(keys, selection);
  }
  Readiness prefetch_due(int64_t watermark) override { return life_.prefetch(*table_, watermark); }
  Status take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) override;
  bool expire(int64_t watermark, size_t keys_max) override;

 private:
  struct Call {
    size_t index = 0;  // Among all calls
    size_t value = 0;  // The value of the table's row that it is.
  };

  void begin_anew(std::byte* row);
  void count_row(std::byte* row, const int64_t* time);

  const KeyLife& life_;
  const std::optional<size_t> time_column_;  // Absent: there are no ties.
  std::vector<Call> calls_;
  UnslicedTable* table_ = nullptr;

  // Scratch.
  std::vector<RowId> rows_;
};

}  // namespace weir
