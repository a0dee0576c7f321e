#include "operators/connectors/formats/raw_decoder.h"

#include "engine/data/text_form.h"
#include "operators/connectors/formats/bad_record.h"

#include <fmt/format.h>

namespace weir {
namespace {

class RawDecoder : public Decoder {
 public:
  RawDecoder(const FormatOptions& options, const RowShape& shape)
      : bytes_max_(options.max_record_bytes),
        name_(shape.schema->fields[0].name),
        is_text_(shape.schema->fields[0].type.kind() == TypeKind::kText) {}

  void decode(const RawRecord& record, RowsWriter& rows, std::vector<BadRecord>& bad) override {
    if (!has_allowed_size(record, bytes_max_, bad)) return;
    if (is_text_ && !is_utf8(record.payload)) {
      return bad.push_back(bad_record(record, bytes_max_, "the record is not valid UTF-8",
                                      std::string(kNotUtf8Label)));
    }
    if (is_text_ && record.payload.find('\0') != std::string_view::npos) {
      return bad.push_back(bad_record(
          record, bytes_max_, fmt::format("column {}: text cannot hold a zero character", name_),
          "bad text"));
    }
    if (rows.column(0) != nullptr) rows.column(0)->append_text(record.payload);
    rows.end_row(record);
  }

 private:
  const size_t bytes_max_;
  const std::string name_;
  const bool is_text_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_raw_decoder(const FormatOptions& options,
                                                  const RowShape& shape) {
  if (shape.payload_fields() != 1 || !shape.schema->fields[0].type.is_text_like()) {
    return user_error(
        "format 'raw' needs exactly one column of type text or bytea beside generated ones");
  }
  return std::make_unique<RawDecoder>(options, shape);
}

}  // namespace weir
