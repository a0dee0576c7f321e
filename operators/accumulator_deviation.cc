// var_samp, var_pop, stddev_samp and stddev_pop.
//
// Of int, bigint and numeric: with n values v, exact sums S of v and Q of v * v, the variance is
// (n * Q - S * S) / (n * (n - 1)), or / (n * n) of the population; it and its root are rounded
// once, half away from zero. The squares only grow: whether Q leaves 128 bits does not depend on
// order, and S cannot leave them before Q does.
//
// Of double: the sum and the sum of squared distances from the mean, updated and merged after
// Youngs and Cramer, as PostgreSQL does.
#include "engine/data/decimal.h"
#include "engine/data/wide_integer.h"
#include "operators/accumulator_parts.h"

#include <cmath>
#include <limits>

namespace weir {
namespace {

bool is_sample(AggregateFunction function) {
  return function == AggregateFunction::kStddevSamp || function == AggregateFunction::kVarSamp;
}

bool is_root(AggregateFunction function) {
  return function == AggregateFunction::kStddevSamp || function == AggregateFunction::kStddevPop;
}

std::optional<Int128> as_numeric(Uint256 value) {
  if (value.high != 0 || value.low >= static_cast<Uint128>(power_of_ten(kNumericPrecisionMax))) {
    return std::nullopt;
  }
  return static_cast<Int128>(value.low);
}

// dividend / divisor, whose scale is `from`, at scale `to`. Absent on overflow.
std::optional<Int128> rounded_quotient(Uint256 dividend, Uint128 divisor, int from, int to) {
  if (to < from) {
    // Dividing twice rounds as dividing once: what the first division drops cannot lift a value
    // below a half up to it.
    const Uint256 whole = divide_fully(dividend, divisor).quotient;
    if (whole.high != 0 || whole.low > (Uint128{1} << 127) - 1) return std::nullopt;
    return rescale(static_cast<Int128>(whole.low), from, to);
  }
  const std::optional<Uint256> scaled =
      multiply_wide(dividend, static_cast<Uint128>(power_of_ten(to - from)));
  if (!scaled) return std::nullopt;
  WideDivision division = divide_fully(*scaled, divisor);
  if (division.remainder >= divisor - division.remainder) {
    division.quotient = add_wide(division.quotient, {0, 1});
  }
  return as_numeric(division.quotient);
}

// The root of dividend / divisor, whose scale is 2 * `from`, at scale `to` >= `from`.
std::optional<Int128> rounded_root(Uint256 dividend, Uint128 divisor, int from, int to) {
  const std::optional<Uint256> scaled =
      multiply_wide(dividend, static_cast<Uint128>(power_of_ten(2 * (to - from))));
  if (!scaled) return std::nullopt;
  const WideDivision division = divide_fully(*scaled, divisor);
  const SquareRoot root = square_root(division.quotient);
  // (r + 1/2)^2 is r^2 + r + 1/4.
  const Uint256 r{0, root.root};
  const bool quarter = division.remainder >= (divisor + 3) / 4;
  if (root.rest > r || (root.rest == r && quarter)) return as_numeric(add_wide(r, {0, 1}));
  return as_numeric(r);
}

struct ExactSums {
  int64_t count = 0;
  Int128 sum = 0;
  Int128 squares = 0;
};

// False on overflow.
bool take_in(ExactSums& into, const ExactSums& more) {
  into.count += more.count;
  return !__builtin_add_overflow(into.squares, more.squares, &into.squares) &&
         !__builtin_add_overflow(into.sum, more.sum, &into.sum);
}

bool one_value(Int128 value, ExactSums* out) {
  *out = {.count = 1, .sum = value};
  return !__builtin_mul_overflow(value, value, &out->squares);
}

struct DoubleSums {
  int64_t count = 0;
  double sum = 0;
  double squares = 0;  // Of the distances from the mean.
};

bool take_in(DoubleSums& into, const DoubleSums& more) {
  if (into.count == 0) {
    into = more;
    return true;
  }
  const double n_into = static_cast<double>(into.count);
  const double n_more = static_cast<double>(more.count);
  const double sum = into.sum + more.sum;
  const double apart = into.sum / n_into - more.sum / n_more;
  const double squares =
      into.squares + more.squares + n_into * n_more * apart * apart / (n_into + n_more);
  const bool overflowed = (std::isinf(sum) || std::isinf(squares)) && std::isfinite(into.sum) &&
                          std::isfinite(more.sum);
  into = {.count = into.count + more.count, .sum = sum, .squares = squares};
  return !overflowed;
}

bool one_value(double value, DoubleSums* out) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  *out = {.count = 1, .sum = value, .squares = std::isfinite(value) ? 0 : kNaN};
  return true;
}

// In is the memory form of the argument, Sums that of the state, whose last two parts are Number.
template <typename In, typename Sums, typename Number>
class DeviationAccumulator : public Accumulator {
 public:
  DeviationAccumulator(const AggregateCall& call, const Type& argument, StatePlace place)
      : call_(call),
        scale_(argument.scale()),
        count_(place.slot(0)),
        sum_(place.slot(1)),
        squares_(place.slot(2)) {}

  Status add(Columns arguments, const AccumulatorInput& input, KeyedTable&) override {
    const In* values = arguments[0]->values<In>();
    bool ok = true;
    for (size_t i = 0; i < input.count; ++i) {
      Sums one;
      ok &= one_value(values[input.rows[i]], &one);
      ok &= take(input.targets[i], one);
    }
    return ok ? Status() : overflow();
  }

  Status merge(Columns partials, const AccumulatorInput& input, KeyedTable&) override {
    const int64_t* counts = partials[0]->values<int64_t>();
    const Number* sums = partials[1]->values<Number>();
    const Number* squares = partials[2]->values<Number>();
    bool ok = true;
    each_value(*partials[1], input, [&](std::byte* target, uint32_t row) {
      ok &= take(target, {.count = counts[row], .sum = sums[row], .squares = squares[row]});
    });
    return ok ? Status() : overflow();
  }

  Status merge_rows(const AccumulatorRows& rows, KeyedTable&) override {
    bool ok = true;
    each_state(sum_, rows, [&](std::byte* target, const std::byte* source) {
      ok &= take(target, state_of(source));
    });
    return ok ? Status() : overflow();
  }

  Status finish(const KeyedTable& table, RowId row, ColumnWriter& out) const override {
    const Sums state = state_of(table.row(row));
    if (state.count == 0 || (state.count == 1 && is_sample(call_.function))) {
      out.append_null();
      return {};
    }
    return finish_state(state, out);
  }

 private:
  Sums state_of(const std::byte* row) const {  // NULL slots hold zero.
    return {.count = count_.get<int64_t>(row),
            .sum = sum_.get<Number>(row),
            .squares = squares_.get<Number>(row)};
  }
  bool take(std::byte* target, const Sums& more) const {
    Sums state = state_of(target);
    const bool ok = take_in(state, more);
    count_.put(target, state.count);
    sum_.put(target, state.sum);
    squares_.put(target, state.squares);
    return ok;
  }
  Error overflow() const {
    return std::is_same_v<Sums, DoubleSums> ? double_overflow(call_) : exact_overflow(call_);
  }

  Status finish_state(const DoubleSums& state, ColumnWriter& out) const {
    const double n = static_cast<double>(state.count);
    const double variance = state.squares / (is_sample(call_.function) ? n - 1 : n);
    out.append(is_root(call_.function) ? std::sqrt(variance) : variance);
    return {};
  }

  Status finish_state(const ExactSums& state, ColumnWriter& out) const {
    const Uint128 n = static_cast<Uint128>(state.count);
    const Uint128 sum = magnitude_of(state.sum);
    const Uint256 dividend = subtract_wide(multiply_wide(n, static_cast<Uint128>(state.squares)),
                                           multiply_wide(sum, sum));
    const Uint128 divisor = n * (is_sample(call_.function) ? n - 1 : n);
    const int to = out.type().scale();
    const std::optional<Int128> result = is_root(call_.function)
                                             ? rounded_root(dividend, divisor, scale_, to)
                                             : rounded_quotient(dividend, divisor, 2 * scale_, to);
    if (!result) return exact_overflow(call_);
    out.append(*result);
    return {};
  }

  const AggregateCall call_;
  const int scale_;
  Slot count_;
  Slot sum_;
  Slot squares_;
};

}  // namespace

std::unique_ptr<Accumulator> make_deviation(const AggregateCall& call, const Type& argument,
                                            StatePlace place) {
  switch (argument.kind()) {
    case TypeKind::kInt:
      return std::make_unique<DeviationAccumulator<int32_t, ExactSums, Int128>>(call, argument,
                                                                                place);
    case TypeKind::kBigint:
      return std::make_unique<DeviationAccumulator<int64_t, ExactSums, Int128>>(call, argument,
                                                                                place);
    case TypeKind::kNumeric:
      return std::make_unique<DeviationAccumulator<Int128, ExactSums, Int128>>(call, argument,
                                                                               place);
    case TypeKind::kDouble:
      return std::make_unique<DeviationAccumulator<double, DoubleSums, double>>(call, argument,
                                                                                place);
    default: break;  // aggregate_type refused it.
  }
  unreachable();
}

}  // namespace weir
