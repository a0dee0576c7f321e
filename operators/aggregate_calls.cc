#include "operators/aggregate_calls.h"

#include <algorithm>
#include <numeric>

namespace weir {

namespace {

bool tells_apart(const AggregateCall& call) {
  return call.distinct && !ignores_duplicates(call.function);
}

}  // namespace

AggregateCalls::AggregateCalls(std::vector<AggregateCall> calls, AggregatePhase phase,
                               const Schema& input, DistinctWhere distinct)
    : phase_(phase), distinct_(distinct) {
  for (AggregateCall& aggregate : calls) {
    Call& call = calls_.emplace_back();
    call.argument = argument_type(aggregate, input);
    AggregateCall plain = aggregate;  // The state in a row is the same with and without DISTINCT.
    plain.distinct = false;
    call.told_apart = distinct == DistinctWhere::kState && tells_apart(aggregate);
    if (call.told_apart) plain.function = AggregateFunction::kArrayAgg;
    const std::vector<Field> states =
        partial_fields(plain, call.argument.value_or(TypeKind::kBigint));
    call.state_columns = states.size();
    for (const Field& field : states) state_types_.push_back(field.type);
    const size_t inputs = phase == AggregatePhase::kFinal ? states.size() : 1;
    for (size_t i = 0; i < inputs && aggregate.argument.has_value(); ++i) {
      call.inputs.push_back(*aggregate.argument + i);
    }
    if (phase != AggregatePhase::kFinal) {
      for (const SortKey& key : aggregate.order) call.inputs.push_back(key.column);
    }
    call.call = std::move(aggregate);
  }
}

void AggregateCalls::bind(const RowLayout& layout, size_t first_column) {
  first_column_ = first_column;
  size_t column = first_column;
  for (Call& call : calls_) {
    call.accumulator = call.told_apart ? make_told_apart(call.call, *call.argument, layout, column)
                                       : make_accumulator(call.call, call.argument, layout, column);
    column += call.state_columns;
  }
}

bool AggregateCalls::is_distinct(size_t i) const {
  const AggregateCall& call = calls_[i].call;
  return tells_apart(call) && distinct_ == DistinctWhere::kOwner;
}

Status AggregateCalls::add(const RecordBatch& batch, const AccumulatorInput& input,
                           KeyedTable& table) {
  for (size_t i = 0; i < calls_.size(); ++i) {
    TRY(add_chosen(i, batch, chosen(i, batch, input), table));
  }
  return {};
}

Status AggregateCalls::add_chosen(size_t i, const RecordBatch& batch, const AccumulatorInput& input,
                                  KeyedTable& table) {
  if (input.count == 0) return {};
  Call& call = calls_[i];
  columns_.clear();
  for (const size_t column : call.inputs) columns_.push_back(batch.columns[column].get());
  if (phase_ == AggregatePhase::kFinal) return call.accumulator->merge(columns_, input, table);
  return call.accumulator->add(columns_, input, table);
}

AccumulatorInput AggregateCalls::chosen(size_t i, const RecordBatch& batch,
                                        const AccumulatorInput& input) {
  const Call& call = calls_[i];
  const bool from_rows = phase_ != AggregatePhase::kFinal;
  const Column* argument =
      from_rows && !call.inputs.empty() ? batch.columns[call.inputs[0]].get() : nullptr;
  const Column* filter =
      call.call.filter.has_value() ? batch.columns[*call.call.filter].get() : nullptr;
  const bool has_nulls =
      argument != nullptr && argument->has_nulls() && !takes_nulls(call.call.function);
  if (filter == nullptr && !has_nulls) {
    if (is_distinct(i)) {
      places_.resize(input.count);
      std::iota(places_.begin(), places_.end(), 0U);
    }
    return input;
  }
  rows_.clear();
  targets_.clear();
  places_.clear();
  for (size_t k = 0; k < input.count; ++k) {
    const uint32_t row = input.rows[k];
    if (has_nulls && argument->is_null(row)) continue;
    if (filter != nullptr && (filter->is_null(row) || !filter->boolean(row))) continue;
    rows_.push_back(row);
    targets_.push_back(input.targets[k]);
    places_.push_back(static_cast<uint32_t>(k));
  }
  return {rows_.data(), targets_.data(), rows_.size()};
}

Status AggregateCalls::merge_rows(const AccumulatorRows& rows, KeyedTable& table) {
  for (Call& call : calls_) TRY(call.accumulator->merge_rows(rows, table));
  return {};
}

bool AggregateCalls::can_retract() const {
  return std::all_of(calls_.begin(), calls_.end(),
                     [](const Call& call) { return call.accumulator->can_retract(); });
}

void AggregateCalls::retract_rows(const AccumulatorRows& rows) {
  for (Call& call : calls_) call.accumulator->retract_rows(rows);
}

Status AggregateCalls::finish(const KeyedTable& table, RowId row,
                              std::vector<ColumnWriter>& writers, size_t first) const {
  for (const Call& call : calls_) TRY(call.accumulator->finish(table, row, writers[first++]));
  return {};
}

void AggregateCalls::append_states(const KeyedTable& table, RowId row, const Schema& output,
                                   std::vector<ColumnWriter>& writers, size_t first) const {
  for (size_t i = 0; i < state_types_.size(); ++i) {
    const size_t column = first_column_ + i;
    // A count of no rows is NULL in the table, and is sent as what it is.
    if (!output.fields[first + i].nullable && table.layout().is_null(table.row(row), column)) {
      writers[first + i].append(int64_t{0});
    } else {
      table.append_to(writers[first + i], row, column);
    }
  }
}

}  // namespace weir
