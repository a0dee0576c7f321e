// OVER: aggregates, lag, first_value, rank and so on over the earlier rows of the same keys.
//
// By event time rows wait until the watermark has passed them and leave in order of (time, place in
// the log), or (time, whole row) where they have no place; by log each batch leaves at once, with
// its order. Rows leave with the columns they came with and those of the calls.
//
// State: "<id>.waiting", and what the parts say (over_frame.h, over_lag.h, over_rank.h).
#pragma once

#include "engine/time/watermark.h"
#include "operators/late_rows.h"
#include "operators/operator.h"
#include "operators/over_part.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class Over : public Operator {
 public:
  // `stage` is of this spec.
  Over(OverSpec spec, const StagePlan& stage, TaskState& state, const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  bool rows_may_leave() const override { return true; }

 private:
  void make_parts(const StagePlan& stage, TaskState& state);
  void set_use(KeyedRows& rows);
  Readiness prefetch_parts(const KeyedRows& rows);
  Readiness prefetch_due(int64_t watermark);
  bool has_rows(int64_t watermark) const;  // REQUIRES: by event time.

  void open_log(const RecordBatch& batch);
  Status answer_log(const RecordBatch& batch, Output& out);
  void wait(const RecordBatch& batch, Output& out);
  void emit_late(const RecordBatch& batch, Output& out);

  // Answers the rows below the watermark, a few batches at a time, then drops old state.
  Result<Progress> fire(int64_t watermark, Output& out);
  Progress expire(int64_t watermark);
  Result<RecordBatch> answer(const KeyedRows& rows);
  bool emit_answered(Output& out, int& emitted);

  const OverSpec spec_;
  const std::string step_;
  const SchemaPtr output_;
  const SplitNames& names_;
  bool drops_late_ = false;
  KeyLife life_;
  std::optional<OrderedRows> waiting_;  // By event time.
  std::vector<std::unique_ptr<OverPart>> parts_;

  // Empty between elements: the rows of a batch by log, those of them that are late, and rows on
  // their way out.
  std::optional<KeyedRows> logged_;
  std::vector<LateRow> late_;
  RecordBatch answered_;
  uint32_t answered_next_ = 0;
  std::vector<int64_t> used_at_;
};

}  // namespace weir
