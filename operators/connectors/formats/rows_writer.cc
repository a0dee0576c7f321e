#include "operators/connectors/formats/decoder.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

void append_bytes(ColumnWriter& writer, const std::optional<std::string_view>& bytes) {
  if (bytes) {
    writer.append_text(*bytes);
  } else {
    writer.append_null();
  }
}

}  // namespace

RowsWriter::RowsWriter(const RowShape& shape, const Split& split, SplitId id, size_t rows_max)
    : shape_(shape), id_(id), arena_(std::make_shared<Arena>()) {
  const std::vector<Field>& fields = shape.schema->fields;
  CHECK(shape.needed.size() == fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    const NeededField& needed = shape.needed[i];
    columns_.push_back(
        needed.needed ? std::make_unique<ColumnWriter>(fields[i].type, rows_max, arena_, &needed)
                      : nullptr);
  }
  if (shape.with_position) {
    split_column_ = std::make_unique<ColumnWriter>(TypeKind::kInt, rows_max);
    position_column_ = std::make_unique<ColumnWriter>(TypeKind::kBigint, rows_max);
  }
  number_ = split.number;
  source_ = arena_->add(split.source);
}

void RowsWriter::end_row(const RawRecord& record) {
  for (size_t i = shape_.payload_fields(); i < columns_.size(); ++i) {
    if (columns_[i] != nullptr) append_metadata(i, record);
  }
  if (split_column_ != nullptr) {
    split_column_->append(static_cast<int32_t>(id_.value()));
    position_column_->append(record.position);
  }
  ++rows_;
}

void RowsWriter::append_metadata(size_t field, const RawRecord& record) {
  const MetadataColumn& metadata = shape_.metadata[field - shape_.payload_fields()];
  ColumnWriter& writer = *columns_[field];
  switch (metadata.kind) {
    case MetadataKind::kPartition: return writer.append(number_);
    case MetadataKind::kOffset: return writer.append(record.position);
    case MetadataKind::kTime:
      return record.time ? writer.append(*record.time) : writer.append_null();
    case MetadataKind::kKey: return append_bytes(writer, record.key);
    case MetadataKind::kHeader:
      return append_bytes(writer, record.header ? record.header(metadata.header) : std::nullopt);
    case MetadataKind::kSource: return writer.append_view(source_);
  }
  unreachable();
}

void RowsWriter::drop_row() {
  for (const auto& column : columns_) {
    if (column != nullptr) column->truncate(std::min(rows_, column->size()));
  }
}

RecordBatch RowsWriter::finish() && {
  RecordBatch batch;
  batch.schema = shape_.schema;
  batch.rows = static_cast<uint32_t>(rows_);
  batch.columns.reserve(columns_.size());
  for (auto& column : columns_) {
    batch.columns.push_back(column == nullptr ? nullptr : std::move(*column).finish(rows_));
  }
  if (split_column_ != nullptr) {
    batch.split = std::move(*split_column_).finish(rows_);
    batch.position = std::move(*position_column_).finish(rows_);
  }
  return batch;
}

}  // namespace weir
