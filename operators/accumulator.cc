#include "operators/accumulator.h"

#include "operators/accumulator_parts.h"

#include <fmt/format.h>

namespace weir {
namespace {

class CountAccumulator : public Accumulator {
 public:
  explicit CountAccumulator(StatePlace place) : count_(place.slot(0)) {}

  Status add(Columns, const AccumulatorInput& input, KeyedTable&) override {
    for (size_t i = 0; i < input.count; ++i) count_.add(input.targets[i], 1);
    return {};
  }
  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable&) override {
    const int64_t* counts = partials[0]->values<int64_t>();
    for (size_t i = 0; i < input.count; ++i) count_.add(input.targets[i], counts[input.rows[i]]);
    return {};
  }
  Status merge_rows(const AccumulatorRows& rows, KeyedTable&) override {
    for (size_t i = 0; i < rows.count; ++i) {
      count_.add(rows.targets[i], count_.get(rows.sources[i]));
    }
    return {};
  }
  bool can_retract() const override { return true; }
  void retract_rows(const AccumulatorRows& rows) override {
    for (size_t i = 0; i < rows.count; ++i) {
      count_.add(rows.targets[i], -count_.get(rows.sources[i]));
    }
  }
  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    out.append(count_.get(table.row(row)));
    return {};
  }

 private:
  Counter count_;
};

}  // namespace

void Accumulator::retract_rows(const AccumulatorRows&) {
  CHECK(can_retract());
  unreachable();  // Whoever can retract overrides this.
}

Error exact_overflow(const AggregateCall& call) {
  return bad_data(fmt::format(
      "{} out of range while aggregating into column \"{}\": cast the argument to a wider type",
      to_text(call.type), call.name));
}

Error double_overflow(const AggregateCall& call) {
  return bad_data(
      fmt::format("value out of range: overflow while aggregating into column \"{}\": cast the "
                  "argument to numeric, or divide it first",
                  call.name));
}

std::unique_ptr<Accumulator> make_accumulator(const AggregateCall& call,
                                              const std::optional<Type>& argument,
                                              const RowLayout& layout, size_t first_column) {
  const StatePlace place{&layout, first_column};
  switch (call.function) {
    case AggregateFunction::kCountStar:
    case AggregateFunction::kCount: return std::make_unique<CountAccumulator>(place);
    case AggregateFunction::kSum:
    case AggregateFunction::kAvg: return make_sum(call, *argument, place);
    case AggregateFunction::kMin:
    case AggregateFunction::kBoolAnd: return make_extreme(false, *argument, place);
    case AggregateFunction::kMax:
    case AggregateFunction::kBoolOr: return make_extreme(true, *argument, place);
    case AggregateFunction::kStddevSamp:
    case AggregateFunction::kStddevPop:
    case AggregateFunction::kVarSamp:
    case AggregateFunction::kVarPop: return make_deviation(call, *argument, place);
    case AggregateFunction::kArrayAgg: return make_array_agg(call, place);
    case AggregateFunction::kStringAgg: return make_string_agg(call, place);
    case AggregateFunction::kFirstValue: return make_end(false, call, place);
    case AggregateFunction::kLastValue: return make_end(true, call, place);
    case AggregateFunction::kApproxCountDistinct: return make_approx_distinct(place);
    case AggregateFunction::kApproxPercentile:
      return make_approx_percentile(call, *argument, place);
  }
  unreachable();
}

}  // namespace weir
