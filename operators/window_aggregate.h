// Keyed aggregation over windows that are aligned for all keys (tumble, hop, cumulate, and windows
// that rows bring along), whole or as one of the two phases around an exchange. Sessions:
// session_aggregate.h.
//
//   whole    rows in, one result row a (key, window) when the watermark reaches the window's end
//   partial  rows in, partial states out: when the watermark reaches the first window of a slice,
//   at
//            a barrier, and when too many groups are held; no late row passes it, so it is the
//            phase that judges lateness
//   final    partial states in, results out
//
// A row is counted once, in its slice (engine/time/slices.h); where windows do not overlap, slices
// are windows. Where they do, the windows in turn are merged out of the slices inside them. A row
// that is late for some windows of its slice goes into a slice of its own that only the others take
// in.
//
// State: "<id>.groups" (key -> states, by slice), and for each DISTINCT aggregate
// "<id>.distinct.<n>" (key, value -> nothing), whose rows belong to the key group of the key, so
// that they move with the group. A slice goes when its last window has fired.
#pragma once

#include "engine/plan/plan.h"
#include "engine/time/slices.h"
#include "operators/aggregate_calls.h"
#include "operators/first_rows.h"
#include "operators/late_rows.h"
#include "operators/operator.h"
#include "operators/window_parts.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class WindowAggregate : public Operator {
 public:
  // `first`: which of the results are wanted; absent: all. REQUIRES: not a session; no DISTINCT
  // over windows that overlap.
  WindowAggregate(WindowAggregateSpec spec, std::string id, SchemaPtr input, SchemaPtr output,
                  std::optional<FirstRows> first, TaskState& state, const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;
  bool rows_may_leave() const override { return true; }

 private:
  // The values of a DISTINCT aggregate that were met.
  struct Distinct {
    size_t call;
    SlicedTable* values;
  };
  // The rows of a batch that fall into one slice.
  struct SliceRows {
    SliceId id;
    RowIndices rows;
    std::vector<uint64_t> hashes;  // Of their keys; empty where there are no key columns.
    std::vector<std::vector<uint64_t>> distinct_hashes;  // Of key and value, by distinct_.
  };

  bool is_partial() const { return spec_.phase == AggregatePhase::kPartial; }
  bool is_final() const { return spec_.phase == AggregatePhase::kFinal; }
  void declare_state(TaskState& state);

  SliceRows& rows_of(SliceId id);
  void split_by_slice(const RecordBatch& batch);
  void split_into_windows(const RecordBatch& batch);
  void split_into_slices(const RecordBatch& batch);
  void split_as_given(const RecordBatch& batch);
  void hash_slice(const RecordBatch& batch, SliceRows& slice) const;
  KeyBatch keys_of(const RecordBatch& batch, const SliceRows& slice) const;
  KeyBatch distinct_keys_of(const RecordBatch& batch, const Distinct& distinct,
                            const uint64_t* hashes) const;

  Status take_in(const RecordBatch& batch, const SliceRows& slice);
  AccumulatorInput new_distinct(const Distinct& distinct, const RecordBatch& batch, SliceId id,
                                const AccumulatorInput& input, const uint64_t* hashes);

  // Emits the windows that are due at or before `until`, a few batches at a time.
  Result<Progress> fire(int64_t until, Output& out);
  // Goes to the next part of the window that fires: there may be groups to emit then. kEnd: it has
  // fired.
  Result<WindowParts::Step> show_more();
  // Which groups of a table can be results, where not all are wanted.
  Result<std::vector<RowId>> choose(const KeyedTable& groups);
  Status keep_best(const KeyedTable& groups);
  Result<ColumnPtr> order_column(const KeyedTable& groups, const std::vector<RowId>& rows) const;
  // How far fire_next_ goes.
  size_t results_end() const { return chooses_ ? chosen_.size() : shown_->ids_end(); }
  Result<RecordBatch> next_results();
  Status append_result(RowId row, std::vector<ColumnWriter>& writers) const;

  const WindowAggregateSpec spec_;
  const std::string id_;
  const std::string step_;  // The vertex's id: what a late row says it missed.
  const SchemaPtr input_;
  const SchemaPtr output_;
  const SplitNames& names_;
  std::vector<size_t> key_columns_;  // Of the input: the keys, and the start of given windows.
  AggregateCalls calls_;
  const std::optional<Slices> slices_;  // Where windows overlap.
  SlicedTable* groups_ = nullptr;
  std::vector<Distinct> distinct_;
  const std::optional<FirstRows> first_;
  const bool chooses_;
  std::optional<FirstRowsFinder> finder_;
  std::unique_ptr<WindowParts> windows_;

  // Empty between elements: what the element in work was split into, and how far firing has come.
  std::vector<SliceRows> split_;
  std::vector<LateRow> late_;
  uint64_t late_pairs_ = 0;
  bool split_done_ = false;
  bool taken_in_ = false;
  std::optional<SliceId> firing_;
  const KeyedTable* shown_ = nullptr;  // Groups that are emitted; null: none.
  size_t fire_next_ = 0;
  // Where not all results are wanted: copies of those groups of each part that can be some, and at
  // the end which of them are.
  std::optional<KeyedTable> best_;
  std::vector<RowId> chosen_;

  // Scratch.
  std::vector<RowId> row_ids_;
  std::vector<std::byte*> targets_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> rows_;
  std::vector<std::byte*> new_targets_;
};

}  // namespace weir
