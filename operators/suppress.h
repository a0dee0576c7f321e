// suppress and keep-first: passes a row only if none of the same keys was passed within the
// interval before it; without an interval the first row of each key only.
//
// Rows wait until the watermark has passed them, and are judged and leave in order of (time, place
// in the log). A row is counted when it comes: late, or accepted, whether it is passed later or
// not, since a later life of the task may be the one that judges it. rows_out says how many were
// passed.
//
// State: "<id>.waiting", and "<id>.passed": key -> time of the row passed last, which goes when the
// interval has passed; without one, after state_ttl, or at the end of time.
#pragma once

#include "operators/late_rows.h"
#include "operators/operator.h"
#include "operators/ordered_rows.h"

#include <string>
#include <vector>

namespace weir {

class Suppress : public Operator {
 public:
  // `stage` is of this spec.
  Suppress(SuppressSpec spec, const StagePlan& stage, TaskState& state, const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  bool rows_may_leave() const override { return true; }

 private:
  void wait(const RecordBatch& batch, Output& out);
  Progress fire(int64_t watermark, Output& out);
  bool has_rows(int64_t watermark) const;
  RowIndices judge(const KeyedRows& chunk);
  bool expire(int64_t watermark);

  const SuppressSpec spec_;
  const std::string step_;
  const std::optional<int64_t> ttl_;  // Of keep-first.
  const SplitNames& names_;
  OrderedRows waiting_;
  UnslicedTable& passed_;

  // Scratch.
  std::vector<RowId> rows_;
  std::vector<uint32_t> inserted_;
};

}  // namespace weir
