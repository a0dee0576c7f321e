// + - * / % and their kin on int, bigint and double precision.
//
// Integer loops do not branch on overflow: they wrap, gather one flag, and only where it is set a
// second pass finds the rows in error.
#include "engine/expr/divisor.h"
#include "engine/expr/function.h"
#include "engine/expr/loops.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <type_traits>

namespace weir {
namespace {

constexpr const char* kDivisionByZero = "division by zero";

template <typename T>
constexpr std::string_view range_name() {
  return sizeof(T) == 4 ? "integer out of range" : "bigint out of range";
}

// Two's complement without undefined behaviour.
template <typename T>
using Bits = std::make_unsigned_t<T>;

struct Add {
  static constexpr char kSymbol = '+';
  // Negative where the wrapped result is wrong.
  template <typename T>
  static T wrap(T a, T b, T& wrong) {
    const T sum = static_cast<T>(static_cast<Bits<T>>(a) + static_cast<Bits<T>>(b));
    wrong = static_cast<T>((a ^ sum) & (b ^ sum));
    return sum;
  }
};

struct Subtract {
  static constexpr char kSymbol = '-';
  template <typename T>
  static T wrap(T a, T b, T& wrong) {
    const T difference = static_cast<T>(static_cast<Bits<T>>(a) - static_cast<Bits<T>>(b));
    wrong = static_cast<T>((a ^ b) & (a ^ difference));
    return difference;
  }
};

struct Multiply {
  static constexpr char kSymbol = '*';
  template <typename T>
  static T wrap(T a, T b, T& wrong) {
    T product;
    wrong = __builtin_mul_overflow(a, b, &product) ? T{-1} : T{0};
    return product;
  }
};

template <typename T, typename Op>
void checked(const KernelCall& call) {
  T* __restrict out = call.out.values<T>();
  with_values<T>(call.args[0], [&](auto a) {
    with_values<T>(call.args[1], [&](auto b) {
      T any = 0;
      call.rows.each([&](uint32_t row) {
        T wrong;
        out[row] = Op::wrap(a[row], b[row], wrong);
        any |= wrong;
      });
      if (any >= 0) return;
      call.rows.each([&](uint32_t row) {
        T wrong;
        Op::wrap(a[row], b[row], wrong);
        if (wrong < 0) {
          call.fail(row, fmt::format("{}: {} {} {}", range_name<T>(), a[row], Op::kSymbol, b[row]));
        }
      });
    });
  });
}

template <typename T>
void divide(const KernelCall& call) {
  T* out = call.out.values<T>();
  const FixedValues<T> a(call.args[0]);
  const FixedValues<T> b(call.args[1]);
  call.rows.each([&](uint32_t row) {
    const T divisor = b[row];
    if (divisor == 0) return call.fail(row, kDivisionByZero);
    if (divisor == -1) {
      if (a[row] == std::numeric_limits<T>::min()) {
        return call.fail(row, fmt::format("{}: {} / -1", range_name<T>(), a[row]));
      }
      out[row] = static_cast<T>(-a[row]);
      return;
    }
    out[row] = static_cast<T>(a[row] / divisor);
  });
}

template <typename T>
void divide_by_constant(const KernelCall& call) {
  if (!call.args[1].constant) return divide<T>(call);
  const T divisor = call.args[1].column->values<T>()[0];
  if (!ConstantDivisor::fits(divisor)) return divide<T>(call);
  const ConstantDivisor by(divisor);
  map_unary<T, T>(call, [&](T a) { return static_cast<T>(by.quotient(a)); });
}

template <typename T>
void modulo(const KernelCall& call) {
  T* out = call.out.values<T>();
  const FixedValues<T> a(call.args[0]);
  const FixedValues<T> b(call.args[1]);
  call.rows.each([&](uint32_t row) {
    const T divisor = b[row];
    if (divisor == 0) return call.fail(row, kDivisionByZero);
    out[row] = divisor == -1 ? T{0} : static_cast<T>(a[row] % divisor);
  });
}

template <typename T>
void modulo_by_constant(const KernelCall& call) {
  if (!call.args[1].constant) return modulo<T>(call);
  const T divisor = call.args[1].column->values<T>()[0];
  if (!ConstantDivisor::fits(divisor)) return modulo<T>(call);
  const ConstantDivisor by(divisor);
  map_unary<T, T>(call, [&](T a) { return static_cast<T>(by.remainder(a)); });
}

template <typename T>
void negate_integer(const KernelCall& call) {
  const FixedValues<T> a(call.args[0]);
  T* out = call.out.values<T>();
  call.rows.each([&](uint32_t row) {
    if (__builtin_sub_overflow(T{0}, a[row], &out[row])) {
      call.fail(row, fmt::format("{}: -({})", range_name<T>(), a[row]));
    }
  });
}

template <typename T>
void absolute_integer(const KernelCall& call) {
  const FixedValues<T> a(call.args[0]);
  T* out = call.out.values<T>();
  call.rows.each([&](uint32_t row) {
    const T value = a[row];
    if (value == std::numeric_limits<T>::min()) {
      return call.fail(row, fmt::format("{}: abs({})", range_name<T>(), value));
    }
    out[row] = value < 0 ? static_cast<T>(-value) : value;
  });
}

// PostgreSQL refuses a result that became infinite, or zero, only by its size.
struct DoubleAdd {
  static double apply(double a, double b) { return a + b; }
  static bool vanished(double, double, double) { return false; }
};
struct DoubleSubtract {
  static double apply(double a, double b) { return a - b; }
  static bool vanished(double, double, double) { return false; }
};
struct DoubleMultiply {
  static double apply(double a, double b) { return a * b; }
  static bool vanished(double a, double b, double product) {
    return product == 0 && a != 0 && b != 0;
  }
};

template <typename Op>
void double_checked(const KernelCall& call) {
  double* __restrict out = call.out.values<double>();
  with_values<double>(call.args[0], [&](auto a) {
    with_values<double>(call.args[1], [&](auto b) {
      const auto wrong = [&](uint32_t row) {
        const double result = Op::apply(a[row], b[row]);
        const bool grew = std::isinf(result) && !std::isinf(a[row]) && !std::isinf(b[row]);
        return grew | Op::vanished(a[row], b[row], result);
      };
      int any = 0;
      call.rows.each([&](uint32_t row) {
        const double result = Op::apply(a[row], b[row]);
        out[row] = result;
        // Infinite or NaN (their difference from themselves is not zero), or possibly vanished.
        any |= static_cast<int>(!(result - result == 0.0)) |
               static_cast<int>(Op::vanished(a[row], b[row], result));
      });
      if (any == 0) return;
      call.rows.each([&](uint32_t row) {
        if (!wrong(row)) return;
        const bool grew = std::isinf(out[row]);
        call.fail(row, grew ? "value out of range: overflow" : "value out of range: underflow");
      });
    });
  });
}

void double_divide(const KernelCall& call) {
  double* out = call.out.values<double>();
  const FixedValues<double> a(call.args[0]);
  const FixedValues<double> b(call.args[1]);
  call.rows.each([&](uint32_t row) {
    const double divisor = b[row];
    const double dividend = a[row];
    if (divisor == 0 && !std::isnan(dividend)) return call.fail(row, kDivisionByZero);
    const double quotient = dividend / divisor;
    out[row] = quotient;
    if (std::isinf(quotient) && !std::isinf(dividend)) {
      call.fail(row, "value out of range: overflow");
    } else if (quotient == 0 && dividend != 0 && !std::isinf(divisor)) {
      call.fail(row, "value out of range: underflow");
    }
  });
}

void double_negate(const KernelCall& call) {
  map_unary<double, double>(call, [](double a) { return -a; });
}
void double_absolute(const KernelCall& call) {
  map_unary<double, double>(call, [](double a) { return std::fabs(a); });
}

constexpr Function binary(std::string_view name, TypeKind kind, Kernel kernel) {
  return {.name = name,
          .args = takes(kind, kind),
          .result = kind,
          .kernel = kernel,
          .nulls = Nulls::kTolerated};
}

constexpr Function unary(std::string_view name, TypeKind kind, Kernel kernel) {
  return {.name = name,
          .args = takes(kind),
          .result = kind,
          .kernel = kernel,
          .nulls = Nulls::kTolerated};
}

constexpr TypeKind kInt = TypeKind::kInt;
constexpr TypeKind kBigint = TypeKind::kBigint;
constexpr TypeKind kDouble = TypeKind::kDouble;

constexpr Function kFunctions[] = {
    binary("+", kInt, checked<int32_t, Add>),
    binary("+", kBigint, checked<int64_t, Add>),
    binary("+", kDouble, double_checked<DoubleAdd>),
    binary("-", kInt, checked<int32_t, Subtract>),
    binary("-", kBigint, checked<int64_t, Subtract>),
    binary("-", kDouble, double_checked<DoubleSubtract>),
    binary("*", kInt, checked<int32_t, Multiply>),
    binary("*", kBigint, checked<int64_t, Multiply>),
    binary("*", kDouble, double_checked<DoubleMultiply>),
    binary("/", kInt, divide_by_constant<int32_t>),
    binary("/", kBigint, divide_by_constant<int64_t>),
    binary("/", kDouble, double_divide),
    binary("%", kInt, modulo_by_constant<int32_t>),
    binary("%", kBigint, modulo_by_constant<int64_t>),
    binary("mod", kInt, modulo_by_constant<int32_t>),
    binary("mod", kBigint, modulo_by_constant<int64_t>),
    unary("-", kInt, negate_integer<int32_t>),
    unary("-", kBigint, negate_integer<int64_t>),
    unary("-", kDouble, double_negate),
    unary("abs", kInt, absolute_integer<int32_t>),
    unary("abs", kBigint, absolute_integer<int64_t>),
    unary("abs", kDouble, double_absolute),
};

}  // namespace

FunctionFamily arithmetic_functions() { return kFunctions; }

}  // namespace weir
