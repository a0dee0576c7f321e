#include "operators/accumulator.h"

#include "engine/data/decimal.h"
#include "engine/expr/order.h"

#include <fmt/format.h>

#include <limits>
#include <tuple>

namespace weir {
namespace {

// One state column of a row.
struct Slot {
  const RowLayout* layout;
  size_t column;

  bool is_null(const std::byte* row) const { return layout->is_null(row, column); }
  std::byte* value(std::byte* row) const { return row + layout->offset(column); }
  const std::byte* value(const std::byte* row) const { return row + layout->offset(column); }

  template <typename T>
  T get(const std::byte* row) const {
    return load<T>(value(row));
  }
  template <typename T>
  void put(std::byte* row, T value_to_put) const {
    store(value(row), value_to_put);
    layout->clear_null(row, column);
  }
};

// Calls f(target, batch row) for each value that is not NULL.
template <typename F>
void each_value(const Column& column, const AccumulatorInput& input, F&& f) {
  if (!column.has_nulls()) {
    for (size_t i = 0; i < input.count; ++i) f(input.targets[i], input.rows[i]);
    return;
  }
  for (size_t i = 0; i < input.count; ++i) {
    if (!column.is_null(input.rows[i])) f(input.targets[i], input.rows[i]);
  }
}

Error overflow(const AggregateCall& call) {
  return bad_data(fmt::format(
      "{} out of range while aggregating into column \"{}\": cast the argument to a wider type",
      to_text(call.type), call.name));
}

class CountAccumulator : public Accumulator {
 public:
  explicit CountAccumulator(Slot count) : count_(count) {}

  Status add(const Column*, const AccumulatorInput& input, KeyedTable&) override {
    for (size_t i = 0; i < input.count; ++i) add_to(input.targets[i], 1);
    return {};
  }
  Status merge(const std::vector<const Column*>& partials, const AccumulatorInput& input,
               KeyedTable&) override {
    const int64_t* counts = partials[0]->values<int64_t>();
    each_value(*partials[0], input,
               [&](std::byte* target, uint32_t row) { add_to(target, counts[row]); });
    return {};
  }
  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const std::byte* from = table.row(row);
    out.append(count_.is_null(from) ? int64_t{0} : count_.get<int64_t>(from));
    return {};
  }

  void add_to(std::byte* target, int64_t n) const {
    count_.put(target, count_.get<int64_t>(target) + n);  // NULL slots hold zero.
  }
  int64_t count(const std::byte* row) const { return count_.get<int64_t>(row); }

 private:
  Slot count_;
};

// Sums arguments held as In in a state held as State; avg is the same with a count beside it.
template <typename In, typename State>
class SumAccumulator : public Accumulator {
 public:
  SumAccumulator(const AggregateCall& call, int argument_scale, Slot sum,
                 std::optional<CountAccumulator> count)
      : call_(call), scale_(argument_scale), sum_(sum), count_(count) {}

  Status add(const Column* argument, const AccumulatorInput& input, KeyedTable&) override {
    const In* values = argument->values<In>();
    bool overflowed = false;
    for (size_t i = 0; i < input.count; ++i) {
      overflowed |= !add_to(input.targets[i], static_cast<State>(values[input.rows[i]]));
      if (count_.has_value()) count_->add_to(input.targets[i], 1);
    }
    if (overflowed) return overflow(call_);
    return {};
  }

  Status merge(const std::vector<const Column*>& partials, const AccumulatorInput& input,
               KeyedTable& table) override {
    const State* sums = partials[0]->values<State>();
    bool overflowed = false;
    each_value(*partials[0], input,
               [&](std::byte* target, uint32_t row) { overflowed |= !add_to(target, sums[row]); });
    if (overflowed) return overflow(call_);
    if (!count_.has_value()) return {};
    return count_->merge({partials[1]}, input, table);
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const std::byte* from = table.row(row);
    if (sum_.is_null(from)) {
      out.append_null();
      return {};
    }
    return count_.has_value() ? finish_average(from, out) : finish_sum(from, out);
  }

 private:
  bool add_to(std::byte* target, State value) const {
    State sum = sum_.get<State>(target);
    bool ok = true;
    if constexpr (std::is_floating_point_v<State>) {
      sum += value;
    } else {
      ok = !__builtin_add_overflow(sum, value, &sum);
    }
    sum_.put(target, sum);
    return ok;
  }

  Status finish_sum(const std::byte* from, ColumnWriter& out) const {
    const State sum = sum_.get<State>(from);
    if constexpr (std::is_floating_point_v<State>) {
      out.append(sum);
    } else if (out.type().kind() == TypeKind::kBigint) {
      const bool fits =
          sum >= std::numeric_limits<int64_t>::min() && sum <= std::numeric_limits<int64_t>::max();
      if (!fits) return overflow(call_);
      out.append(static_cast<int64_t>(sum));
    } else {
      if (!fits_precision(sum, kNumericPrecisionMax)) return overflow(call_);
      out.append(sum);
    }
    return {};
  }

  Status finish_average(const std::byte* from, ColumnWriter& out) const {
    const State sum = sum_.get<State>(from);
    const int64_t count = count_->count(from);
    CHECK(count > 0);
    if constexpr (std::is_floating_point_v<State>) {
      out.append(sum / static_cast<double>(count));
    } else {
      const std::optional<Int128> average =
          decimal_divide(sum, scale_, count, 0, out.type().scale());
      if (!average.has_value()) return overflow(call_);
      out.append(*average);
    }
    return {};
  }

  AggregateCall call_;
  int scale_;
  Slot sum_;
  std::optional<CountAccumulator> count_;
};

// By length; of equal ones ("1 month", "30 days") one is the lesser, so that the order of rows does
// not decide.
bool interval_less(const Interval& a, const Interval& b) {
  const Int128 length_a = interval_length(a);
  const Int128 length_b = interval_length(b);
  if (length_a != length_b) return length_a < length_b;
  return std::tie(a.months, a.days) < std::tie(b.months, b.days);
}

// min and max of types of fixed width.
template <typename T>
class ExtremeAccumulator : public Accumulator {
 public:
  ExtremeAccumulator(bool want_max, Slot slot) : want_max_(want_max), slot_(slot) {}

  Status add(const Column* argument, const AccumulatorInput& input, KeyedTable&) override {
    const T* values = argument->values<T>();
    each_value(*argument, input, [&](std::byte* target, uint32_t row) {
      const T value = values[row];
      if (slot_.is_null(target) || better(value, slot_.get<T>(target))) slot_.put(target, value);
    });
    return {};
  }
  Status merge(const std::vector<const Column*>& partials, const AccumulatorInput& input,
               KeyedTable& table) override {
    return add(partials[0], input, table);
  }
  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    table.append_to(out, row, slot_.column);
    return {};
  }

 private:
  bool better(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>) {  // NaN is the greatest value, as in PostgreSQL.
      const bool a_greater = a > b || (a != a && b == b);
      const bool a_less = a < b || (b != b && a == a);
      return want_max_ ? a_greater : a_less;
    } else if constexpr (std::is_same_v<T, Interval>) {
      return want_max_ ? interval_less(b, a) : interval_less(a, b);
    } else {
      return want_max_ ? a > b : a < b;
    }
  }

  bool want_max_;
  Slot slot_;
};

class TextExtremeAccumulator : public Accumulator {
 public:
  TextExtremeAccumulator(bool want_max, Slot slot) : want_max_(want_max), slot_(slot) {}

  Status add(const Column* argument, const AccumulatorInput& input, KeyedTable& table) override {
    each_value(*argument, input, [&](std::byte* target, uint32_t row) {
      const std::string_view value = argument->text(row);
      if (!slot_.is_null(target)) {
        const int order = value.compare(slot_.get<StoredText>(target).view());
        if (want_max_ ? order <= 0 : order >= 0) return;
      }
      table.store_text(slot_.value(target), value);
      slot_.layout->clear_null(target, slot_.column);
    });
    return {};
  }
  Status merge(const std::vector<const Column*>& partials, const AccumulatorInput& input,
               KeyedTable& table) override {
    return add(partials[0], input, table);
  }
  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    table.append_to(out, row, slot_.column);
    return {};
  }

 private:
  bool want_max_;
  Slot slot_;
};

std::unique_ptr<Accumulator> make_sum(const AggregateCall& call, const Type& argument, Slot sum,
                                      std::optional<CountAccumulator> count) {
  switch (argument.kind()) {
    case TypeKind::kInt:
      return std::make_unique<SumAccumulator<int32_t, Int128>>(call, 0, sum, count);
    case TypeKind::kBigint:
      return std::make_unique<SumAccumulator<int64_t, Int128>>(call, 0, sum, count);
    case TypeKind::kNumeric:
      return std::make_unique<SumAccumulator<Int128, Int128>>(call, argument.scale(), sum, count);
    case TypeKind::kDouble:
      return std::make_unique<SumAccumulator<double, double>>(call, 0, sum, count);
    default: break;  // aggregate_type refused it.
  }
  unreachable();
}

std::unique_ptr<Accumulator> make_extreme(bool want_max, const Type& argument, Slot slot) {
  switch (argument.kind()) {
    case TypeKind::kInt:
    case TypeKind::kDate: return std::make_unique<ExtremeAccumulator<int32_t>>(want_max, slot);
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
      return std::make_unique<ExtremeAccumulator<int64_t>>(want_max, slot);
    case TypeKind::kNumeric: return std::make_unique<ExtremeAccumulator<Int128>>(want_max, slot);
    case TypeKind::kDouble: return std::make_unique<ExtremeAccumulator<double>>(want_max, slot);
    case TypeKind::kInterval: return std::make_unique<ExtremeAccumulator<Interval>>(want_max, slot);
    case TypeKind::kText:
    case TypeKind::kBytea: return std::make_unique<TextExtremeAccumulator>(want_max, slot);
    default: break;  // aggregate_type refused it.
  }
  unreachable();
}

}  // namespace

std::unique_ptr<Accumulator> make_accumulator(const AggregateCall& call,
                                              const std::optional<Type>& argument,
                                              const RowLayout& layout, size_t first_column) {
  const Slot first{&layout, first_column};
  switch (call.function) {
    case AggregateFunction::kCountStar:
    case AggregateFunction::kCount: return std::make_unique<CountAccumulator>(first);
    case AggregateFunction::kSum: return make_sum(call, *argument, first, std::nullopt);
    case AggregateFunction::kAvg:
      return make_sum(call, *argument, first, CountAccumulator({&layout, first_column + 1}));
    case AggregateFunction::kMin: return make_extreme(false, *argument, first);
    case AggregateFunction::kMax: return make_extreme(true, *argument, first);
  }
  unreachable();
}

}  // namespace weir
