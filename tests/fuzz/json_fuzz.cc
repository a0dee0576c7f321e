// Any bytes as a JSON record give exactly one row or one bad record, with a shape that has every
// type, and the row can be written again.
#include "engine/data/json_form.h"
#include "engine/data/text_form.h"
#include "operators/connectors/formats/decoder.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

weir::RowShape every_type() {
  using weir::Type;
  using weir::TypeKind;
  const auto part = std::make_shared<const weir::CompositeType>(weir::CompositeType{
      .name = "part", .fields = {{"x", TypeKind::kBigint}, {"y", TypeKind::kText}}});
  auto schema = std::make_shared<weir::Schema>();
  schema->fields = {
      {"a", TypeKind::kBoolean},  {"b", TypeKind::kInt},       {"c", TypeKind::kBigint},
      {"d", TypeKind::kDouble},   {"e", Type::numeric(12, 2)}, {"f", TypeKind::kText},
      {"g", TypeKind::kBytea},    {"h", TypeKind::kDate},      {"i", TypeKind::kTimestamptz},
      {"j", TypeKind::kInterval}, {"k", Type::composite(part)}};
  weir::RowShape shape;
  shape.needed = all_needed(*schema);
  shape.schema = std::move(schema);
  return shape;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const weir::RowShape shape = every_type();
  static const auto decoder =
      *make_decoder({.timestamp_unit = weir::TimestampUnit::kMillis}, shape);
  const weir::Split split;
  weir::RowsWriter writer(shape, split, weir::SplitId(0), 1);
  std::vector<weir::BadRecord> bad;
  std::string padded(reinterpret_cast<const char*>(data), size);
  padded.append(weir::Decoder::kPadding, '"');
  weir::RawRecord record;
  record.payload = std::string_view(padded).substr(0, size);
  decoder->decode(record, writer, bad);
  const weir::RecordBatch batch = std::move(writer).finish();
  if (batch.rows + bad.size() != 1) std::abort();
  std::string out;
  if (batch.rows == 1) append_json_row(out, batch, 0);
  if (!weir::is_utf8(out)) std::abort();
  if (!bad.empty() && bad[0].reason.empty()) std::abort();
  return 0;
}
