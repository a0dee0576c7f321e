// Functions of double precision: roots, powers, logarithms, rounding, and the distance on the
// globe.
//
// Numeric arguments arrive here as doubles; PostgreSQL has its own exact forms of power, sqrt, ln
// and exp for numeric.
#include "engine/expr/function.h"
#include "engine/expr/loops.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace weir {
namespace {

constexpr const char* kOverflow = "value out of range: overflow";
constexpr const char* kUnderflow = "value out of range: underflow";

template <double (*function)(double)>
void plain(const KernelCall& call) {
  map_unary<double, double>(call, [](double a) { return function(a); });
}

double half_to_even(double value) { return std::rint(value); }

void square_root(const KernelCall& call) {
  const FixedValues<double> a(call.args[0]);
  double* out = call.out.values<double>();
  call.rows.each([&](uint32_t row) {
    if (a[row] < 0) {
      return call.fail(row,
                       fmt::format("cannot take square root of a negative number: {}", a[row]));
    }
    out[row] = std::sqrt(a[row]);
  });
}

void natural_logarithm(const KernelCall& call) {
  const FixedValues<double> a(call.args[0]);
  double* out = call.out.values<double>();
  call.rows.each([&](uint32_t row) {
    if (a[row] == 0) return call.fail(row, "cannot take logarithm of zero");
    if (a[row] < 0) {
      return call.fail(row, fmt::format("cannot take logarithm of a negative number: {}", a[row]));
    }
    out[row] = std::log(a[row]);
  });
}

void exponential(const KernelCall& call) {
  const FixedValues<double> a(call.args[0]);
  double* out = call.out.values<double>();
  call.rows.each([&](uint32_t row) {
    const double result = std::exp(a[row]);
    if (std::isinf(result) && !std::isinf(a[row])) return call.fail(row, kOverflow);
    if (result == 0 && !std::isinf(a[row])) return call.fail(row, kUnderflow);
    out[row] = result;
  });
}

void power(const KernelCall& call) {
  const FixedValues<double> a(call.args[0]);
  const FixedValues<double> b(call.args[1]);
  double* out = call.out.values<double>();
  call.rows.each([&](uint32_t row) {
    const double base = a[row];
    const double exponent = b[row];
    if (base == 0 && exponent < 0) {
      return call.fail(row,
                       fmt::format("zero raised to a negative power is undefined: {}", exponent));
    }
    if (base < 0 && std::isfinite(exponent) && std::floor(exponent) != exponent) {
      return call.fail(row, fmt::format("a negative number raised to a non-integer power is not "
                                        "real: power({}, {})",
                                        base, exponent));
    }
    const double result = std::pow(base, exponent);
    const bool finite = std::isfinite(base) && std::isfinite(exponent);
    if (std::isinf(result) && finite) return call.fail(row, kOverflow);
    if (result == 0 && base != 0 && finite) return call.fail(row, kUnderflow);
    out[row] = result;
  });
}

constexpr double kEarthRadiusKm = 6371.0088;  // Mean radius; the globe taken as a sphere.

// The haversine form, which stays exact for points that are close together.
double great_circle_km(double lat1, double lon1, double lat2, double lon2) {
  constexpr double kRadians = std::numbers::pi / 180.0;
  const double north = std::sin((lat2 - lat1) * kRadians / 2);
  const double east = std::sin((lon2 - lon1) * kRadians / 2);
  const double part =
      north * north + std::cos(lat1 * kRadians) * std::cos(lat2 * kRadians) * east * east;
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::fmin(1.0, part)));
}

void great_circle(const KernelCall& call) {
  const FixedValues<double> lat1(call.args[0]);
  const FixedValues<double> lon1(call.args[1]);
  const FixedValues<double> lat2(call.args[2]);
  const FixedValues<double> lon2(call.args[3]);
  double* out = call.out.values<double>();
  call.rows.each([&](uint32_t row) {
    if (!(std::fabs(lat1[row]) <= 90) || !(std::fabs(lat2[row]) <= 90)) {
      return call.fail(row, fmt::format("latitude out of range: {} and {} must be in -90 to 90",
                                        lat1[row], lat2[row]));
    }
    out[row] = great_circle_km(lat1[row], lon1[row], lat2[row], lon2[row]);
  });
}

constexpr TypeKind kDouble = TypeKind::kDouble;

constexpr Function unary(std::string_view name, Kernel kernel) {
  return {.name = name,
          .args = takes(kDouble),
          .result = kDouble,
          .kernel = kernel,
          .nulls = Nulls::kTolerated};
}

constexpr Function kFunctions[] = {
    unary("ceil", plain<std::ceil>),
    unary("floor", plain<std::floor>),
    unary("round", plain<half_to_even>),
    unary("trunc", plain<std::trunc>),
    unary("sqrt", square_root),
    unary("ln", natural_logarithm),
    unary("exp", exponential),
    {.name = "power",
     .args = takes(kDouble, kDouble),
     .result = kDouble,
     .kernel = power,
     .nulls = Nulls::kTolerated},
    {.name = "^",
     .args = takes(kDouble, kDouble),
     .result = kDouble,
     .kernel = power,
     .nulls = Nulls::kTolerated},
    {.name = "great_circle_km",
     .args = takes(kDouble, kDouble, kDouble, kDouble),
     .result = kDouble,
     .kernel = great_circle,
     .nulls = Nulls::kTolerated},
};

}  // namespace

FunctionFamily math_functions() { return kFunctions; }

}  // namespace weir
