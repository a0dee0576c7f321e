// The part of OVER with the lag calls of one distance: a list a key of the values of the last rows,
// as many as the distance.
//
// State: "<id>.lag.<distance>", which goes at the end of time.
#pragma once

#include "operators/over_part.h"

#include <string>
#include <vector>

namespace weir {

class OverLag : public OverPart {
 public:
  // For those of the calls that are a lag of this distance.
  OverLag(uint32_t distance, const OverSpec& spec, const std::string& id, const Schema& input,
          TaskState& state);

  Readiness prefetch(const KeyBatch& keys, Selection selection) override {
    return lists_->prefetch(keys, selection);
  }
  Readiness prefetch_due(int64_t watermark) override { return lists_->prefetch_due(watermark); }
  Status take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) override;
  bool expire(int64_t watermark, size_t keys_max) override;

 private:
  struct Call {
    size_t index = 0;     // Among all calls
    size_t argument = 0;  // Among arguments_
    std::optional<size_t> fallback;
  };

  const uint32_t distance_;
  std::vector<Call> calls_;
  std::vector<size_t> arguments_;  // Columns of the input, each once: those of an entry.
  KeyedLists* lists_ = nullptr;

  // Scratch.
  std::vector<RowId> heads_;
};

}  // namespace weir
