// Folds rows that come and are taken back into the table that they describe, and gives that when
// the input has ended.
//
// State: "<id>.rows", each different row with how often it is there.
#pragma once

#include "engine/plan/plan.h"
#include "operators/changes.h"
#include "state/task_state.h"

#include <vector>

namespace weir {

class Fold : public Operator {
 public:
  // `stage` is of this spec.
  Fold(FoldSpec spec, const StagePlan& stage, TaskState& state);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

 private:
  void hash(const RecordBatch& batch);
  KeyBatch keys_of(const RecordBatch& batch) const;
  void take_in(const RecordBatch& batch);
  Progress give(Output& out);
  void emit(std::vector<RowId>& ids, Output& out);

  const FoldSpec spec_;
  const SchemaPtr output_;
  KeyedLists& rows_;

  // Empty between elements.
  std::vector<uint64_t> hashes_;
  bool hashed_ = false;
  std::vector<Timers::Due> due_;  // Scratch.
};

}  // namespace weir
