#include "engine/data/scalar.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::vector<Scalar> one_of_each() {
  return {
      {TypeKind::kBoolean, true},
      {TypeKind::kInt, int64_t{-5}},
      {TypeKind::kBigint, int64_t{1} << 40},
      {TypeKind::kDouble, 2.5},
      {Type::numeric(12, 2), Int128{1234}},
      {TypeKind::kText, std::string("longer than stands in a view")},
      {TypeKind::kBytea, std::string("\0\xff", 2)},
      {TypeKind::kDate, int64_t{19'723}},
      {TypeKind::kTimestamp, int64_t{-1}},
      {TypeKind::kTimestamptz, int64_t{1}},
      {TypeKind::kInterval, Interval{.months = 1, .days = 2, .micros = 3}},
  };
}

TEST_CASE("EveryTypeIsWrittenAndReadBack") {
  for (const Scalar& value : one_of_each()) {
    INFO(to_text(value.type));
    ColumnWriter writer(value.type, 2);
    append(writer, null_scalar(value.type));
    append(writer, value);
    const ColumnPtr column = std::move(writer).finish();
    REQUIRE(scalar_at(*column, 0).is_null());
    REQUIRE((scalar_at(*column, 1) == value));
  }
}

TEST_CASE("SetReplacesAValueAtItsRow") {
  for (const Scalar& value : one_of_each()) {
    INFO(to_text(value.type));
    ColumnWriter writer(value.type, 2);
    set(writer, 1, value);
    set(writer, 0, value);
    set(writer, 0, null_scalar(value.type));
    const ColumnPtr column = std::move(writer).finish(2);
    REQUIRE(scalar_at(*column, 0).is_null());
    REQUIRE((scalar_at(*column, 1) == value));
  }
}

TEST_CASE("ConstantColumnRepeatsItsValue") {
  for (const Scalar& value : one_of_each()) {
    INFO(to_text(value.type));
    for (const Scalar& repeated : {value, null_scalar(value.type)}) {
      const ColumnPtr column = constant_column(repeated, 3);
      REQUIRE(column->size() == 3);
      for (size_t row = 0; row < 3; ++row) REQUIRE((scalar_at(*column, row) == repeated));
    }
  }
}

TEST_CASE("ConstantTextHasOnePayload") {
  const Scalar value{TypeKind::kText, std::string("longer than stands in a view")};
  const ColumnPtr column = constant_column(value, 100);
  REQUIRE(column->text(0).data() == column->text(99).data());
}

TEST_CASE("ScalarsOfDifferentTypesDiffer") {
  const Scalar number{TypeKind::kInt, int64_t{1}};
  const Scalar wide_number{TypeKind::kBigint, int64_t{1}};
  REQUIRE_FALSE((number == wide_number));
  REQUIRE_FALSE((number == null_scalar(TypeKind::kInt)));
}

}  // namespace
}  // namespace weir
