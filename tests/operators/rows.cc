#include "tests/operators/rows.h"

#include "engine/data/json_form.h"
#include "engine/data/scalar.h"
#include "engine/data/text_form.h"
#include "engine/time/watermark.h"

#include <cstdlib>

namespace weir {
namespace {

void append_cell(ColumnWriter& writer, Cell cell) {
  if (cell == nullptr) return writer.append_null();
  if (writer.type().is_time() && cell[0] == '@') {
    return writer.append<int64_t>(static_cast<int64_t>(std::strtod(cell + 1, nullptr) * 1e6));
  }
  const Status status = append_parsed(writer, cell);
  CHECK(status.ok());
}

ColumnPtr joined_column(const std::vector<RecordBatch>& batches, size_t column, size_t rows) {
  if (batches[0].columns[column] == nullptr) return nullptr;
  ColumnWriter writer(batches[0].schema->fields[column].type, rows);
  for (const RecordBatch& batch : batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      append(writer, scalar_at(*batch.columns[column], row));
    }
  }
  return std::move(writer).finish();
}

// Of the columns beside the schema's: `missing` stands where a batch has none; null if none has.
template <typename T>
ColumnPtr joined_side(const std::vector<RecordBatch>& batches, ColumnPtr RecordBatch::*side,
                      TypeKind kind, T missing, size_t rows) {
  bool any = false;
  for (const RecordBatch& batch : batches) any |= batch.*side != nullptr;
  if (!any) return nullptr;
  ColumnWriter writer(kind, rows);
  for (const RecordBatch& batch : batches) {
    for (size_t row = 0; row < batch.rows; ++row) {
      writer.append((batch.*side) == nullptr ? missing
                                             : (*(batch.*side)).template values<T>()[row]);
    }
  }
  return std::move(writer).finish();
}

}  // namespace

SchemaPtr schema_of(std::vector<Field> fields) {
  auto schema = std::make_shared<Schema>();
  schema->fields = std::move(fields);
  return schema;
}

SchemaPtr schema_of(std::initializer_list<const char*> fields) {
  std::vector<Field> made;
  for (const std::string_view text : fields) {
    const size_t space = text.find(' ');
    const bool event_time = text.back() == '!';
    std::string_view type = text.substr(space + 1);
    if (event_time) type.remove_suffix(1);
    const Result<Type> named = type_named(type);
    CHECK(named.ok());
    made.push_back({.name = std::string(text.substr(0, space)),
                    .type = *named,
                    .nullable = !event_time,
                    .event_time = event_time});
  }
  return schema_of(std::move(made));
}

RecordBatch batch_of(const SchemaPtr& schema, const std::vector<Cells>& rows) {
  RecordBatch batch;
  batch.schema = schema;
  batch.rows = static_cast<uint32_t>(rows.size());
  for (size_t c = 0; c < schema->fields.size(); ++c) {
    ColumnWriter writer(schema->fields[c].type, rows.size());
    for (const Cells& row : rows) {
      CHECK(row.size() == schema->fields.size());
      append_cell(writer, row[c]);
    }
    batch.columns.push_back(std::move(writer).finish());
  }
  return batch;
}

RecordBatch with_arrival(RecordBatch batch, const std::vector<int64_t>& seconds_of_rows) {
  CHECK(seconds_of_rows.size() == batch.rows);
  ColumnWriter writer(TypeKind::kBigint, batch.rows);
  for (const int64_t at : seconds_of_rows) writer.append(at == kMinTime ? kMinTime : seconds(at));
  batch.arrival_watermark = std::move(writer).finish();
  return batch;
}

RecordBatch with_position(RecordBatch batch, int32_t split, int64_t first) {
  ColumnWriter splits(TypeKind::kInt, batch.rows);
  ColumnWriter positions(TypeKind::kBigint, batch.rows);
  for (uint32_t row = 0; row < batch.rows; ++row) {
    splits.append(split);
    positions.append<int64_t>(first + row);
  }
  batch.split = std::move(splits).finish();
  batch.position = std::move(positions).finish();
  return batch;
}

std::vector<std::string> json_rows(const RecordBatch& batch) {
  std::vector<std::string> rows;
  batch.selection().each([&](uint32_t row) { append_json_row(rows.emplace_back(), batch, row); });
  return rows;
}

std::vector<std::string> json_rows(const SchemaPtr& schema, const std::vector<Cells>& rows) {
  return json_rows(batch_of(schema, rows));
}

RecordBatch joined(const std::vector<RecordBatch>& batches) {
  CHECK(!batches.empty());
  if (batches.size() == 1) return compact(batches[0]);
  std::vector<RecordBatch> dense;
  size_t rows = 0;
  for (const RecordBatch& batch : batches) rows += dense.emplace_back(compact(batch)).rows;
  RecordBatch out;
  out.schema = dense[0].schema;
  out.rows = static_cast<uint32_t>(rows);
  for (size_t c = 0; c < out.schema->fields.size(); ++c) {
    out.columns.push_back(joined_column(dense, c, rows));
  }
  out.arrival_watermark = joined_side<int64_t>(dense, &RecordBatch::arrival_watermark,
                                               TypeKind::kBigint, kMinTime, rows);
  out.change = joined_side<int32_t>(dense, &RecordBatch::change, TypeKind::kInt, 0, rows);
  out.split = joined_side<int32_t>(dense, &RecordBatch::split, TypeKind::kInt, 0, rows);
  out.position = joined_side<int64_t>(dense, &RecordBatch::position, TypeKind::kBigint, 0, rows);
  return out;
}

void CollectedOutput::emit(Port port, RecordBatch batch) {
  CHECK(is_open(port));
  CHECK(batch.size() != 0);
  batches_.emplace_back(port, std::move(batch));
}

bool CollectedOutput::is_open(Port port) const {
  return port.value() < open_.size() && open_[port.value()];
}

std::vector<std::string> CollectedOutput::rows(Port port) const {
  std::vector<std::string> rows;
  for (const auto& [at, batch] : batches_) {
    if (at != port) continue;
    for (std::string& row : json_rows(batch)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace weir
