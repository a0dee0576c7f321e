// A small vocabulary for tests of formats: shapes in a line, records in, rows out as JSON text.
#pragma once

#include "engine/data/json_form.h"
#include "operators/connectors/formats/decoder.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

inline RowShape shape_of(std::vector<Field> fields) {
  auto schema = std::make_shared<Schema>();
  schema->fields = std::move(fields);
  RowShape shape;
  shape.needed = all_needed(*schema);
  shape.schema = std::move(schema);
  return shape;
}

// Decodes records one by one, each with nothing but rubbish behind it.
class Decoding {
 public:
  explicit Decoding(RowShape shape, FormatOptions options = {})
      : shape_(std::move(shape)), decoder_(make_decoder(options, shape_)) {}
  explicit Decoding(std::vector<Field> fields, FormatOptions options = {})
      : Decoding(shape_of(std::move(fields)), std::move(options)) {}

  const Error& error() const { return decoder_.error(); }
  Decoder& decoder() { return **decoder_; }
  const std::vector<BadRecord>& bad() const { return bad_; }
  const RecordBatch& batch() const { return batch_; }

  // The rows as JSON lines.
  std::string rows(const std::vector<std::string>& records) {
    bad_.clear();
    RowsWriter writer(shape_, split_, SplitId(3), records.size());
    for (size_t i = 0; i < records.size(); ++i) {
      std::string padded = records[i] + "\"}]," + std::string(Decoder::kPadding, '"');
      RawRecord record;
      record.payload = std::string_view(padded).substr(0, records[i].size());
      record.position = static_cast<int64_t>(100 + i);
      (*decoder_)->decode(record, writer, bad_);
    }
    batch_ = std::move(writer).finish();
    std::string out;
    for (size_t row = 0; row < batch_.rows; ++row) {
      append_json_row(out, batch_, row);
      out += "\n";
    }
    return out;
  }

  // The one row without its line end, or "bad: " and the reason.
  std::string row(const std::string& record) {
    std::string out = rows({record});
    if (bad_.size() + batch_.rows != 1) return "neither one row nor one bad record";
    if (!bad_.empty()) return "bad: " + bad_[0].reason;
    out.pop_back();
    return out;
  }

 private:
  RowShape shape_;
  Split split_ = {.name = "part", .source = "a topic with a long name", .number = 3};
  Result<std::unique_ptr<Decoder>> decoder_;
  std::vector<BadRecord> bad_;
  RecordBatch batch_;
};

}  // namespace weir::testing
