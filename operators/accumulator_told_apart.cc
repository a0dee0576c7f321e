// An aggregate with DISTINCT whose state holds the values themselves: they are told apart, and
// added up, when the result is asked for. For states that are merged, as those of sessions are.
//
// The state is that of array_agg, ordered as the call is.
#include "engine/data/column.h"
#include "operators/accumulator_parts.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace weir {
namespace {

std::shared_ptr<const RowLayout> inner_layout(const AggregateCall& call, const Type& argument) {
  std::vector<Type> types;
  for (const Field& field : partial_fields(call, argument)) types.push_back(field.type);
  return std::make_shared<const RowLayout>(std::vector<Type>(), types);
}

AggregateCall without_distinct(AggregateCall call) {
  call.distinct = false;
  return call;
}

// The values alone: what else the call orders by is the argument itself.
AggregateCall values_of(const AggregateCall& call, const Type& argument) {
  return {.name = call.name,
          .function = AggregateFunction::kArrayAgg,
          .order = {},
          .type = Type::array(argument)};
}

class ToldApart : public Accumulator {
 public:
  ToldApart(const AggregateCall& call, const Type& argument, StatePlace place)
      : call_(without_distinct(call)),
        argument_(argument),
        values_(make_array_agg(values_of(call, argument), place)),
        layout_(inner_layout(call_, argument)),
        inner_(make_accumulator(call_, argument, *layout_, 0)) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) override {
    return values_->add(arguments.subspan(0, 1), input, table);
  }
  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable& table) override {
    return values_->merge(partials, input, table);
  }
  Status merge_rows(const AccumulatorRows& rows, KeyedTable& table) override {
    return values_->merge_rows(rows, table);
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    ColumnWriter arrays(Type::array(argument_), 1);
    TRY(values_->finish(table, row, arrays));
    const ColumnPtr array = std::move(arrays).finish();
    KeyedTable scratch(layout_, Access::kByRow);
    const RowId result = scratch.append_row(0);
    if (!array->is_null(0)) TRY(add_different(*array->children()[0], result, scratch));
    return inner_->finish(scratch, result, out);
  }

 private:
  // Equal values are neighbours.
  Status add_different(const Column& values, RowId result, KeyedTable& scratch) const {
    std::vector<uint32_t> rows;
    for (uint32_t i = 0; i < values.size(); ++i) {
      if (i == 0 || !same(values, i - 1, i)) rows.push_back(i);
    }
    const std::vector<std::byte*> targets(rows.size(), scratch.change(result));
    const std::vector<const Column*> columns(1 + call_.order.size(), &values);
    return inner_->add(columns, {rows.data(), targets.data(), rows.size()}, scratch);
  }

  static bool same(const Column& values, uint32_t a, uint32_t b) {
    if (values.is_null(a) || values.is_null(b)) return values.is_null(a) == values.is_null(b);
    if (values.type().is_text_like()) return values.text(a) == values.text(b);
    if (values.type().kind() == TypeKind::kBoolean) return values.boolean(a) == values.boolean(b);
    switch (values.type().width()) {
      case sizeof(int32_t): return values.values<int32_t>()[a] == values.values<int32_t>()[b];
      case sizeof(int64_t): return values.values<int64_t>()[a] == values.values<int64_t>()[b];
      default: return values.values<Int128>()[a] == values.values<Int128>()[b];
    }
  }

  const AggregateCall call_;
  const Type argument_;
  const std::unique_ptr<Accumulator> values_;
  const std::shared_ptr<const RowLayout> layout_;
  const std::unique_ptr<Accumulator> inner_;
};

}  // namespace

std::unique_ptr<Accumulator> make_told_apart(const AggregateCall& call, const Type& argument,
                                             const RowLayout& layout, size_t first_column) {
  return std::make_unique<ToldApart>(call, argument, StatePlace{&layout, first_column});
}

}  // namespace weir
