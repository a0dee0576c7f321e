// Vocabulary for tests of accumulators: one call over one group, in a table of its own.
#pragma once

#include "engine/data/text_form.h"
#include "operators/accumulator.h"
#include "tests/operators/rows.h"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weir {

inline ColumnPtr column_of(const Type& type, const std::vector<Cell>& values) {
  ColumnWriter writer(type, values.size());
  for (const Cell value : values) {
    if (value == kNull) {
      writer.append_null();
      continue;
    }
    const bool parsed = append_parsed(writer, value).ok();
    REQUIRE(parsed);
  }
  return std::move(writer).finish();
}

inline std::string usual_parameter(AggregateFunction function) {
  if (function == AggregateFunction::kStringAgg) return ", ";
  return function == AggregateFunction::kApproxPercentile ? "0.5" : "";
}

class OneGroup {
 public:
  OneGroup(AggregateFunction function, const char* type)
      : OneGroup(
            AggregateCall{
                .name = "a", .function = function, .parameter = usual_parameter(function)},
            type) {}
  // The type of the call's result follows.
  OneGroup(AggregateCall call, const char* type) : argument_(*type_named(type)), call_(call) {
    call_.type = *aggregate_type(call_.function, argument_);
    for (const Field& field : partial_fields(call_, argument_)) partials_.push_back(field);
    std::vector<Type> types;
    for (const Field& field : partials_) types.push_back(field.type);
    layout_ = std::make_shared<const RowLayout>(std::vector<Type>(), types);
    table_ = std::make_unique<KeyedTable>(layout_);
    accumulator_ = make_accumulator(call_, argument_, *layout_, 0);
    table_->find_or_insert({}, Selection(1), &row_);
  }

  Status add(const std::vector<Cell>& values) { return add(values, {}); }
  // With the columns that the call orders by.
  Status add(const std::vector<Cell>& values, const std::vector<ColumnPtr>& keys) {
    const ColumnPtr column = column_of(argument_, values);
    std::vector<uint32_t> rows(values.size());
    for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
    const std::vector<std::byte*> targets(values.size(), table_->change(row_));
    std::vector<const Column*> arguments = {column.get()};
    for (const ColumnPtr& key : keys) arguments.push_back(key.get());
    return accumulator_->add(arguments, {rows.data(), targets.data(), rows.size()}, *table_);
  }

  // The other's state, as a partial result would send it.
  Status merge(const OneGroup& other) {
    std::vector<ColumnPtr> columns;
    std::vector<const Column*> pointers;
    for (size_t i = 0; i < partials_.size(); ++i) {
      ColumnWriter writer(partials_[i].type, 1);
      if (!partials_[i].nullable && layout_->is_null(other.state(), i)) {
        writer.append(int64_t{0});
      } else {
        other.table_->append_to(writer, other.row_, i);
      }
      columns.push_back(std::move(writer).finish());
      pointers.push_back(columns.back().get());
    }
    const uint32_t row = 0;
    std::byte* const target = table_->change(row_);
    return accumulator_->merge(pointers, {&row, &target, 1}, *table_);
  }

  // The other's state, from its table into this one's.
  Status merge_row(const OneGroup& other) {
    std::byte* const target = table_->change(row_);
    const std::byte* const source = other.state();
    return accumulator_->merge_rows({&target, &source, 1}, *table_);
  }
  void retract_row(const OneGroup& other) {
    std::byte* const target = table_->change(row_);
    const std::byte* const source = other.state();
    accumulator_->retract_rows({&target, &source, 1});
  }

  bool can_retract() const { return accumulator_->can_retract(); }
  KeyedTable& table() { return *table_; }
  const std::byte* state() const { return std::as_const(*table_).row(row_); }

  // As text, "NULL", or the message of the error.
  std::string result() const {
    ColumnWriter writer(call_.type, 1);
    const Status status = accumulator_->finish(*table_, row_, writer);
    if (!status.ok()) return status.error().message;
    const ColumnPtr column = std::move(writer).finish();
    return column->is_null(0) ? "NULL" : value_text(*column, 0);
  }

 private:
  Type argument_;
  AggregateCall call_;
  std::vector<Field> partials_;
  std::shared_ptr<const RowLayout> layout_;
  std::unique_ptr<KeyedTable> table_;
  std::unique_ptr<Accumulator> accumulator_;
  RowId row_ = 0;
};

}  // namespace weir
