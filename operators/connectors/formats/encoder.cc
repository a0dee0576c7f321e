#include "operators/connectors/formats/encoder.h"

#include "engine/data/json_form.h"
#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <utility>

namespace weir {
namespace {

ChangeKind change_of(const RecordBatch& batch, size_t row) {
  if (batch.change == nullptr) return ChangeKind::kInsert;
  return static_cast<ChangeKind>(batch.change->values<int32_t>()[row]);
}

std::string_view mark_of(ChangeKind change) {
  switch (change) {
    case ChangeKind::kInsert: return "+I";
    case ChangeKind::kUpdateBefore: return "-U";
    case ChangeKind::kUpdateAfter: return "+U";
    case ChangeKind::kDelete: return "-D";
  }
  unreachable();
}

// What has become of a row, whatever the format.
class ChangeEncoder : public Encoder {
 public:
  explicit ChangeEncoder(ChangeForm changes) : changes_(changes) {}

  bool skips(const RecordBatch& batch, size_t row) const override {
    return changes_ == ChangeForm::kUpsert && change_of(batch, row) == ChangeKind::kUpdateBefore;
  }
  bool deletes(const RecordBatch& batch, size_t row) const override {
    return changes_ == ChangeForm::kUpsert && change_of(batch, row) == ChangeKind::kDelete;
  }

 protected:
  const ChangeForm changes_;
};

class JsonEncoder : public ChangeEncoder {
 public:
  JsonEncoder(const FormatOptions& options, const Schema& schema)
      : ChangeEncoder(options.changes), key_(options.key) {
    for (const Field& field : schema.fields) {
      std::string& key = keys_.emplace_back();
      append_json_string(key, field.name);
      key.push_back(':');
    }
  }

  void encode(const RecordBatch& batch, size_t row, std::string& out) const override {
    out.push_back('{');
    const size_t start = out.size();
    if (deletes(batch, row)) {
      out.append("\"_deleted\":true");
      for (const size_t column : key_) append(batch, row, column, start, out);
    } else {
      if (changes_ == ChangeForm::kOp) {
        out.append("\"_op\":\"").append(mark_of(change_of(batch, row))).push_back('"');
      }
      for (size_t i = 0; i < batch.columns.size(); ++i) append(batch, row, i, start, out);
    }
    out.push_back('}');
  }

 private:
  void append(const RecordBatch& batch, size_t row, size_t column, size_t start,
              std::string& out) const {
    if (batch.columns[column] == nullptr) return;
    if (out.size() != start) out.push_back(',');
    out.append(keys_[column]);
    append_json_value(out, *batch.columns[column], row);
  }

  const std::vector<size_t> key_;
  std::vector<std::string> keys_;  // "name": for each column.
};

void append_csv_text(std::string& out, std::string_view text) {
  const bool needs_quotes = text.empty() || text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (!needs_quotes) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

class CsvEncoder : public ChangeEncoder {
 public:
  explicit CsvEncoder(const FormatOptions& options)
      : ChangeEncoder(options.changes),
        has_header_(options.csv_header),
        has_marks_(options.changes == ChangeForm::kOp) {}

  std::string file_header(const Schema& schema) const override {
    std::string line;
    if (!has_header_) return line;
    if (has_marks_) line = "_op";
    for (const Field& field : schema.fields) {
      if (!line.empty()) line.push_back(',');
      append_csv_text(line, field.name);
    }
    line.push_back('\n');
    return line;
  }

  void encode(const RecordBatch& batch, size_t row, std::string& out) const override {
    CHECK(!deletes(batch, row));  // Only graphs whose deletions have a form are valid.
    if (has_marks_) out.append(mark_of(change_of(batch, row)));
    for (size_t i = 0; i < batch.columns.size(); ++i) {
      if (i != 0 || has_marks_) out.push_back(',');
      const Column* column = batch.columns[i].get();
      if (column == nullptr || column->is_null(row)) continue;
      if (column->type().kind() == TypeKind::kText) {
        append_csv_text(out, column->text(row));
      } else {
        // Of no other type has its text a comma, a quote or a line break.
        append_value(out, *column, row);
      }
    }
  }

 private:
  const bool has_header_;
  const bool has_marks_;
};

class RawEncoder : public ChangeEncoder {
 public:
  explicit RawEncoder(const FormatOptions& options) : ChangeEncoder(options.changes) {}

  void encode(const RecordBatch& batch, size_t row, std::string& out) const override {
    CHECK(!deletes(batch, row));  // As above.
    if (!batch.columns[0]->is_null(row)) out.append(batch.columns[0]->text(row));
  }
};

Status check_csv(const Schema& schema) {
  for (const Field& field : schema.fields) {
    const TypeKind kind = field.type.kind();
    if (kind != TypeKind::kComposite && kind != TypeKind::kArray) continue;
    return user_error(fmt::format("column {} of type {} cannot be written in format 'csv'",
                                  field.name, to_text(field.type)));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Encoder>> make_encoder(const FormatOptions& options, const Schema& schema) {
  if (options.format == "json") return std::make_unique<JsonEncoder>(options, schema);
  if (options.changes == ChangeForm::kOp && options.format == "raw") {
    return user_error("format 'raw' has no place for the mark of envelope 'op': write 'json'");
  }
  if (options.format == "csv") {
    TRY(check_csv(schema));
    return std::make_unique<CsvEncoder>(options);
  }
  if (options.format == "raw") {
    if (schema.fields.size() != 1 || !schema.fields[0].type.is_text_like()) {
      return user_error("format 'raw' writes exactly one column of type text or bytea");
    }
    return std::make_unique<RawEncoder>(options);
  }
  return user_error(fmt::format("unknown format '{}': expected json, csv or raw", options.format));
}

}  // namespace weir
