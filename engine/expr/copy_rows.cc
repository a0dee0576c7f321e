#include "engine/expr/compiled.h"

namespace weir {
namespace {

template <typename T>
void copy_fixed(const Value& value, Selection rows, ColumnWriter& out) {
  const T* from = value.column->values<T>();
  T* to = out.values<T>();
  if (value.constant) {
    rows.each([&](uint32_t row) { to[row] = from[0]; });
  } else {
    rows.each([&](uint32_t row) { to[row] = from[row]; });
  }
}

void copy_texts(const Value& value, Selection rows, ColumnWriter& out) {
  if (value.constant) {
    const TextView view = out.arena().add(value.column->text(0));
    return rows.each([&](uint32_t row) { out.set(row, view); });
  }
  rows.each([&](uint32_t row) { out.set_text(row, value.column->text(row)); });
}

void copy_values(const Value& value, Selection rows, ColumnWriter& out) {
  if (out.type().is_text_like()) return copy_texts(value, rows, out);
  switch (out.type().width()) {
    case 4: return copy_fixed<int32_t>(value, rows, out);
    case 8: return copy_fixed<int64_t>(value, rows, out);
    case 16: return copy_fixed<Int128>(value, rows, out);
    default: break;
  }
  CHECK(out.type().kind() == TypeKind::kBoolean);
  if (value.constant) {
    const bool constant = value.column->boolean(0);
    return rows.each([&](uint32_t row) { out.set_bool(row, constant); });
  }
  rows.each([&](uint32_t row) { out.set_bool(row, value.column->boolean(row)); });
}

}  // namespace

void copy_rows(const Value& value, Selection rows, ColumnWriter& out) {
  if (value.is_null_constant()) {
    return rows.each([&](uint32_t row) { set_null_row(out, row); });
  }
  copy_values(value, rows, out);
  if (value.constant || !value.column->has_nulls()) return;
  uint64_t* validity = out.validity();
  const uint64_t* from = value.column->validity();
  rows.each([&](uint32_t row) { bit_put(validity, row, bit_get(from, row)); });
}

}  // namespace weir
