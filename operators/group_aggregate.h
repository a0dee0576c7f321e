// Keyed aggregation without a window: the row of a group leaves with the first row of its keys, is
// taken back and replaced whenever it changes, and goes with the last row of its keys.
//
// Every batch gives at most one change of each group. Rows that take back others are taken out of
// the states where that is exact (counts, sums and averages of what is not double); where it is
// not, the rows of the group are kept and added up anew. Of no keys there is one group, which
// leaves at the end even if no row came.
//
// State: "<id>.groups", a row for each group: states and the number of its rows;
// "<id>.distinct.<n>", the values that were met of an aggregate with DISTINCT; where rows are kept,
// "<id>.rows" instead of both: a list for each group, whose head is as a row of "<id>.groups".
#pragma once

#include "operators/aggregate_calls.h"
#include "operators/changes.h"
#include "operators/key_life.h"
#include "operators/row_order.h"
#include "state/task_state.h"

#include <string>
#include <vector>

namespace weir {

class GroupAggregate : public Operator {
 public:
  // `stage` is of this spec.
  GroupAggregate(GroupAggregateSpec spec, const StagePlan& stage, TaskState& state);

  Readiness prefetch(Port port, const Element& element) override;
  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

 private:
  struct Distinct {
    size_t call;
    UnslicedTable* values;
    std::vector<uint64_t> hashes;  // Of the batch in work, by place in its selection.
  };
  // A group that the batch in work changes.
  struct Touched {
    RowId group;
    bool was_there;
  };
  // Results of groups, one below the other.
  struct Results {
    std::vector<ColumnWriter> writers;
    uint32_t rows = 0;
  };

  void declare_state(const StagePlan& stage, TaskState& state);
  KeyedTable& groups() { return lists_ != nullptr ? lists_->heads() : groups_->table(); }
  Timers& timers() { return lists_ != nullptr ? lists_->timers() : groups_->timers(); }
  void hash(const RecordBatch& batch);
  KeyBatch keys_of(const RecordBatch& batch) const;

  Status take_in(const RecordBatch& batch, Output& out);
  void begin_anew(RowId group);
  void clear_states(RowId group);
  void count_rows(const RecordBatch& batch);
  Status add(const RecordBatch& batch);
  Status take_out(const RecordBatch& batch);
  Status keep_and_add(const RecordBatch& batch);
  RowId find_kept(RowId group, const RecordBatch& batch, uint32_t row) const;
  Status add_up_anew(RowId group);
  KeyBatch distinct_keys_of(const RecordBatch& batch, const Distinct& distinct,
                            const uint64_t* hashes) const;
  AccumulatorInput new_distinct(const Distinct& distinct, const RecordBatch& batch,
                                const AccumulatorInput& input);
  Progress expire(int64_t watermark);
  Status emit_empty(Output& out);
  void erase_all();

  int64_t rows_of(RowId group) { return load<int64_t>(groups().row(group) + rows_offset_); }
  void set_rows(RowId group, int64_t rows);
  Results begin_results(size_t rows) const;
  Status append_result(RowId group, Results& results);
  std::vector<ColumnPtr> finish(Results results) const;
  Status emit_changes(Results before, Results after, Output& out);
  void emit(const std::vector<ColumnPtr>& columns, const RowIndices& rows,
            const std::vector<ChangeKind>& changes, Output& out);

  const GroupAggregateSpec spec_;
  const std::string id_;
  const SchemaPtr input_;
  const SchemaPtr output_;
  KeyLife life_;
  const bool owns_all_;  // The group of no keys.
  AggregateCalls calls_;
  std::vector<size_t> kept_;  // Columns of the input that kept rows have.
  std::vector<Distinct> distinct_;
  UnslicedTable* groups_ = nullptr;
  KeyedLists* lists_ = nullptr;    // Where rows are kept.
  std::optional<RowOrder> order_;  // Of kept rows, to find one.
  std::optional<KeyedTable> scratch_;
  size_t rows_offset_ = 0;
  size_t rows_column_ = 0;

  // Empty between elements.
  std::vector<uint64_t> hashes_;
  bool hashed_ = false;

  // Scratch.
  std::vector<RowId> ids_;  // By place in the batch's selection.
  std::vector<Touched> touched_;
  std::vector<uint32_t> rows_;
  std::vector<std::byte*> targets_;
  std::vector<uint32_t> new_rows_;
  std::vector<std::byte*> new_targets_;
};

}  // namespace weir
