#include "tests/engine/data/random_batches.h"

#include "engine/data/scalar.h"
#include "engine/data/text_form.h"

#include <cmath>

namespace weir {
namespace {

std::string random_text(Random& dice, bool is_utf8) {
  std::string text;
  const size_t size = dice() % 4 == 0 ? dice() % 200 : dice() % 16;
  while (text.size() < size) {
    if (is_utf8) {
      text += dice() % 8 == 0 ? "\xe2\x82\xac" : "x";
    } else {
      text.push_back(static_cast<char>(dice()));
    }
  }
  return text;
}

Scalar random_scalar(Random& dice, const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return {type, dice() % 2 == 0};
    case TypeKind::kInt:
    case TypeKind::kDate: return {type, int64_t{static_cast<int32_t>(dice())}};
    case TypeKind::kDouble: return {type, static_cast<double>(dice()) / 7};
    case TypeKind::kNumeric:
      return {type, static_cast<Int128>(static_cast<Uint128>(dice()) << 64 | dice())};
    case TypeKind::kText:
    case TypeKind::kBytea: return {type, random_text(dice, type.kind() == TypeKind::kText)};
    case TypeKind::kInterval:
      return {type, Interval{.months = static_cast<int32_t>(dice()),
                             .days = static_cast<int32_t>(dice()),
                             .micros = static_cast<int64_t>(dice())}};
    default: return {type, static_cast<int64_t>(dice())};
  }
}

// Appends a row, which may be NULL where `nulls` says so.
void append_random(Random& dice, ColumnWriter& writer, bool nulls) {
  if (nulls && dice() % 4 == 0) return writer.append_null();
  if (writer.type().kind() != TypeKind::kComposite) {
    return append(writer, random_scalar(dice, writer.type()));
  }
  for (size_t i = 0; i < writer.type().fields().fields.size(); ++i) {
    if (writer.has_child(i)) append_random(dice, writer.child(i), nulls);
  }
  writer.append_composite();
}

NeededField random_need(Random& dice, const Type& type) {
  NeededField need{.needed = dice() % 5 != 0, .fields = {}};
  if (type.kind() != TypeKind::kComposite) return need;
  for (const Field& field : type.fields().fields) {
    need.fields.push_back(random_need(dice, field.type));
  }
  return need;
}

ColumnPtr random_column(Random& dice, const Type& type, size_t rows) {
  const NeededField need = random_need(dice, type);
  if (!need.needed) return nullptr;
  ColumnWriter writer(type, rows, nullptr, &need);
  const bool nulls = dice() % 2 == 0;
  for (size_t row = 0; row < rows; ++row) append_random(dice, writer, nulls);
  return std::move(writer).finish();
}

ColumnPtr random_change(Random& dice, size_t rows) {
  ColumnWriter writer(TypeKind::kInt, rows);
  for (size_t row = 0; row < rows; ++row) writer.append(static_cast<int32_t>(dice() % 4));
  return std::move(writer).finish();
}

bool same_value(const Column& a, size_t a_row, const Column& b, size_t b_row);

bool same_children(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  if (a.is_null(a_row) != b.is_null(b_row)) return false;
  if (a.children().size() != b.children().size()) return false;
  for (size_t i = 0; i < a.children().size(); ++i) {
    const ColumnPtr& left = a.children()[i];
    const ColumnPtr& right = b.children()[i];
    if ((left == nullptr) != (right == nullptr)) return false;
    if (left != nullptr && !same_value(*left, a_row, *right, b_row)) return false;
  }
  return true;
}

bool same_value(const Column& a, size_t a_row, const Column& b, size_t b_row) {
  if (a.type().kind() == TypeKind::kComposite) return same_children(a, a_row, b, b_row);
  const Scalar left = scalar_at(a, a_row);
  const Scalar right = scalar_at(b, b_row);
  const double* number = std::get_if<double>(&left.value);
  if (number != nullptr && std::isnan(*number)) return std::isnan(std::get<double>(right.value));
  return left == right;
}

bool same_column(const ColumnPtr& a, Selection rows, const ColumnPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  if (b->size() != rows.size() || !(a->type() == b->type())) return false;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!same_value(*a, rows[i], *b, i)) return false;
  }
  return true;
}

}  // namespace

Type composite(std::vector<Field> fields) {
  return Type::composite(std::make_shared<const CompositeType>(
      CompositeType{.name = "part", .fields = std::move(fields)}));
}

SchemaPtr schema_of(std::vector<Field> fields) {
  return std::make_shared<const Schema>(Schema{.fields = std::move(fields)});
}

SchemaPtr every_type() {
  std::vector<Field> fields;
  const Type plain[] = {TypeKind::kBoolean,  TypeKind::kInt,        TypeKind::kBigint,
                        TypeKind::kDouble,   Type::numeric(12, 2),  TypeKind::kText,
                        TypeKind::kBytea,    TypeKind::kDate,       TypeKind::kTimestamp,
                        TypeKind::kInterval, TypeKind::kTimestamptz};
  for (const Type& type : plain) fields.push_back({.name = to_text(type), .type = type});
  const Type inner = composite({fields[0], fields[5]});
  fields.push_back({.name = "outer",
                    .type = composite({fields[4], {.name = "inner", .type = inner}, fields[1]})});
  return schema_of(std::move(fields));
}

RecordBatch random_batch(Random& dice, const SchemaPtr& schema, uint32_t rows) {
  RecordBatch batch;
  batch.schema = schema;
  batch.rows = rows;
  for (const Field& field : schema->fields) {
    batch.columns.push_back(random_column(dice, field.type, rows));
  }
  batch.arrival_watermark = random_column(dice, TypeKind::kBigint, rows);
  if (dice() % 2 == 0) batch.change = random_change(dice, rows);
  batch.split = random_column(dice, TypeKind::kInt, rows);
  batch.position = random_column(dice, TypeKind::kBigint, rows);
  if (dice() % 2 == 0) return batch;
  RowIndices selected;
  for (uint32_t row = 0; row < rows; ++row) {
    if (dice() % 3 == 0) selected.push_back(row);
  }
  return with_selection(std::move(batch), std::move(selected));
}

bool same_rows(const RecordBatch& batch, const RecordBatch& dense) {
  const Selection rows = batch.selection();
  if (dense.selected != nullptr || dense.rows != rows.size()) return false;
  if (dense.columns.size() != batch.columns.size()) return false;
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    if (!same_column(batch.columns[i], rows, dense.columns[i])) return false;
  }
  return same_column(batch.arrival_watermark, rows, dense.arrival_watermark) &&
         same_column(batch.change, rows, dense.change) &&
         same_column(batch.split, rows, dense.split) &&
         same_column(batch.position, rows, dense.position);
}

}  // namespace weir
