// sum and avg.
//
// Of int, bigint and numeric: the exact total is carry * 2^128 + sum, so that a total which leaves
// 128 bits on its way and comes back is no error, in whatever order the values come; only the
// result must fit. Narrow arguments (has_wide_sum in specs.h) cannot leave 128 bits and keep no
// carry. The count tells when all values were taken out again: then the sum is NULL.
//
// Of double: the rounded total; an infinity that no value brought along is an overflow, as in
// PostgreSQL.
#include "engine/data/decimal.h"
#include "engine/data/wide_integer.h"
#include "operators/accumulator_parts.h"

#include <cmath>
#include <limits>

namespace weir {
namespace {

// (carry * 2^128 + sum) * 10^digits / count, rounded half away from zero. Absent on overflow.
std::optional<Int128> wide_average(Int128 sum, int64_t carry, int64_t count, int digits) {
  // The total in two's complement, then its magnitude.
  Uint256 total{.high = static_cast<Uint128>(Int128{carry} + (sum < 0 ? -1 : 0)),
                .low = static_cast<Uint128>(sum)};
  const bool negative = static_cast<Int128>(total.high) < 0;
  if (negative) total = subtract_wide({}, total);
  const std::optional<Uint256> scaled =
      multiply_wide(total, static_cast<Uint128>(power_of_ten(digits)));
  if (!scaled) return std::nullopt;
  const Uint128 divisor = static_cast<Uint128>(count);
  const std::optional<Division> division = divide_wide(*scaled, divisor);
  const Uint128 limit = static_cast<Uint128>(power_of_ten(kNumericPrecisionMax));
  if (!division || division->quotient >= limit) return std::nullopt;
  const bool up = division->remainder >= divisor - division->remainder;
  const Int128 average = static_cast<Int128>(division->quotient) + (up ? 1 : 0);
  if (!fits_precision(average, kNumericPrecisionMax)) return std::nullopt;
  return negative ? -average : average;
}

template <typename In>
class ExactSumAccumulator : public Accumulator {
 public:
  ExactSumAccumulator(const AggregateCall& call, const Type& argument, StatePlace place)
      : call_(call),
        scale_(argument.scale()),
        wide_(has_wide_sum(argument)),
        sum_(place.slot(0)),
        count_(place.slot(1)),
        carry_(place.slot(wide_ ? 2 : 1)) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable&) override {
    const In* values = arguments[0]->values<In>();
    for (size_t i = 0; i < input.count; ++i) {
      add_to(input.targets[i], values[input.rows[i]]);
      count_.add(input.targets[i], 1);
    }
    return {};
  }

  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable&) override {
    const Int128* sums = partials[0]->values<Int128>();
    const int64_t* counts = partials[1]->values<int64_t>();
    const int64_t* carries = wide_ ? partials[2]->values<int64_t>() : nullptr;
    each_value(*partials[0], input, [&](std::byte* target, uint32_t row) {
      add_to(target, sums[row]);
      count_.add(target, counts[row]);
      if (wide_) carry_.add(target, carries[row]);
    });
    return {};
  }

  Status merge_rows(const AccumulatorRows& rows, KeyedTable&) override {
    each_state(sum_, rows, [&](std::byte* target, const std::byte* source) {
      add_to(target, sum_.get<Int128>(source));
      count_.add(target, count_.get(source));
      if (wide_) carry_.add(target, carry_.get(source));
    });
    return {};
  }

  bool can_retract() const override { return true; }
  void retract_rows(const AccumulatorRows& rows) override {
    each_state(sum_, rows, [&](std::byte* target, const std::byte* source) {
      const Int128 value = sum_.get<Int128>(source);
      Int128 sum = 0;
      if (__builtin_sub_overflow(sum_.get<Int128>(target), value, &sum)) {
        carry_over(target, value < 0 ? 1 : -1);
      }
      sum_.put(target, sum);
      count_.add(target, -count_.get(source));
      if (wide_) carry_.add(target, -carry_.get(source));
      const int64_t left = count_.get(target);
      CHECK(left >= 0);
      if (left > 0) return;
      CHECK(sum == 0);
      sum_.clear<Int128>(target);
    });
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const std::byte* from = table.row(row);
    if (sum_.is_null(from)) {
      out.append_null();
      return {};
    }
    const Int128 sum = sum_.get<Int128>(from);
    const int64_t carry = wide_ ? carry_.get(from) : 0;
    if (call_.function == AggregateFunction::kAvg) {
      return finish_average(sum, carry, count_.get(from), out);
    }
    return carry != 0 ? exact_overflow(call_) : finish_sum(sum, out);
  }

 private:
  void add_to(std::byte* target, Int128 value) const {
    Int128 sum = 0;
    if (__builtin_add_overflow(sum_.get<Int128>(target), value, &sum)) {
      carry_over(target, value < 0 ? -1 : 1);
    }
    sum_.put(target, sum);
  }
  void carry_over(std::byte* target, int64_t by) const {
    CHECK(wide_);
    carry_.add(target, by);
  }

  Status finish_sum(Int128 sum, ColumnWriter& out) const {
    if (out.type().kind() == TypeKind::kBigint) {
      const bool fits =
          sum >= std::numeric_limits<int64_t>::min() && sum <= std::numeric_limits<int64_t>::max();
      if (!fits) return exact_overflow(call_);
      out.append(static_cast<int64_t>(sum));
    } else {
      if (!fits_precision(sum, kNumericPrecisionMax)) return exact_overflow(call_);
      out.append(sum);
    }
    return {};
  }

  Status finish_average(Int128 sum, int64_t carry, int64_t count, ColumnWriter& out) const {
    CHECK(count > 0);
    const int scale = out.type().scale();
    const std::optional<Int128> average = carry == 0
                                              ? decimal_divide(sum, scale_, count, 0, scale)
                                              : wide_average(sum, carry, count, scale - scale_);
    if (!average.has_value()) return exact_overflow(call_);
    out.append(*average);
    return {};
  }

  const AggregateCall call_;
  const int scale_;
  const bool wide_;
  Slot sum_;
  Counter count_;
  Counter carry_;  // If wide_.
};

class DoubleSumAccumulator : public Accumulator {
 public:
  DoubleSumAccumulator(const AggregateCall& call, StatePlace place)
      : call_(call), sum_(place.slot(0)) {
    if (call.function == AggregateFunction::kAvg) count_.emplace(place.slot(1));
  }

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable&) override {
    const double* values = arguments[0]->values<double>();
    bool overflowed = false;
    for (size_t i = 0; i < input.count; ++i) {
      overflowed |= !add_to(input.targets[i], values[input.rows[i]]);
      if (count_) count_->add(input.targets[i], 1);
    }
    if (overflowed) return double_overflow(call_);
    return {};
  }

  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable&) override {
    const double* sums = partials[0]->values<double>();
    const int64_t* counts = count_ ? partials[1]->values<int64_t>() : nullptr;
    bool overflowed = false;
    each_value(*partials[0], input, [&](std::byte* target, uint32_t row) {
      overflowed |= !add_to(target, sums[row]);
      if (count_) count_->add(target, counts[row]);
    });
    if (overflowed) return double_overflow(call_);
    return {};
  }

  Status merge_rows(const AccumulatorRows& rows, KeyedTable&) override {
    bool overflowed = false;
    each_state(sum_, rows, [&](std::byte* target, const std::byte* source) {
      overflowed |= !add_to(target, sum_.get<double>(source));
      if (count_) count_->add(target, count_->get(source));
    });
    if (overflowed) return double_overflow(call_);
    return {};
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const std::byte* from = table.row(row);
    if (sum_.is_null(from)) {
      out.append_null();
      return {};
    }
    const double sum = sum_.get<double>(from);
    out.append(count_ ? sum / static_cast<double>(count_->get(from)) : sum);
    return {};
  }

 private:
  bool add_to(std::byte* target, double value) const {
    const double before = sum_.get<double>(target);
    const double sum = before + value;
    sum_.put(target, sum);
    return !std::isinf(sum) || std::isinf(before) || std::isinf(value);
  }

  const AggregateCall call_;
  Slot sum_;
  std::optional<Counter> count_;
};

}  // namespace

std::unique_ptr<Accumulator> make_sum(const AggregateCall& call, const Type& argument,
                                      StatePlace place) {
  switch (argument.kind()) {
    case TypeKind::kInt:
      return std::make_unique<ExactSumAccumulator<int32_t>>(call, argument, place);
    case TypeKind::kBigint:
      return std::make_unique<ExactSumAccumulator<int64_t>>(call, argument, place);
    case TypeKind::kNumeric:
      return std::make_unique<ExactSumAccumulator<Int128>>(call, argument, place);
    case TypeKind::kDouble: return std::make_unique<DoubleSumAccumulator>(call, place);
    default: break;  // aggregate_type refused it.
  }
  unreachable();
}

}  // namespace weir
