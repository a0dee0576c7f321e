// Any bytes, with and without the checksum that belongs to them, give a batch or an error. A batch
// can be read to the last value and encoded again.
#include "engine/base/crc32c.h"
#include "engine/data/batch_codec.h"
#include "engine/data/text_form.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

weir::SchemaPtr every_type() {
  using weir::Field;
  using weir::Type;
  using weir::TypeKind;
  std::vector<Field> fields;
  const Type plain[] = {TypeKind::kBoolean,  TypeKind::kInt,      TypeKind::kDouble,
                        TypeKind::kText,     TypeKind::kBytea,    TypeKind::kTimestamptz,
                        TypeKind::kInterval, Type::numeric(12, 2)};
  for (const Type& type : plain) fields.push_back({.name = to_text(type), .type = type});
  const auto part = std::make_shared<const weir::CompositeType>(
      weir::CompositeType{.name = "part", .fields = {fields[0], fields[3]}});
  fields.push_back({.name = "part", .type = Type::composite(part)});
  return std::make_shared<const weir::Schema>(weir::Schema{.fields = std::move(fields)});
}

void read_all(const weir::ColumnPtr& column, std::string& text) {
  if (column == nullptr) return;
  for (const weir::ColumnPtr& child : column->children()) read_all(child, text);
  if (column->type().kind() == weir::TypeKind::kComposite) return;
  for (size_t row = 0; row < column->size(); ++row) {
    text.clear();
    if (!column->is_null(row)) append_value(text, *column, row);
  }
}

void decode(std::string_view bytes, const weir::SchemaPtr& schema) {
  const weir::Result<weir::RecordBatch> batch = weir::decode_batch(bytes, schema);
  if (!batch.ok()) return;
  std::string text;
  for (const weir::ColumnPtr& column : batch->columns) read_all(column, text);
  if (!weir::decode_batch(weir::encode_batch(*batch), schema).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const weir::SchemaPtr schema = every_type();
  std::string bytes(reinterpret_cast<const char*>(data), size);
  decode(bytes, schema);
  const uint32_t crc = weir::crc32c(bytes);
  bytes.append(reinterpret_cast<const char*>(&crc), sizeof crc);
  decode(bytes, schema);
  return 0;
}
