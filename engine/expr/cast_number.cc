// Casts between numbers, and between boolean and int.
#include "engine/data/decimal.h"
#include "engine/data/text_form.h"
#include "engine/expr/coercion.h"
#include "engine/expr/loops.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace weir {
namespace {

template <typename T>
std::string_view range_name() {
  return sizeof(T) == 4 ? "integer out of range" : "bigint out of range";
}

template <typename From, typename To>
void widen(const KernelCall& call) {
  map_unary<From, To>(call, [](From value) { return static_cast<To>(value); });
}

void bigint_to_int(const KernelCall& call) {
  const FixedValues<int64_t> from(call.args[0]);
  int32_t* out = call.out.values<int32_t>();
  call.rows.each([&](uint32_t row) {
    const int64_t value = from[row];
    if (value != static_cast<int32_t>(value)) {
      return call.fail(row, fmt::format("integer out of range: {}", value));
    }
    out[row] = static_cast<int32_t>(value);
  });
}

std::string shown(Int128 value, int scale) {
  std::string text;
  append_numeric(text, value, scale);
  return text;
}

void fail_overflow(const KernelCall& call, uint32_t row, const std::string& value) {
  call.fail(row, fmt::format("numeric field overflow: {} does not fit {}", value,
                             to_text(call.out.type())));
}

template <typename T>
void integer_to_numeric(const KernelCall& call) {
  const Type& type = call.out.type();
  const Int128 factor = power_of_ten(type.scale());
  const int digits = type.precision() - type.scale();
  if (digits >= std::numeric_limits<T>::digits10 + 1) {  // Every value fits.
    return map_unary<T, Int128>(call, [factor](T value) { return Int128{value} * factor; });
  }
  const Int128 limit = power_of_ten(digits);
  const FixedValues<T> from(call.args[0]);
  Int128* out = call.out.values<Int128>();
  call.rows.each([&](uint32_t row) {
    const Int128 value = from[row];
    if (value >= limit || value <= -limit) {
      return fail_overflow(call, row, std::to_string(from[row]));
    }
    out[row] = value * factor;
  });
}

template <typename T>
void numeric_to_integer(const KernelCall& call) {
  const int scale = call.args[0].type().scale();
  const FixedValues<Int128> from(call.args[0]);
  T* out = call.out.values<T>();
  call.rows.each([&](uint32_t row) {
    const std::optional<Int128> whole = rescale(from[row], scale, 0);
    if (!whole || *whole != static_cast<T>(*whole)) {
      return call.fail(row, fmt::format("{}: {}", range_name<T>(), shown(from[row], scale)));
    }
    out[row] = static_cast<T>(*whole);
  });
}

void numeric_to_double(const KernelCall& call) {
  const int scale = call.args[0].type().scale();
  map_unary<Int128, double>(call,
                            [scale](Int128 value) { return decimal_to_double(value, scale); });
}

void numeric_to_numeric(const KernelCall& call) {
  const Type& from_type = call.args[0].type();
  const Type& to_type = call.out.type();
  const int up = to_type.scale() - from_type.scale();
  const bool all_fit =
      up >= 0 && to_type.precision() - to_type.scale() >= from_type.precision() - from_type.scale();
  if (all_fit && from_type.precision() < kNumericPrecisionMax) {
    const Int128 factor = power_of_ten(up);
    return map_unary<Int128, Int128>(call, [factor](Int128 value) { return value * factor; });
  }
  const FixedValues<Int128> from(call.args[0]);
  Int128* out = call.out.values<Int128>();
  call.rows.each([&](uint32_t row) {
    const std::optional<Int128> scaled = rescale(from[row], from_type.scale(), to_type.scale());
    if (!scaled || !fits_precision(*scaled, to_type.precision())) {
      return fail_overflow(call, row, shown(from[row], from_type.scale()));
    }
    out[row] = *scaled;
  });
}

template <typename T>
void double_to_integer(const KernelCall& call) {
  // The greatest T is no double; one more than it is a power of two, hence one.
  constexpr double kLimit = -static_cast<double>(std::numeric_limits<T>::min());
  const FixedValues<double> from(call.args[0]);
  T* out = call.out.values<T>();
  call.rows.each([&](uint32_t row) {
    const double whole = std::rint(from[row]);
    if (!(whole >= -kLimit && whole < kLimit)) {
      return call.fail(row, fmt::format("{}: {}", range_name<T>(), from[row]));
    }
    out[row] = static_cast<T>(whole);
  });
}

void double_to_numeric(const KernelCall& call) {
  const Type& type = call.out.type();
  const FixedValues<double> from(call.args[0]);
  Int128* out = call.out.values<Int128>();
  call.rows.each([&](uint32_t row) {
    const std::optional<Int128> value = decimal_from_double(from[row], type.scale());
    if (!value || !fits_precision(*value, type.precision())) {
      return fail_overflow(call, row, fmt::format("{}", from[row]));
    }
    out[row] = *value;
  });
}

void boolean_to_int(const KernelCall& call) {
  const Operand& from = call.args[0];
  int32_t* out = call.out.values<int32_t>();
  call.rows.each(
      [&](uint32_t row) { out[row] = from.column->boolean(from.constant ? 0 : row) ? 1 : 0; });
}

void int_to_boolean(const KernelCall& call) {
  const FixedValues<int32_t> from(call.args[0]);
  write_bits(call.rows, call.out.bits(), [&](uint32_t row) { return from[row] != 0; });
}

constexpr Cast entry(TypeKind from, TypeKind to, CastKind kind, Kernel kernel) {
  return {from, to, kind, kernel, Nulls::kTolerated};
}

constexpr TypeKind kInt = TypeKind::kInt;
constexpr TypeKind kBigint = TypeKind::kBigint;
constexpr TypeKind kDouble = TypeKind::kDouble;
constexpr TypeKind kNumeric = TypeKind::kNumeric;
constexpr CastKind kImplicit = CastKind::kImplicit;
constexpr CastKind kAssignment = CastKind::kAssignment;
constexpr CastKind kExplicit = CastKind::kExplicit;

constexpr Cast kCasts[] = {
    entry(kInt, kBigint, kImplicit, widen<int32_t, int64_t>),
    entry(kInt, kNumeric, kImplicit, integer_to_numeric<int32_t>),
    entry(kInt, kDouble, kImplicit, widen<int32_t, double>),
    entry(kBigint, kInt, kAssignment, bigint_to_int),
    entry(kBigint, kNumeric, kImplicit, integer_to_numeric<int64_t>),
    entry(kBigint, kDouble, kImplicit, widen<int64_t, double>),
    entry(kNumeric, kInt, kAssignment, numeric_to_integer<int32_t>),
    entry(kNumeric, kBigint, kAssignment, numeric_to_integer<int64_t>),
    entry(kNumeric, kNumeric, kImplicit, numeric_to_numeric),
    entry(kNumeric, kDouble, kImplicit, numeric_to_double),
    entry(kDouble, kInt, kAssignment, double_to_integer<int32_t>),
    entry(kDouble, kBigint, kAssignment, double_to_integer<int64_t>),
    entry(kDouble, kNumeric, kAssignment, double_to_numeric),
    entry(TypeKind::kBoolean, kInt, kExplicit, boolean_to_int),
    entry(kInt, TypeKind::kBoolean, kExplicit, int_to_boolean),
};

}  // namespace

std::span<const Cast> number_casts() { return kCasts; }

}  // namespace weir
