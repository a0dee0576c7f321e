// Arithmetic with intervals, dates and moments: PostgreSQL's calendar rules, the time zone being
// UTC.
#include "engine/data/calendar.h"
#include "engine/data/text_form.h"
#include "engine/expr/function.h"
#include "engine/expr/loops.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace weir {
namespace {

constexpr int kDaysPerMonth = 30;

std::string shown(const Interval& interval) {
  std::string text;
  append_interval(text, interval);
  return text;
}

std::string shown_time(int64_t micros) {
  std::string text;
  append_timestamp(text, micros, false, TimeStyle::kPostgres);
  return text;
}

void put_moved(const KernelCall& call, uint32_t row, int64_t micros, const Interval& by) {
  const std::optional<int64_t> moved = add_interval(micros, by);
  if (moved) return call.out.set(row, *moved);
  call.fail(row, fmt::format("timestamp out of range: {} + {}", shown_time(micros), shown(by)));
}

// moment + interval; `reversed` where the interval is the first argument.
template <bool reversed, bool negative>
void move_moment(const KernelCall& call) {
  const FixedValues<int64_t> moment(call.args[reversed ? 1 : 0]);
  const FixedValues<Interval> interval(call.args[reversed ? 0 : 1]);
  call.rows.each([&](uint32_t row) {
    if (!negative) return put_moved(call, row, moment[row], interval[row]);
    const std::optional<Interval> opposite = negate(interval[row]);
    if (opposite) return put_moved(call, row, moment[row], *opposite);
    call.fail(row, fmt::format("interval out of range: -({})", shown(interval[row])));
  });
}

template <bool reversed, bool negative>
void move_date(const KernelCall& call) {
  const FixedValues<int32_t> date(call.args[reversed ? 1 : 0]);
  const FixedValues<Interval> interval(call.args[reversed ? 0 : 1]);
  call.rows.each([&](uint32_t row) {
    int64_t micros;
    if (__builtin_mul_overflow(int64_t{date[row]}, kMicrosPerDay, &micros)) {
      return call.fail(row, "date out of range for timestamp");
    }
    std::optional<Interval> by = interval[row];
    if (negative) by = negate(*by);
    if (by) return put_moved(call, row, micros, *by);
    call.fail(row, fmt::format("interval out of range: -({})", shown(interval[row])));
  });
}

// Whole days apart, the rest in hours and less.
void moments_apart(const KernelCall& call) {
  const FixedValues<int64_t> a(call.args[0]);
  const FixedValues<int64_t> b(call.args[1]);
  Interval* out = call.out.values<Interval>();
  call.rows.each([&](uint32_t row) {
    int64_t micros;
    if (__builtin_sub_overflow(a[row], b[row], &micros)) {
      return call.fail(row, fmt::format("interval out of range: {} - {}", shown_time(a[row]),
                                        shown_time(b[row])));
    }
    out[row] = {.months = 0,
                .days = static_cast<int32_t>(micros / kMicrosPerDay),
                .micros = micros % kMicrosPerDay};
  });
}

template <bool negative>
void shift_date(const KernelCall& call) {
  const FixedValues<int32_t> date(call.args[0]);
  const FixedValues<int32_t> days(call.args[1]);
  int32_t* out = call.out.values<int32_t>();
  call.rows.each([&](uint32_t row) {
    const bool overflow = negative ? __builtin_sub_overflow(date[row], days[row], &out[row])
                                   : __builtin_add_overflow(date[row], days[row], &out[row]);
    if (overflow) call.fail(row, fmt::format("date out of range: by {} days", days[row]));
  });
}

void date_after(const KernelCall& call) {  // int + date
  const FixedValues<int32_t> days(call.args[0]);
  const FixedValues<int32_t> date(call.args[1]);
  int32_t* out = call.out.values<int32_t>();
  call.rows.each([&](uint32_t row) {
    if (__builtin_add_overflow(date[row], days[row], &out[row])) {
      call.fail(row, fmt::format("date out of range: by {} days", days[row]));
    }
  });
}

void days_apart(const KernelCall& call) {
  const FixedValues<int32_t> a(call.args[0]);
  const FixedValues<int32_t> b(call.args[1]);
  int32_t* out = call.out.values<int32_t>();
  call.rows.each([&](uint32_t row) {
    if (__builtin_sub_overflow(a[row], b[row], &out[row])) {
      call.fail(row, "integer out of range: difference of dates");
    }
  });
}

template <bool negative>
void add_intervals(const KernelCall& call) {
  const FixedValues<Interval> a(call.args[0]);
  const FixedValues<Interval> b(call.args[1]);
  Interval* out = call.out.values<Interval>();
  const auto combine = [](auto x, auto y, auto* to) {
    return negative ? __builtin_sub_overflow(x, y, to) : __builtin_add_overflow(x, y, to);
  };
  call.rows.each([&](uint32_t row) {
    const Interval x = a[row];
    const Interval y = b[row];
    Interval sum;
    const bool overflow = combine(x.months, y.months, &sum.months) |
                          combine(x.days, y.days, &sum.days) |
                          combine(x.micros, y.micros, &sum.micros);
    if (overflow) {
      return call.fail(row, fmt::format("interval out of range: {} {} {}", shown(x),
                                        negative ? '-' : '+', shown(y)));
    }
    out[row] = sum;
  });
}

void negate_interval(const KernelCall& call) {
  const FixedValues<Interval> a(call.args[0]);
  Interval* out = call.out.values<Interval>();
  call.rows.each([&](uint32_t row) {
    const std::optional<Interval> opposite = negate(a[row]);
    if (!opposite) {
      return call.fail(row, fmt::format("interval out of range: -({})", shown(a[row])));
    }
    out[row] = *opposite;
  });
}

// To the microsecond, as seconds held in a double are rounded.
double to_micros(double value) { return std::rint(value * 1e6) / 1e6; }

template <typename T>
bool assign(double value, T& to) {
  // Limits of integers: the upper one is exclusive, since it is no double for 64 bits.
  constexpr double kLimit = -static_cast<double>(std::numeric_limits<T>::min());
  if (!(value >= -kLimit && value < kLimit)) return false;
  to = static_cast<T>(value);
  return true;
}

// Each part by `scale`; what a fraction of a month or of a day leaves is passed down to days and to
// microseconds. Absent on overflow.
template <typename Scale>
std::optional<Interval> scaled(const Interval& interval, Scale&& scale) {
  Interval result;
  const double months = scale(interval.months);
  const double days = scale(interval.days);
  if (!assign(months, result.months) || !assign(days, result.days)) return std::nullopt;
  const double month_days = to_micros((months - result.months) * kDaysPerMonth);
  const double whole_month_days = std::trunc(month_days);
  constexpr double kSecondsPerDay = 86'400;
  double seconds = to_micros((days - result.days + month_days - whole_month_days) * kSecondsPerDay);
  double carried = whole_month_days;
  if (std::fabs(seconds) >= kSecondsPerDay) {
    const double extra = std::trunc(seconds / kSecondsPerDay);
    carried += extra;
    seconds -= extra * kSecondsPerDay;
  }
  if (!assign(result.days + carried, result.days)) return std::nullopt;
  const double micros = std::rint(scale(static_cast<double>(interval.micros)) + seconds * 1e6);
  if (!assign(micros, result.micros)) return std::nullopt;
  return result;
}

template <bool reversed>
void scale_interval(const KernelCall& call) {
  const FixedValues<Interval> interval(call.args[reversed ? 1 : 0]);
  const FixedValues<double> factor(call.args[reversed ? 0 : 1]);
  call.rows.each([&](uint32_t row) {
    const double by = factor[row];
    const auto result = scaled(interval[row], [by](double part) { return part * by; });
    if (result) return call.out.set(row, *result);
    call.fail(row, fmt::format("interval out of range: ({}) * {}", shown(interval[row]), by));
  });
}

void divide_interval(const KernelCall& call) {
  const FixedValues<Interval> interval(call.args[0]);
  const FixedValues<double> divisor(call.args[1]);
  call.rows.each([&](uint32_t row) {
    const double by = divisor[row];
    if (by == 0) return call.fail(row, "division by zero");
    const auto result = scaled(interval[row], [by](double part) { return part / by; });
    if (result) return call.out.set(row, *result);
    call.fail(row, fmt::format("interval out of range: ({}) / {}", shown(interval[row]), by));
  });
}

constexpr TypeKind kDate = TypeKind::kDate;
constexpr TypeKind kTimestamp = TypeKind::kTimestamp;
constexpr TypeKind kTimestamptz = TypeKind::kTimestamptz;
constexpr TypeKind kInterval = TypeKind::kInterval;
constexpr TypeKind kInt = TypeKind::kInt;
constexpr TypeKind kDouble = TypeKind::kDouble;

constexpr Function entry(std::string_view name, TypeKind a, TypeKind b, TypeKind result,
                         Kernel kernel) {
  return {.name = name,
          .args = takes(a, b),
          .result = result,
          .kernel = kernel,
          .nulls = Nulls::kTolerated};
}

constexpr Function kFunctions[] = {
    entry("+", kTimestamp, kInterval, kTimestamp, move_moment<false, false>),
    entry("+", kTimestamptz, kInterval, kTimestamptz, move_moment<false, false>),
    entry("+", kInterval, kTimestamp, kTimestamp, move_moment<true, false>),
    entry("+", kInterval, kTimestamptz, kTimestamptz, move_moment<true, false>),
    entry("-", kTimestamp, kInterval, kTimestamp, move_moment<false, true>),
    entry("-", kTimestamptz, kInterval, kTimestamptz, move_moment<false, true>),
    entry("+", kDate, kInterval, kTimestamp, move_date<false, false>),
    entry("+", kInterval, kDate, kTimestamp, move_date<true, false>),
    entry("-", kDate, kInterval, kTimestamp, move_date<false, true>),
    entry("-", kTimestamp, kTimestamp, kInterval, moments_apart),
    entry("-", kTimestamptz, kTimestamptz, kInterval, moments_apart),
    entry("+", kDate, kInt, kDate, shift_date<false>),
    entry("-", kDate, kInt, kDate, shift_date<true>),
    entry("+", kInt, kDate, kDate, date_after),
    entry("-", kDate, kDate, kInt, days_apart),
    entry("+", kInterval, kInterval, kInterval, add_intervals<false>),
    entry("-", kInterval, kInterval, kInterval, add_intervals<true>),
    entry("*", kInterval, kDouble, kInterval, scale_interval<false>),
    entry("*", kDouble, kInterval, kInterval, scale_interval<true>),
    entry("/", kInterval, kDouble, kInterval, divide_interval),
    {.name = "-",
     .args = takes(kInterval),
     .result = kInterval,
     .kernel = negate_interval,
     .nulls = Nulls::kTolerated},
};

}  // namespace

FunctionFamily interval_functions() { return kFunctions; }

}  // namespace weir
