// min and max, and bool_and and bool_or, which are the same of false and true.
#include "engine/expr/order.h"
#include "operators/accumulator_parts.h"

#include <tuple>

namespace weir {
namespace {

// By length; of equal ones ("1 month", "30 days") one is the lesser, so that the order of rows does
// not decide.
bool less(const Interval& a, const Interval& b) {
  const Int128 length_a = interval_length(a);
  const Int128 length_b = interval_length(b);
  if (length_a != length_b) return length_a < length_b;
  return std::tie(a.months, a.days) < std::tie(b.months, b.days);
}
bool less(double a, double b) { return double_less(a, b); }
template <typename T>
bool less(T a, T b) {
  return a < b;
}

// Of types of fixed width.
template <typename T>
class ExtremeAccumulator : public Accumulator {
 public:
  ExtremeAccumulator(bool want_max, StatePlace place) : want_max_(want_max), slot_(place.slot(0)) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable&) override {
    const Column& column = *arguments[0];
    if constexpr (std::is_same_v<T, bool>) {
      each_value(column, input,
                 [&](std::byte* target, uint32_t row) { take(target, column.boolean(row)); });
    } else {
      const T* values = column.values<T>();
      each_value(column, input,
                 [&](std::byte* target, uint32_t row) { take(target, values[row]); });
    }
    return {};
  }
  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable& table) override {
    return add(partials, input, table);
  }
  Status merge_rows(const AccumulatorRows& rows, KeyedTable&) override {
    each_state(slot_, rows, [&](std::byte* target, const std::byte* source) {
      take(target, slot_.get<T>(source));
    });
    return {};
  }
  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    table.append_to(out, row, slot_.column);
    return {};
  }

 private:
  void take(std::byte* target, T value) const {
    if (!slot_.is_null(target)) {
      const T best = slot_.get<T>(target);
      if (!(want_max_ ? less(best, value) : less(value, best))) return;
    }
    slot_.put(target, value);
  }

  bool want_max_;
  Slot slot_;
};

class TextExtremeAccumulator : public Accumulator {
 public:
  TextExtremeAccumulator(bool want_max, StatePlace place)
      : want_max_(want_max), slot_(place.slot(0)) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable& table) override {
    const Column& column = *arguments[0];
    each_value(column, input,
               [&](std::byte* target, uint32_t row) { take(target, column.text(row), table); });
    return {};
  }
  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable& table) override {
    return add(partials, input, table);
  }
  Status merge_rows(const AccumulatorRows& rows, KeyedTable& table) override {
    each_state(slot_, rows, [&](std::byte* target, const std::byte* source) {
      const StoredText stored = slot_.get<StoredText>(source);
      take(target, stored.view(), table);
    });
    return {};
  }
  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    table.append_to(out, row, slot_.column);
    return {};
  }

 private:
  void take(std::byte* target, std::string_view value, KeyedTable& table) const {
    if (!slot_.is_null(target)) {
      const StoredText stored = slot_.get<StoredText>(target);
      const int order = value.compare(stored.view());
      if (want_max_ ? order <= 0 : order >= 0) return;
    }
    table.store_text(slot_.value(target), value);
    slot_.layout->clear_null(target, slot_.column);
  }

  bool want_max_;
  Slot slot_;
};

}  // namespace

std::unique_ptr<Accumulator> make_extreme(bool want_max, const Type& argument, StatePlace place) {
  switch (argument.kind()) {
    case TypeKind::kBoolean: return std::make_unique<ExtremeAccumulator<bool>>(want_max, place);
    case TypeKind::kInt:
    case TypeKind::kDate: return std::make_unique<ExtremeAccumulator<int32_t>>(want_max, place);
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
      return std::make_unique<ExtremeAccumulator<int64_t>>(want_max, place);
    case TypeKind::kNumeric: return std::make_unique<ExtremeAccumulator<Int128>>(want_max, place);
    case TypeKind::kDouble: return std::make_unique<ExtremeAccumulator<double>>(want_max, place);
    case TypeKind::kInterval:
      return std::make_unique<ExtremeAccumulator<Interval>>(want_max, place);
    case TypeKind::kText:
    case TypeKind::kBytea: return std::make_unique<TextExtremeAccumulator>(want_max, place);
    default: break;  // aggregate_type refused it.
  }
  unreachable();
}

}  // namespace weir
