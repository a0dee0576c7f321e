#include "operators/connectors/formats/encoder.h"

#include "engine/data/json_form.h"
#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <utility>

namespace weir {
namespace {

class JsonEncoder : public Encoder {
 public:
  explicit JsonEncoder(const Schema& schema) {
    for (const Field& field : schema.fields) {
      std::string& key = keys_.emplace_back();
      append_json_string(key, field.name);
      key.push_back(':');
    }
  }

  void encode(const RecordBatch& batch, size_t row, std::string& out) const override {
    out.push_back('{');
    const size_t start = out.size();
    for (size_t i = 0; i < batch.columns.size(); ++i) {
      if (batch.columns[i] == nullptr) continue;
      if (out.size() != start) out.push_back(',');
      out.append(keys_[i]);
      append_json_value(out, *batch.columns[i], row);
    }
    out.push_back('}');
  }

 private:
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

class CsvEncoder : public Encoder {
 public:
  explicit CsvEncoder(bool has_header) : has_header_(has_header) {}

  std::string file_header(const Schema& schema) const override {
    std::string line;
    if (!has_header_) return line;
    for (const Field& field : schema.fields) {
      if (!line.empty()) line.push_back(',');
      append_csv_text(line, field.name);
    }
    line.push_back('\n');
    return line;
  }

  void encode(const RecordBatch& batch, size_t row, std::string& out) const override {
    for (size_t i = 0; i < batch.columns.size(); ++i) {
      if (i != 0) out.push_back(',');
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
};

class RawEncoder : public Encoder {
 public:
  void encode(const RecordBatch& batch, size_t row, std::string& out) const override {
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
  if (options.format == "json") return std::make_unique<JsonEncoder>(schema);
  if (options.format == "csv") {
    TRY(check_csv(schema));
    return std::make_unique<CsvEncoder>(options.csv_header);
  }
  if (options.format == "raw") {
    if (schema.fields.size() != 1 || !schema.fields[0].type.is_text_like()) {
      return user_error("format 'raw' writes exactly one column of type text or bytea");
    }
    return std::make_unique<RawEncoder>();
  }
  return user_error(fmt::format("unknown format '{}': expected json, csv or raw", options.format));
}

}  // namespace weir
