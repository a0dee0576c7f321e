// Any bytes as a CSV file: wherever its records are found to end, each gives exactly one row or one
// bad record, and a row written as CSV again gives the same row.
#include "operators/connectors/formats/decoder.h"
#include "operators/connectors/formats/encoder.h"
#include "operators/connectors/formats/record_splitter.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

const weir::FormatOptions kCsv = {.format = "csv"};

weir::RowShape some_types() {
  using weir::TypeKind;
  auto schema = std::make_shared<weir::Schema>();
  schema->fields = {{"a", TypeKind::kText},
                    {"b", weir::Type::numeric(12, 2)},
                    {"c", TypeKind::kTimestamptz},
                    {"d", TypeKind::kBytea}};
  weir::RowShape shape;
  shape.needed = all_needed(*schema);
  shape.schema = std::move(schema);
  return shape;
}

// The row of the record as CSV; absent where it is a bad record.
std::optional<std::string> rewritten(std::string_view payload) {
  static const weir::RowShape shape = some_types();
  static const auto decoder = *make_decoder(kCsv, shape);
  static const auto encoder = *make_encoder(kCsv, *shape.schema);
  const weir::Split split;
  weir::RowsWriter writer(shape, split, weir::SplitId(0), 1);
  std::vector<weir::BadRecord> bad;
  std::string padded(payload);
  padded.append(weir::Decoder::kPadding, '"');
  weir::RawRecord record;
  record.payload = std::string_view(padded).substr(0, payload.size());
  decoder->decode(record, writer, bad);
  const weir::RecordBatch batch = std::move(writer).finish();
  if (batch.rows + bad.size() != 1) std::abort();
  if (batch.rows == 0) return std::nullopt;
  std::string out;
  encoder->encode(batch, 0, out);
  return out;
}

void take(std::string_view payload) {
  const std::optional<std::string> once = rewritten(payload);
  if (once && rewritten(*once) != once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  weir::RecordSplitter splitter(true);
  while (true) {
    const size_t end = splitter.find_end(rest);
    take(rest.substr(0, end));
    if (end == weir::RecordSplitter::kNone) return 0;
    rest.remove_prefix(end + 1);
  }
}
