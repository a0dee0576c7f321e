#include "engine/data/scalar.h"

namespace weir {
namespace {

std::variant<std::monostate, bool, int64_t, double, Int128, std::string, Interval> value_at(
    const Column& column, size_t row) {
  switch (column.type().kind()) {
    case TypeKind::kBoolean: return column.boolean(row);
    case TypeKind::kInt:
    case TypeKind::kDate: return int64_t{column.values<int32_t>()[row]};
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return column.values<int64_t>()[row];
    case TypeKind::kDouble: return column.values<double>()[row];
    case TypeKind::kNumeric: return column.values<Int128>()[row];
    case TypeKind::kText:
    case TypeKind::kBytea: return std::string(column.text(row));
    case TypeKind::kInterval: return column.values<Interval>()[row];
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

}  // namespace

Scalar null_scalar(Type type) { return {std::move(type), std::monostate{}}; }

Scalar scalar_at(const Column& column, size_t row) {
  if (column.is_null(row)) return null_scalar(column.type());
  return {column.type(), value_at(column, row)};
}

void append(ColumnWriter& writer, const Scalar& value) {
  if (value.is_null()) return writer.append_null();
  writer.append_composite();  // Takes the next row, whatever the type.
  set(writer, writer.size() - 1, value);
}

void set(ColumnWriter& writer, size_t row, const Scalar& value) {
  CHECK(value.type == writer.type());
  if (value.is_null()) return writer.set_null(row);
  switch (writer.type().kind()) {
    case TypeKind::kBoolean: return writer.set_bool(row, std::get<bool>(value.value));
    case TypeKind::kInt:
    case TypeKind::kDate:
      return writer.set(row, static_cast<int32_t>(std::get<int64_t>(value.value)));
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return writer.set(row, std::get<int64_t>(value.value));
    case TypeKind::kDouble: return writer.set(row, std::get<double>(value.value));
    case TypeKind::kNumeric: return writer.set(row, std::get<Int128>(value.value));
    case TypeKind::kText:
    case TypeKind::kBytea: return writer.set_text(row, std::get<std::string>(value.value));
    case TypeKind::kInterval: return writer.set(row, std::get<Interval>(value.value));
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

ColumnPtr constant_column(const Scalar& value, size_t rows) {
  if (value.is_null()) return null_column(value.type, rows);
  ColumnWriter writer(value.type, rows);
  if (value.type.is_text_like()) {
    const TextView view = writer.arena().add(std::get<std::string>(value.value));
    for (size_t row = 0; row < rows; ++row) writer.append_view(view);
    return std::move(writer).finish();
  }
  for (size_t row = 0; row < rows; ++row) append(writer, value);
  return std::move(writer).finish();
}

}  // namespace weir
