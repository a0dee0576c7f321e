// Keyed aggregation over sessions: rows of one key whose times are no further apart than the gap
// are in one session, which ends the gap after its last row and fires when the watermark is past
// that.
//
// A row comes into the session it touches, joins two that it bridges, or begins one of its own.
// Late is a row whose own time is below its arrival watermark.
//
// State: "<id>.sessions", lists by key: an entry for each open session (start and last time in
// microseconds, states of the aggregates), in order of time, with a timer at the end of the first.
#pragma once

#include "engine/plan/plan.h"
#include "operators/aggregate_calls.h"
#include "operators/late_rows.h"
#include "operators/operator.h"

#include <string>
#include <vector>

namespace weir {

class SessionAggregate : public Operator {
 public:
  // REQUIRES: a session window.
  SessionAggregate(WindowAggregateSpec spec, std::string id, SchemaPtr input, SchemaPtr output,
                   TaskState& state, const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  // A session that ends at W has not fired at W, and its window_time is a microsecond before that.
  int64_t hold_back() const override { return 1; }

 private:
  void split_off_late(const RecordBatch& batch);
  KeyBatch keys_of(const RecordBatch& batch) const;
  Status take_in(const RecordBatch& batch);
  // The session that a row at `time` belongs to from now on.
  Result<RowId> session_for(RowId head, int64_t time, const RecordBatch& batch,
                            KeyedTable& entries);
  Status join_with_previous(RowId head, RowId& entry, KeyedTable& entries);
  Status add_pending(const RecordBatch& batch, KeyedTable& entries);
  Result<Progress> fire(int64_t until, Output& out);
  Status append_result(RowId head, RowId entry, std::vector<ColumnWriter>& writers);

  int64_t start(RowId entry) { return load<int64_t>(lists_->entries().row(entry) + start_offset_); }
  int64_t last(RowId entry) { return load<int64_t>(lists_->entries().row(entry) + last_offset_); }
  void set_times(RowId entry, int64_t start, int64_t last);

  const WindowAggregateSpec spec_;
  const std::string id_;
  const SchemaPtr input_;
  const SchemaPtr output_;
  const SplitNames& names_;
  AggregateCalls calls_;
  KeyedLists* lists_ = nullptr;
  size_t start_offset_ = 0;
  size_t last_offset_ = 0;

  // Empty between elements.
  RowIndices on_time_;
  std::vector<uint64_t> hashes_;
  std::vector<LateRow> late_;
  bool split_done_ = false;

  // Scratch.
  std::vector<RowId> heads_;
  std::vector<uint32_t> pending_rows_;  // Rows whose session is known, but not their values yet.
  std::vector<std::byte*> pending_targets_;
  std::vector<Timers::Due> due_;
};

}  // namespace weir
