// The aggregates of a step over the rows of a table: which columns go in, which are left out, and
// what comes out. The states of all calls stand side by side in each row of the table, behind its
// key.
//
// Owned by an operator and used by its thread.
#pragma once

#include "operators/accumulator.h"

#include <memory>
#include <vector>

namespace weir {

// Where the values of a DISTINCT aggregate are told apart: in tables of the owner, which looks at
// them before it adds, or in the state itself, which holds all of them.
enum class DistinctWhere { kOwner, kState };

class AggregateCalls {
 public:
  AggregateCalls(std::vector<AggregateCall> calls, AggregatePhase phase, const Schema& input,
                 DistinctWhere distinct = DistinctWhere::kOwner);

  // Types of the value columns that hold the states.
  const std::vector<Type>& state_types() const { return state_types_; }
  // Where they stand: in columns of `layout` from `first_column` on. Once, before all that follows.
  void bind(const RowLayout& layout, size_t first_column);

  size_t size() const { return calls_.size(); }
  const AggregateCall& call(size_t i) const { return calls_[i].call; }
  // Whether the owner sees to it that equal values count once; of the extremes they do anyway.
  bool is_distinct(size_t i) const;
  // The column of the argument. REQUIRES: the call has one.
  size_t argument(size_t i) const { return calls_[i].inputs[0]; }

  // Takes rows of a batch (in kFinal: of partial states) into the states of their targets.
  Status add(const RecordBatch& batch, const AccumulatorInput& input, KeyedTable& table);
  // The same for one call; `input` is what chosen() gave.
  Status add_chosen(size_t i, const RecordBatch& batch, const AccumulatorInput& input,
                    KeyedTable& table);
  // Those of the rows that the call's FILTER lets in and whose argument is not NULL. places[k] is
  // the place in `input` of the k-th; valid until the next call.
  AccumulatorInput chosen(size_t i, const RecordBatch& batch, const AccumulatorInput& input);
  const uint32_t* places() const { return places_.data(); }

  // Brings states of rows together, or apart again.
  Status merge_rows(const AccumulatorRows& rows, KeyedTable& table);
  bool can_retract() const;
  void retract_rows(const AccumulatorRows& rows);

  // Appends the results of a row, or its states as partial columns, from writers[first] on.
  Status finish(const KeyedTable& table, RowId row, std::vector<ColumnWriter>& writers,
                size_t first) const;
  // The result of one call.
  Status finish_one(size_t i, const KeyedTable& table, RowId row, ColumnWriter& writer) const {
    return calls_[i].accumulator->finish(table, row, writer);
  }
  void append_states(const KeyedTable& table, RowId row, const Schema& output,
                     std::vector<ColumnWriter>& writers, size_t first) const;

 private:
  struct Call {
    AggregateCall call;
    std::vector<size_t> inputs;  // Columns of the batch.
    size_t state_columns = 0;
    std::optional<Type> argument;
    bool told_apart = false;  // In its state.
    std::unique_ptr<Accumulator> accumulator;
  };

  const AggregatePhase phase_;
  const DistinctWhere distinct_;
  std::vector<Call> calls_;
  std::vector<Type> state_types_;
  size_t first_column_ = 0;

  // Scratch.
  std::vector<const Column*> columns_;
  std::vector<uint32_t> rows_;
  std::vector<std::byte*> targets_;
  std::vector<uint32_t> places_;
};

}  // namespace weir
