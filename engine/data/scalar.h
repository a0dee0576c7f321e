// One value with its type: literals of expressions, options, expected rows in tests. Never used per
// row on a hot path.
#pragma once

#include "engine/data/column.h"

#include <string>
#include <variant>

namespace weir {

struct Scalar {
  Type type;
  // NULL | boolean | int, bigint, date, timestamp(tz) | double | numeric | text, bytea | interval
  std::variant<std::monostate, bool, int64_t, double, Int128, std::string, Interval> value;

  bool is_null() const { return std::holds_alternative<std::monostate>(value); }
  bool operator==(const Scalar&) const = default;
};

Scalar null_scalar(Type type);

// REQUIRES: not a composite or an array.
Scalar scalar_at(const Column& column, size_t row);
void append(ColumnWriter& writer, const Scalar& value);
// REQUIRES: `value` has the writer's type.
void set(ColumnWriter& writer, size_t row, const Scalar& value);

// `rows` times the same value.
ColumnPtr constant_column(const Scalar& value, size_t rows);

}  // namespace weir
