// Arithmetic and rounding of numeric: exact, on 128-bit integers.
//
// A result always has the greatest precision, 38 digits, and a scale that follows from the scales
// of the arguments; a declared precision is enforced by casts only. Most values fit 64 bits, where
// one multiplication cannot overflow.
#include "engine/data/decimal.h"
#include "engine/data/text_form.h"
#include "engine/expr/function.h"
#include "engine/expr/loops.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

constexpr int kDivisionScaleMin = 6;

std::string shown(Int128 value, int scale) {
  std::string text;
  append_numeric(text, value, scale);
  return text;
}

void fail_range(const KernelCall& call, uint32_t row, char symbol, Int128 a, Int128 b) {
  call.fail(row, fmt::format("numeric out of range: {} {} {} has more than 38 digits",
                             shown(a, call.args[0].type().scale()), symbol,
                             shown(b, call.args[1].type().scale())));
}

bool fits_64(Int128 value) { return value == static_cast<int64_t>(value); }

// Brings values of one scale to another, the same or greater.
class Upscale {
 public:
  Upscale(int from, int to)
      : from_(from), to_(to), factor_(power_of_ten(to - from)), small_(to - from <= 18) {}

  // A product of a 64-bit number and one of at most 10^18 stays below 10^38.
  bool quick(Int128 value) const { return small_ && fits_64(value); }
  Int128 apply(Int128 value) const { return value * factor_; }
  std::optional<Int128> checked(Int128 value) const { return rescale(value, from_, to_); }

 private:
  int from_;
  int to_;
  Int128 factor_;
  bool small_;
};

struct AddNumeric {
  static constexpr char kSymbol = '+';
  static Int128 quick(Int128 a, Int128 b) { return a + b; }
  static std::optional<Int128> checked(Int128 a, Int128 b) { return decimal_add(a, b); }
};

struct SubtractNumeric {
  static constexpr char kSymbol = '-';
  static Int128 quick(Int128 a, Int128 b) { return a - b; }
  static std::optional<Int128> checked(Int128 a, Int128 b) { return decimal_subtract(a, b); }
};

template <typename Op>
void sum(const KernelCall& call) {
  const int scale = call.out.type().scale();
  const Upscale scale_a(call.args[0].type().scale(), scale);
  const Upscale scale_b(call.args[1].type().scale(), scale);
  Int128* out = call.out.values<Int128>();
  with_values<Int128>(call.args[0], [&](auto a) {
    with_values<Int128>(call.args[1], [&](auto b) {
      call.rows.each([&](uint32_t row) {
        if (scale_a.quick(a[row]) && scale_b.quick(b[row])) {
          // Twice 2^63 * 10^18 is below 10^38.
          out[row] = Op::quick(scale_a.apply(a[row]), scale_b.apply(b[row]));
          return;
        }
        const std::optional<Int128> left = scale_a.checked(a[row]);
        const std::optional<Int128> right = scale_b.checked(b[row]);
        std::optional<Int128> result;
        if (left && right) result = Op::checked(*left, *right);
        if (!result) return fail_range(call, row, Op::kSymbol, a[row], b[row]);
        out[row] = *result;
      });
    });
  });
}

void multiply(const KernelCall& call) {
  Int128* out = call.out.values<Int128>();
  with_values<Int128>(call.args[0], [&](auto a) {
    with_values<Int128>(call.args[1], [&](auto b) {
      call.rows.each([&](uint32_t row) {
        const Int128 left = a[row];
        const Int128 right = b[row];
        if (fits_64(left) && fits_64(right)) {
          out[row] = Int128{static_cast<int64_t>(left)} * static_cast<int64_t>(right);
          return;
        }
        const std::optional<Int128> product = decimal_multiply(left, right);
        if (!product) return fail_range(call, row, '*', left, right);
        out[row] = *product;
      });
    });
  });
}

void divide(const KernelCall& call) {
  const int scale_a = call.args[0].type().scale();
  const int scale_b = call.args[1].type().scale();
  const int scale = call.out.type().scale();
  const FixedValues<Int128> a(call.args[0]);
  const FixedValues<Int128> b(call.args[1]);
  Int128* out = call.out.values<Int128>();
  call.rows.each([&](uint32_t row) {
    if (b[row] == 0) return call.fail(row, "division by zero");
    const auto quotient = decimal_divide(a[row], scale_a, b[row], scale_b, scale);
    if (!quotient) return fail_range(call, row, '/', a[row], b[row]);
    out[row] = *quotient;
  });
}

void modulo(const KernelCall& call) {
  const int scale = call.out.type().scale();
  const Upscale scale_a(call.args[0].type().scale(), scale);
  const Upscale scale_b(call.args[1].type().scale(), scale);
  const FixedValues<Int128> a(call.args[0]);
  const FixedValues<Int128> b(call.args[1]);
  Int128* out = call.out.values<Int128>();
  call.rows.each([&](uint32_t row) {
    if (b[row] == 0) return call.fail(row, "division by zero");
    const std::optional<Int128> left = scale_a.checked(a[row]);
    const std::optional<Int128> right = scale_b.checked(b[row]);
    if (!left || !right) return fail_range(call, row, '%', a[row], b[row]);
    out[row] = *left % *right;
  });
}

void negate_numeric(const KernelCall& call) {
  map_unary<Int128, Int128>(call, [](Int128 a) { return -a; });
}
void absolute(const KernelCall& call) {
  map_unary<Int128, Int128>(call, [](Int128 a) { return a < 0 ? -a : a; });
}

// How the digits behind a place are dropped.
enum class Rounding { kHalfAway, kTowardsZero, kUp, kDown };

template <Rounding mode>
Int128 round_to_multiple(Int128 value, Int128 unit) {
  const Int128 rest = value % unit;
  const Int128 whole = value - rest;
  switch (mode) {
    case Rounding::kHalfAway: {
      const Int128 size = rest < 0 ? -rest : rest;
      if (size < unit - size) return whole;
      return value < 0 ? whole - unit : whole + unit;
    }
    case Rounding::kTowardsZero: return whole;
    case Rounding::kUp: return rest > 0 ? whole + unit : whole;
    case Rounding::kDown: return rest < 0 ? whole - unit : whole;
  }
  unreachable();
}

// `digits` after the point are kept (before it where negative), in the scale of the result.
template <Rounding mode>
std::optional<Int128> round_numeric(Int128 value, int scale, int digits, int result_scale) {
  const int drop = scale - digits;
  if (drop > kNumericPrecisionMax) return Int128{0};
  if (drop > 0) value = round_to_multiple<mode>(value, power_of_ten(drop));
  const std::optional<Int128> result = rescale(value, scale, result_scale);
  if (!result || !fits_precision(*result, kNumericPrecisionMax)) return std::nullopt;
  return result;
}

template <Rounding mode>
void round_rows(const KernelCall& call) {
  const int scale = call.args[0].type().scale();
  const int result_scale = call.out.type().scale();
  const FixedValues<Int128> a(call.args[0]);
  const bool has_digits = call.args.size() == 2;
  Int128* out = call.out.values<Int128>();
  call.rows.each([&](uint32_t row) {
    const int asked = has_digits ? FixedValues<int32_t>(call.args[1])[row] : 0;
    const int digits = std::clamp(asked, -kNumericPrecisionMax - 1, result_scale);
    const std::optional<Int128> result = round_numeric<mode>(a[row], scale, digits, result_scale);
    if (!result) {
      return call.fail(row, fmt::format("numeric out of range: {} rounded to {} digits",
                                        shown(a[row], scale), asked));
    }
    out[row] = *result;
  });
}

Type widest(int scale) { return Type::numeric(kNumericPrecisionMax, scale); }

Result<Type> greater_scale(Arguments args) {
  return widest(std::max(args[0].type.scale(), args[1].type.scale()));
}

Result<Type> sum_of_scales(Arguments args) {
  const int scale = args[0].type.scale() + args[1].type.scale();
  if (scale > kNumericPrecisionMax) {
    return user_error(fmt::format(
        "{} * {} would have {} digits after the point, and 38 is the most: cast one of them to "
        "fewer, such as (x)::numeric(38,{})",
        to_text(args[0].type), to_text(args[1].type), scale, kDivisionScaleMin));
  }
  return widest(scale);
}

Result<Type> division_scale(Arguments args) {
  return widest(std::max({kDivisionScaleMin, args[0].type.scale(), args[1].type.scale()}));
}

Result<Type> same_scale(Arguments args) { return widest(args[0].type.scale()); }
Result<Type> whole(Arguments) { return widest(0); }

// A constant number of digits is the scale, as in PostgreSQL; otherwise the scale stays.
Result<Type> asked_scale(Arguments args) {
  if (args[1].constant == nullptr) return same_scale(args);
  const int64_t digits = std::get<int64_t>(args[1].constant->value);
  return widest(static_cast<int>(std::clamp<int64_t>(digits, 0, kNumericPrecisionMax)));
}

constexpr TypeKind kNumeric = TypeKind::kNumeric;

constexpr Function binary(std::string_view name, Kernel kernel, TypeRule rule) {
  return {.name = name,
          .args = takes(kNumeric, kNumeric),
          .result = kNumeric,
          .kernel = kernel,
          .nulls = Nulls::kTolerated,
          .type_rule = rule};
}

constexpr Function unary(std::string_view name, Kernel kernel, TypeRule rule) {
  return {.name = name,
          .args = takes(kNumeric),
          .result = kNumeric,
          .kernel = kernel,
          .nulls = Nulls::kTolerated,
          .type_rule = rule};
}

constexpr Function with_digits(std::string_view name, Kernel kernel) {
  return {.name = name,
          .args = takes(kNumeric, TypeKind::kInt),
          .result = kNumeric,
          .kernel = kernel,
          .nulls = Nulls::kTolerated,
          .type_rule = asked_scale};
}

constexpr Function kFunctions[] = {
    binary("+", sum<AddNumeric>, greater_scale),
    binary("-", sum<SubtractNumeric>, greater_scale),
    binary("*", multiply, sum_of_scales),
    binary("/", divide, division_scale),
    binary("%", modulo, greater_scale),
    binary("mod", modulo, greater_scale),
    unary("-", negate_numeric, same_scale),
    unary("abs", absolute, same_scale),
    unary("ceil", round_rows<Rounding::kUp>, whole),
    unary("floor", round_rows<Rounding::kDown>, whole),
    unary("round", round_rows<Rounding::kHalfAway>, whole),
    unary("trunc", round_rows<Rounding::kTowardsZero>, whole),
    with_digits("round", round_rows<Rounding::kHalfAway>),
    with_digits("trunc", round_rows<Rounding::kTowardsZero>),
};

}  // namespace

FunctionFamily numeric_functions() { return kFunctions; }

}  // namespace weir
