// date_trunc, date_bin and extract.
#include "engine/data/decimal.h"
#include "engine/data/text_form.h"
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/time_unit.h"

#include <fmt/format.h>

namespace weir {
namespace {

constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
constexpr int kMonthsPerYear = 12;

class UnitArgument : public Prepared {
 public:
  explicit UnitArgument(TimeUnit named) : unit(named) {}
  const TimeUnit unit;
};

Error unknown_unit(std::string_view name, const Type& type) {
  return user_error(fmt::format("unit \"{}\" not recognized for type {}", name, to_text(type)));
}
Error unsupported_unit(std::string_view name, const Type& type) {
  return user_error(fmt::format("unit \"{}\" not supported for type {}", name, to_text(type)));
}

// The length of the units that are stretches of equal length, aligned to midnight; 0 for others.
int64_t length_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMicroseconds: return 1;
    case TimeUnit::kMilliseconds: return 1000;
    case TimeUnit::kSecond: return kMicrosPerSecond;
    case TimeUnit::kMinute: return kMicrosPerMinute;
    case TimeUnit::kHour: return kMicrosPerHour;
    case TimeUnit::kDay: return kMicrosPerDay;
    default: return 0;
  }
}

// The first day of the week, month, year, ... that holds the day.
int32_t first_day(TimeUnit unit, int32_t days) {
  if (unit == TimeUnit::kWeek) return days - weekday_of(days);
  CivilDate date = civil_from_days(days);
  date.day = 1;
  if (unit == TimeUnit::kMonth) return days_from_civil(date);
  if (unit == TimeUnit::kQuarter) {
    date.month -= (date.month - 1) % 3;
    return days_from_civil(date);
  }
  date.month = 1;
  if (unit == TimeUnit::kDecade) date.year = decade_of(date.year) * 10;
  const auto start_of = [](int32_t number, int32_t size) {
    return number > 0 ? (number - 1) * size + 1 : number * size + 1;
  };
  if (unit == TimeUnit::kCentury) date.year = start_of(century_of(date.year), 100);
  if (unit == TimeUnit::kMillennium) date.year = start_of(millennium_of(date.year), 1000);
  return days_from_civil(date);
}

bool is_truncatable(TimeUnit unit) { return unit <= TimeUnit::kMillennium; }

std::optional<int64_t> start_of_unit(TimeUnit unit, int64_t micros) {
  if (const int64_t length = length_of(unit); length != 0) {
    const int64_t rest = micros % length;
    int64_t start = micros - rest;
    if (rest < 0 && __builtin_sub_overflow(start, length, &start)) return std::nullopt;
    return start;
  }
  int64_t start;
  if (__builtin_mul_overflow(int64_t{first_day(unit, day_of(micros))}, kMicrosPerDay, &start)) {
    return std::nullopt;
  }
  return start;
}

Result<TimeUnit> unit_for_trunc(std::string_view name, const Type& type) {
  const std::optional<TimeUnit> unit = time_unit_named(name);
  if (!unit) return unknown_unit(name, type);
  const bool week_of_interval = *unit == TimeUnit::kWeek && type.kind() == TypeKind::kInterval;
  if (!is_truncatable(*unit) || week_of_interval) return unsupported_unit(name, type);
  return *unit;
}

Result<std::unique_ptr<Prepared>> prepare_trunc(Arguments args) {
  const std::string* name = constant_text(args, 0);
  if (name == nullptr) return std::unique_ptr<Prepared>();
  const TimeUnit unit = TRY(unit_for_trunc(*name, args[1].type));
  return std::unique_ptr<Prepared>(std::make_unique<UnitArgument>(unit));
}

// Calls f(row, unit) for each row whose unit is known.
template <typename F>
void each_unit(const KernelCall& call, F&& f) {
  if (call.prepared != nullptr) {
    const TimeUnit unit = static_cast<const UnitArgument*>(call.prepared)->unit;
    return call.rows.each([&](uint32_t row) { f(row, unit); });
  }
  const TextValues names(call.args[0]);
  call.rows.each([&](uint32_t row) {
    const Result<TimeUnit> unit = unit_for_trunc(names[row], call.args[1].type());
    if (!unit.ok()) return call.fail(row, unit.error().message);
    f(row, *unit);
  });
}

void truncate_moment(const KernelCall& call) {
  const FixedValues<int64_t> moment(call.args[1]);
  each_unit(call, [&](uint32_t row, TimeUnit unit) {
    const std::optional<int64_t> start = start_of_unit(unit, moment[row]);
    if (!start) return call.fail(row, "timestamp out of range: its unit starts too early");
    call.out.set(row, *start);
  });
}

Interval truncated(TimeUnit unit, Interval interval) {
  if (const int64_t length = length_of(unit); length != 0) {
    interval.micros = unit == TimeUnit::kDay ? 0 : interval.micros - interval.micros % length;
    return interval;
  }
  int32_t months = 1;
  if (unit == TimeUnit::kQuarter) months = 3;
  if (unit == TimeUnit::kYear) months = kMonthsPerYear;
  if (unit == TimeUnit::kDecade) months = 10 * kMonthsPerYear;
  if (unit == TimeUnit::kCentury) months = 100 * kMonthsPerYear;
  if (unit == TimeUnit::kMillennium) months = 1000 * kMonthsPerYear;
  return {.months = interval.months - interval.months % months, .days = 0, .micros = 0};
}

void truncate_interval(const KernelCall& call) {
  const FixedValues<Interval> interval(call.args[1]);
  each_unit(call, [&](uint32_t row, TimeUnit unit) {
    call.out.set(row, truncated(unit, interval[row]));
  });
}

// The start of the stride-long bin, counted from the origin, that holds the moment.
void bin(const KernelCall& call) {
  const FixedValues<Interval> stride(call.args[0]);
  const FixedValues<int64_t> moment(call.args[1]);
  const FixedValues<int64_t> origin(call.args[2]);
  call.rows.each([&](uint32_t row) {
    if (stride[row].months != 0) {
      return call.fail(row, "timestamps cannot be binned into intervals with months or years");
    }
    const std::optional<int64_t> length = interval_to_micros(stride[row]);
    if (!length || *length <= 0) return call.fail(row, "stride must be greater than zero");
    int64_t distance;
    if (__builtin_sub_overflow(moment[row], origin[row], &distance)) {
      return call.fail(row, "timestamp out of range: too far from the origin");
    }
    const int64_t rest = distance % *length;
    int64_t start = moment[row] - rest;
    if (rest < 0 && __builtin_sub_overflow(start, *length, &start)) {
      return call.fail(row, "timestamp out of range: its bin starts too early");
    }
    call.out.set(row, start);
  });
}

int scale_of(TimeUnit unit, TypeKind from) {
  switch (unit) {
    case TimeUnit::kSecond: return 6;
    case TimeUnit::kEpoch: return from == TypeKind::kDate ? 0 : 6;
    case TimeUnit::kMilliseconds: return 3;
    default: return 0;
  }
}

Result<TimeUnit> unit_for_extract(Arguments args) {
  const std::string* name = constant_text(args, 0);
  if (name == nullptr) return user_error("extract needs a constant as its field, such as 'hour'");
  const Type& type = args[1].type;
  const std::optional<TimeUnit> unit = time_unit_named(*name);
  if (!unit) return unknown_unit(*name, type);
  const bool time_of_date = type.kind() == TypeKind::kDate && *unit < TimeUnit::kDay;
  const bool calendar_of_interval =
      type.kind() == TypeKind::kInterval && (*unit == TimeUnit::kWeek || *unit > TimeUnit::kEpoch);
  if (time_of_date || calendar_of_interval) return unsupported_unit(*name, type);
  return *unit;
}

Result<Type> type_of_extract(Arguments args) {
  const TimeUnit unit = TRY(unit_for_extract(args));
  return Type::numeric(kNumericPrecisionMax, scale_of(unit, args[1].type.kind()));
}

Result<std::unique_ptr<Prepared>> prepare_extract(Arguments args) {
  const TimeUnit unit = TRY(unit_for_extract(args));
  return std::unique_ptr<Prepared>(std::make_unique<UnitArgument>(unit));
}

int64_t field_of_day(TimeUnit unit, int32_t days) {
  const CivilDate date = civil_from_days(days);
  switch (unit) {
    case TimeUnit::kDay: return date.day;
    case TimeUnit::kWeek: return iso_week_of(days).week;
    case TimeUnit::kMonth: return date.month;
    case TimeUnit::kQuarter: return (date.month - 1) / 3 + 1;
    case TimeUnit::kYear:  // There is no year 0: the one before 1 is -1.
      return date.year > 0 ? date.year : date.year - 1;
    case TimeUnit::kDecade: return decade_of(date.year);
    case TimeUnit::kCentury: return century_of(date.year);
    case TimeUnit::kMillennium: return millennium_of(date.year);
    case TimeUnit::kDow: return (weekday_of(days) + 1) % 7;
    case TimeUnit::kIsodow: return weekday_of(days) + 1;
    case TimeUnit::kDoy: return day_of_year(days);
    case TimeUnit::kIsoyear: {
      const int32_t year = iso_week_of(days).year;
      return year > 0 ? year : year - 1;
    }
    default: unreachable();
  }
}

// In units of the result's scale: seconds are given in microseconds.
int64_t field_of_moment(TimeUnit unit, int64_t micros) {
  const int64_t time = time_of_day(micros);
  switch (unit) {
    case TimeUnit::kMicroseconds:
    case TimeUnit::kMilliseconds:
    case TimeUnit::kSecond: return time % kMicrosPerMinute;
    case TimeUnit::kMinute: return time % kMicrosPerHour / kMicrosPerMinute;
    case TimeUnit::kHour: return time / kMicrosPerHour;
    case TimeUnit::kEpoch: return micros;
    default: return field_of_day(unit, day_of(micros));
  }
}

// A year of an interval counts 365.25 days here, as in PostgreSQL.
Int128 seconds_of(const Interval& interval) {
  const int64_t quarter_days = int64_t{interval.months / kMonthsPerYear} * 1461 +
                               int64_t{interval.months % kMonthsPerYear} * 120 +
                               int64_t{interval.days} * 4;
  return Int128{quarter_days} * (kMicrosPerDay / 4) + interval.micros;
}

Int128 field_of_interval(TimeUnit unit, const Interval& interval) {
  const int32_t years = interval.months / kMonthsPerYear;
  switch (unit) {
    case TimeUnit::kMicroseconds:
    case TimeUnit::kMilliseconds:
    case TimeUnit::kSecond: return interval.micros % kMicrosPerMinute;
    case TimeUnit::kMinute: return interval.micros % kMicrosPerHour / kMicrosPerMinute;
    case TimeUnit::kHour: return interval.micros / kMicrosPerHour;
    case TimeUnit::kDay: return interval.days;
    case TimeUnit::kMonth: return interval.months % kMonthsPerYear;
    case TimeUnit::kQuarter: return interval.months % kMonthsPerYear / 3 + 1;
    case TimeUnit::kYear: return years;
    case TimeUnit::kDecade: return years / 10;
    case TimeUnit::kCentury: return years / 100;
    case TimeUnit::kMillennium: return years / 1000;
    case TimeUnit::kEpoch: return seconds_of(interval);
    default: unreachable();
  }
}

template <typename T, typename Field>
void extract_rows(const KernelCall& call, Field&& field) {
  const TimeUnit unit = static_cast<const UnitArgument*>(call.prepared)->unit;
  const FixedValues<T> from(call.args[1]);
  Int128* out = call.out.values<Int128>();
  call.rows.each([&](uint32_t row) { out[row] = field(unit, from[row]); });
}

void extract_from_moment(const KernelCall& call) { extract_rows<int64_t>(call, field_of_moment); }
void extract_from_date(const KernelCall& call) {
  extract_rows<int32_t>(call, [](TimeUnit unit, int32_t days) -> int64_t {
    return unit == TimeUnit::kEpoch ? int64_t{days} * 86'400 : field_of_day(unit, days);
  });
}
void extract_from_interval(const KernelCall& call) {
  extract_rows<Interval>(call, field_of_interval);
}

constexpr TypeKind kText = TypeKind::kText;
constexpr TypeKind kTimestamp = TypeKind::kTimestamp;
constexpr TypeKind kTimestamptz = TypeKind::kTimestamptz;
constexpr TypeKind kInterval = TypeKind::kInterval;

constexpr Function trunc_entry(TypeKind kind, Kernel kernel) {
  return {.name = "date_trunc",
          .args = takes(kText, kind),
          .result = kind,
          .kernel = kernel,
          .prepare = prepare_trunc};
}

constexpr Function bin_entry(TypeKind kind) {
  return {.name = "date_bin", .args = takes(kInterval, kind, kind), .result = kind, .kernel = bin};
}

constexpr Function extract_entry(TypeKind kind, Kernel kernel) {
  return {.name = "extract",
          .args = takes(kText, kind),
          .result = TypeKind::kNumeric,
          .kernel = kernel,
          .type_rule = type_of_extract,
          .prepare = prepare_extract};
}

constexpr Function kFunctions[] = {
    trunc_entry(kTimestamp, truncate_moment),
    trunc_entry(kTimestamptz, truncate_moment),
    trunc_entry(kInterval, truncate_interval),
    bin_entry(kTimestamp),
    bin_entry(kTimestamptz),
    extract_entry(kTimestamp, extract_from_moment),
    extract_entry(kTimestamptz, extract_from_moment),
    extract_entry(TypeKind::kDate, extract_from_date),
    extract_entry(kInterval, extract_from_interval),
};

}  // namespace

FunctionFamily time_functions() { return kFunctions; }

}  // namespace weir
