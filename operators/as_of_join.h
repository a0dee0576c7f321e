// Gives each row of the left side the version of the right one that was valid at its time: of the
// rows with its keys the last whose time is not behind its own.
//
// Left rows wait until the watermark has passed them, so that every version which is on time is
// there, and leave in order of (time, place in the log), or (time, whole row) where they have no
// place. A version that is late is valid from its arrival watermark on: what has been answered
// before that stays as it is.
//
// State: "<id>.waiting", the left rows; "<id>.versions", lists by key of the right ones, from the
// one that is valid at the watermark on.
#pragma once

#include "engine/plan/plan.h"
#include "operators/joined_rows.h"
#include "operators/operator.h"
#include "state/task_state.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

class AsOfJoin : public Operator {
 public:
  // `stage` is of this spec.
  AsOfJoin(const AsOfJoinSpec& spec, const StagePlan& stage, TaskState& state,
           const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  bool rows_may_leave() const override { return true; }

 private:
  // Where a version stands among those of its key.
  struct Place {
    int64_t valid_from;
    int32_t split;
    int64_t position;
  };

  WaitingRows& declare_waiting(const StagePlan& stage, TaskState& state) const;
  KeyedLists& declare_versions(const StagePlan& stage, TaskState& state) const;
  void hash(Port port, const RecordBatch& batch);
  KeyBatch keys_of(Port port, const RecordBatch& batch) const;
  void wait(const RecordBatch& batch, Output& out);
  void add_versions(const RecordBatch& batch);
  Place place_of(RowId version) const;
  bool is_before(const Place& a, const Place& b) const;
  void drop_passed(RowId head);
  Result<Progress> fire(int64_t watermark, int64_t now, Output& out);
  Status answer(const RecordBatch& rows, int64_t now, Output& out);

  const AsOfJoinSpec spec_;
  const std::string id_;
  const SplitNames& names_;
  const bool with_place_;
  JoinedRows joined_;
  WaitingRows& waiting_;
  KeyedLists& versions_;
  const size_t first_own_;  // Column of a version: valid_from, then split and position.

  // Empty between elements.
  std::vector<uint64_t> hashes_;
  bool hashed_ = false;
  std::optional<RecordBatch> chunk_;

  int64_t watermark_ = 0;  // The last one; what is behind it may be dropped.
};

}  // namespace weir
