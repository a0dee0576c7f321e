#include "operators/connectors/formats/csv_decoder.h"

#include "engine/data/text_form.h"
#include "operators/connectors/formats/bad_record.h"
#include "operators/connectors/formats/field_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr size_t kUnwanted = static_cast<size_t>(-1);

// Takes a record apart, field by field.
class CsvFields {
 public:
  // Quoted fields that hold quotes are put together in `scratch`.
  CsvFields(std::string_view record, std::string& scratch) : rest_(record), scratch_(scratch) {}

  // False at the end of the record, and at a fault.
  bool next() {
    if (at_end_) return false;
    is_quoted_ = rest_.starts_with('"');
    const bool read = is_quoted_ ? take_quoted() : take_plain();
    if (!read) return false;
    at_end_ = rest_.empty();
    if (!at_end_) rest_.remove_prefix(1);  // The comma.
    return true;
  }

  std::string_view text() const { return text_; }
  bool is_null() const { return text_.empty() && !is_quoted_; }
  const char* fault() const { return fault_; }

 private:
  bool broken(const char* fault) {
    fault_ = fault;
    return false;
  }

  bool take_plain() {
    text_ = rest_.substr(0, rest_.find(','));
    rest_.remove_prefix(text_.size());
    return text_.find('"') == std::string_view::npos ||
           broken("a quote stands inside a field that does not begin with one");
  }

  bool take_quoted() {
    rest_.remove_prefix(1);
    size_t quote = rest_.find('"');
    if (quote == std::string_view::npos) return broken("the record ends inside quotes");
    text_ = rest_.substr(0, quote);
    rest_.remove_prefix(quote + 1);
    if (rest_.starts_with('"') && !take_quotes_inside()) return false;
    return rest_.empty() || rest_.front() == ',' ||
           broken("a closing quote is followed by neither a comma nor the end of the record");
  }

  // After the first of two quotes in a row.
  bool take_quotes_inside() {
    scratch_.assign(text_);
    while (rest_.starts_with('"')) {
      const size_t quote = rest_.find('"', 1);
      if (quote == std::string_view::npos) return broken("the record ends inside quotes");
      // Begins with the second of the two, which stands for both.
      scratch_.append(rest_, 0, quote);
      rest_.remove_prefix(quote + 1);
    }
    text_ = scratch_;
    return true;
  }

  std::string_view rest_;
  std::string& scratch_;
  std::string_view text_;
  bool is_quoted_ = false;
  bool at_end_ = false;
  const char* fault_ = nullptr;
};

class CsvDecoder : public Decoder {
 public:
  CsvDecoder(const FormatOptions& options, const RowShape& shape)
      : options_(options), schema_(shape.schema) {
    for (size_t i = 0; i < shape.payload_fields(); ++i) {
      needed_.push_back(shape.needed[i].needed);
      columns_.push_back(needed_[i] ? i : kUnwanted);
    }
  }

  Result<bool> begin_file(std::string_view first_line) override {
    if (!options_.csv_header) return false;
    if (!is_utf8(first_line)) return user_error("the CSV header line is not valid UTF-8");
    std::vector<std::string> names;
    CsvFields fields(first_line, scratch_);
    while (fields.next()) names.emplace_back(fields.text());
    if (fields.fault() != nullptr) {
      return user_error(fmt::format("cannot read the CSV header line: {}", fields.fault()));
    }
    columns_.assign(names.size(), kUnwanted);
    for (size_t i = 0; i < needed_.size(); ++i) {
      if (needed_[i]) columns_[TRY(place_of(schema_->fields[i].name, names))] = i;
    }
    return true;
  }

  bool is_blank(std::string_view line) const override {
    return line.empty() && columns_.size() != 1;  // In a single column it is a NULL.
  }

  void decode(const RawRecord& record, RowsWriter& rows, std::vector<BadRecord>& bad) override {
    if (!has_allowed_size(record, options_.max_record_bytes, bad)) return;
    if (!is_utf8(record.payload)) {
      return refuse(record, "the record is not valid UTF-8", std::string(kNotUtf8Label), bad);
    }
    CsvFields fields(record.payload, scratch_);
    size_t place = 0;
    for (; place < columns_.size() && fields.next(); ++place) {
      const size_t column = columns_[place];
      if (column == kUnwanted) continue;
      ColumnWriter& writer = *rows.column(column);
      const Status status = append(fields, writer);
      if (status.ok()) [[likely]]
        continue;
      rows.drop_row();
      return refuse(
          record,
          fmt::format("column {}: {}", schema_->fields[column].name, status.error().message),
          bad_value_label(writer.type()), bad);
    }
    const bool is_whole = place == columns_.size() && !fields.next();
    if (is_whole && fields.fault() == nullptr) return rows.end_row(record);
    rows.drop_row();
    if (fields.fault() != nullptr) return refuse(record, fields.fault(), "not CSV", bad);
    refuse(record,
           fmt::format("the record has {} than {} fields",
                       place < columns_.size() ? "fewer" : "more", columns_.size()),
           "wrong number of fields", bad);
  }

 private:
  Status append(const CsvFields& field, ColumnWriter& writer) const {
    if (field.is_null()) {
      writer.append_null();
      return {};
    }
    if (writer.type().kind() == TypeKind::kText &&
        field.text().find('\0') != std::string_view::npos) {
      return bad_data("text cannot hold a zero character");
    }
    return append_field_text(writer, field.text(), options_.timestamp_unit);
  }

  static Result<size_t> place_of(const std::string& name, const std::vector<std::string>& names) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return user_error(
          fmt::format("the CSV header line has no column {}: it names {}; without a "
                      "header line say header = 'false'",
                      name, shown(fmt::format("{}", fmt::join(names, ", ")))));
    }
    if (std::find(found + 1, names.end(), name) != names.end()) {
      return user_error(fmt::format("the CSV header line names column {} twice", name));
    }
    return static_cast<size_t>(found - names.begin());
  }

  void refuse(const RawRecord& record, std::string reason, std::string label,
              std::vector<BadRecord>& bad) const {
    bad.push_back(
        bad_record(record, options_.max_record_bytes, std::move(reason), std::move(label)));
  }

  const FormatOptions options_;
  const SchemaPtr schema_;
  std::vector<bool> needed_;     // One a payload column.
  std::vector<size_t> columns_;  // For each field of a record, the column it fills, or kUnwanted.
  std::string scratch_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_csv_decoder(const FormatOptions& options,
                                                  const RowShape& shape) {
  TRY(check_readable(shape, options.format, false));
  return std::make_unique<CsvDecoder>(options, shape);
}

}  // namespace weir
