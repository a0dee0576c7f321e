#include "tests/runtime/exchange/elements.h"

#include "engine/base/match.h"

#include <memory>

namespace weir {
namespace {

SchemaPtr schema_of_one(const char* name, TypeKind kind) {
  return std::make_shared<const Schema>(Schema{.fields = {{.name = name, .type = kind}}});
}

RecordBatch batch_of_one(SchemaPtr schema, ColumnPtr column) {
  RecordBatch batch;
  batch.schema = std::move(schema);
  batch.rows = static_cast<uint32_t>(column->size());
  batch.columns = {std::move(column)};
  return batch;
}

}  // namespace

SchemaPtr numbers_schema() {
  static const SchemaPtr schema = schema_of_one("n", TypeKind::kBigint);
  return schema;
}

RecordBatch numbers(int64_t first, uint32_t rows) {
  ColumnWriter column(TypeKind::kBigint, rows);
  for (uint32_t row = 0; row < rows; ++row) column.append(first + row);
  return batch_of_one(numbers_schema(), std::move(column).finish());
}

std::vector<int64_t> numbers_in(const RecordBatch& batch) {
  std::vector<int64_t> values;
  batch.selection().each(
      [&](uint32_t row) { values.push_back(batch.columns[0]->values<int64_t>()[row]); });
  return values;
}

SchemaPtr texts_schema() {
  static const SchemaPtr schema = schema_of_one("t", TypeKind::kText);
  return schema;
}

RecordBatch texts(const std::vector<std::string>& rows) {
  ColumnWriter column(TypeKind::kText, rows.size());
  for (const std::string& row : rows) column.append_text(row);
  return batch_of_one(texts_schema(), std::move(column).finish());
}

std::string short_form(const std::optional<Element>& element) {
  if (!element.has_value()) return "";
  return std::visit(
      Match{[](const RecordBatch& batch) {
              const std::vector<int64_t> rows = numbers_in(batch);
              return std::to_string(rows.front()) + "-" + std::to_string(rows.back());
            },
            [](const Watermark& watermark) { return "W" + std::to_string(watermark.time); },
            [](const Barrier& barrier) { return "B" + std::to_string(barrier.epoch.value()); },
            [](const Idle&) { return std::string("idle"); },
            [](const EndOfStream&) { return std::string("end"); }},
      *element);
}

}  // namespace weir
