// The part of OVER with the lag calls: a list a key of the values of the last rows, as many as the
// greatest distance.
//
// State: "<id>.lag", which goes after state_ttl, or at the end of time.
#pragma once

#include "operators/over_part.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

class OverLag : public OverPart {
 public:
  // For those of the calls that are a lag. `life` outlives it.
  OverLag(const OverSpec& spec, const StagePlan& stage, const KeyLife& life, TaskState& state);

  Readiness prefetch(const KeyBatch& keys, Selection selection) override {
    return lists_->prefetch(keys, selection);
  }
  Readiness prefetch_due(int64_t watermark) override { return life_.prefetch(*lists_, watermark); }
  Status take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) override;
  bool expire(int64_t watermark, size_t keys_max) override;

 private:
  struct Call {
    size_t index = 0;  // Among all calls
    uint32_t distance = 0;
    size_t argument = 0;  // Among arguments_
    std::optional<size_t> fallback;
  };

  void add_call(size_t index, const OverCall& call);
  void answer(const RecordBatch& rows, uint32_t row, std::vector<ColumnWriter>& writers);
  // The entry `distance` rows before the next one, where `near`, if any, is `near_distance` before.
  RowId entry_before(RowId head, uint32_t distance, RowId near, uint32_t near_distance) const;
  void enter(const RecordBatch& rows, uint32_t row);

  const KeyLife& life_;
  std::vector<Call> calls_;        // In order of their distance.
  std::vector<size_t> arguments_;  // Columns of the input, each once: those of an entry.
  KeyedLists* lists_ = nullptr;

  // Scratch.
  std::vector<RowId> heads_;
};

}  // namespace weir
