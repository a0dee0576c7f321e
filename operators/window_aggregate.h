// Keyed aggregation over tumbling windows, whole or as one of the two phases around an exchange.
//
//   whole    rows in, one result row a (key, window) when the watermark reaches the window's end
//   partial  rows in, partial states out: when the watermark reaches a slice's end, at a barrier,
//   and when too many
//            groups are held; no late row passes it, so it is the phase that judges lateness
//   final    partial states in, results out
//
// State: a table for each window end, "<id>.groups" (key -> partial states), and for each DISTINCT
// aggregate
// "<id>.distinct.<n>" (key, value -> nothing), whose rows belong to the key group of the key, so
// that they move with the group. Both go when their window has fired.
#pragma once

#include "engine/plan/plan.h"
#include "operators/accumulator.h"
#include "operators/late_rows.h"
#include "operators/operator.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class WindowAggregate : public Operator {
 public:
  WindowAggregate(WindowAggregateSpec spec, std::string id, SchemaPtr input, SchemaPtr output,
                  TaskState& state, const SplitNames& names);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

 private:
  // One aggregate: its call, where its input columns are, and its state.
  struct Call {
    AggregateCall call;
    std::vector<size_t> inputs;  // The argument, or in the final phase the partial columns.
    std::unique_ptr<Accumulator> accumulator;
    SlicedTable* distinct = nullptr;
    size_t distinct_index = 0;  // Among the calls that have such a table.
    size_t first_column = 0;    // In the groups table.
    size_t partial_columns = 0;
  };
  // The rows of a batch that fall into one window.
  struct Slice {
    int64_t end = 0;
    RowIndices rows;
    std::vector<uint64_t> hashes;  // Of their keys; empty where there are no key columns.
    std::vector<std::vector<uint64_t>>
        distinct_hashes;  // Of key and value, by Call::distinct_index.
  };

  bool is_partial() const { return spec_.phase == AggregatePhase::kPartial; }
  void declare_state(TaskState& state);

  int64_t window_end(int64_t time) const;
  Slice& slice_of(int64_t end);
  void split_by_window(const RecordBatch& batch);
  void hash_slice(const RecordBatch& batch, Slice& slice) const;
  KeyBatch keys_of(const RecordBatch& batch, const Slice& slice) const;
  KeyBatch distinct_keys_of(const RecordBatch& batch, const Call& call,
                            const uint64_t* hashes) const;

  Status take_in(const RecordBatch& batch, const Slice& slice);
  Status add_call(Call& call, const RecordBatch& batch, const Slice& slice, KeyedTable& groups);
  AccumulatorInput new_distinct(Call& call, const RecordBatch& batch, int64_t end,
                                const AccumulatorInput& input, const uint64_t* hashes);

  // Emits the slices that end at or before `until`, a few batches at a time.
  Result<Progress> fire(int64_t until, Output& out);
  Result<RecordBatch> next_results(int64_t end, KeyedTable& groups);
  Status append_result(const KeyedTable& groups, RowId row, int64_t end,
                       std::vector<ColumnWriter>& writers) const;

  const WindowAggregateSpec spec_;
  const std::string id_;
  const std::string step_;  // The vertex's id: what a late row says it missed.
  const SchemaPtr input_;
  const SchemaPtr output_;
  const SplitNames& names_;
  std::vector<Call> calls_;
  SlicedTable* groups_ = nullptr;

  // Empty between elements: what the element in work was split into, and how far firing has come.
  std::vector<Slice> slices_;
  std::vector<LateRow> late_;
  bool split_done_ = false;
  bool taken_in_ = false;
  RowId fire_next_ = 0;

  // Scratch.
  std::vector<RowId> row_ids_;
  std::vector<std::byte*> targets_;
  std::vector<const Column*> columns_;
  std::vector<uint32_t> chosen_rows_;
  std::vector<std::byte*> chosen_targets_;
  std::vector<uint64_t> chosen_hashes_;
};

}  // namespace weir
