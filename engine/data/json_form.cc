#include "engine/data/json_form.h"

#include "engine/data/text_form.h"

#include <cmath>

namespace weir {
namespace {

// What stands for each byte within a JSON string: 0 for itself, a letter for a short escape, 'u'
// for \u00xx.
constexpr char escape_of(unsigned char c) {
  switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return c < 0x20 ? 'u' : '\0';
  }
}

struct EscapeTable {
  constexpr EscapeTable() {
    for (int c = 0; c < 256; ++c) escapes[c] = escape_of(static_cast<unsigned char>(c));
  }
  char escapes[256] = {};
};
constexpr EscapeTable kEscapes;

void append_json_double(std::string& out, double value) {
  const bool has_number = std::isfinite(value);
  if (!has_number) out.push_back('"');
  append_double(out, value);
  if (!has_number) out.push_back('"');
}

// Runs f, which appends text that needs no escapes, within quotes.
template <typename F>
void append_quoted(std::string& out, F&& f) {
  out.push_back('"');
  f();
  out.push_back('"');
}

void append_composite(std::string& out, const Column& column, size_t row) {
  const std::vector<Field>& fields = column.type().fields().fields;
  char separator = '{';
  for (size_t i = 0; i < fields.size(); ++i) {
    const ColumnPtr& child = column.children()[i];
    if (child == nullptr) continue;
    out.push_back(separator);
    append_json_string(out, fields[i].name);
    out.push_back(':');
    append_json_value(out, *child, row);
    separator = ',';
  }
  if (separator == '{') out.push_back('{');
  out.push_back('}');
}

void append_array(std::string& out, const Column& column, size_t row) {
  const int32_t* offsets = column.offsets();
  out.push_back('[');
  for (int32_t i = offsets[row]; i < offsets[row + 1]; ++i) {
    if (i != offsets[row]) out.push_back(',');
    append_json_value(out, *column.children()[0], static_cast<size_t>(i));
  }
  out.push_back(']');
}

}  // namespace

void append_json_string(std::string& out, std::string_view utf8) {
  out.push_back('"');
  size_t plain = 0;  // Where the bytes begin that were not appended yet.
  for (size_t i = 0; i < utf8.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(utf8[i]);
    const char escape = kEscapes.escapes[c];
    if (escape == '\0') [[likely]]
      continue;
    out.append(utf8, plain, i - plain);
    plain = i + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape != 'u') continue;
    constexpr std::string_view kHex = "0123456789abcdef";
    out.append("00");
    out.push_back(kHex[c >> 4]);
    out.push_back(kHex[c & 15]);
  }
  out.append(utf8, plain);
  out.push_back('"');
}

void append_json_value(std::string& out, const Column& column, size_t row) {
  if (column.is_null(row)) {
    out += "null";
    return;
  }
  const Type& type = column.type();
  switch (type.kind()) {
    case TypeKind::kBoolean:
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kNumeric: return append_value(out, column, row);
    case TypeKind::kDouble: return append_json_double(out, column.values<double>()[row]);
    case TypeKind::kText: return append_json_string(out, column.text(row));
    case TypeKind::kBytea: return append_quoted(out, [&] { append_base64(out, column.text(row)); });
    case TypeKind::kDate:
    case TypeKind::kInterval: return append_quoted(out, [&] { append_value(out, column, row); });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
      return append_quoted(out, [&] {
        append_timestamp(out, column.values<int64_t>()[row], type.kind() == TypeKind::kTimestamptz,
                         TimeStyle::kRfc3339);
      });
    case TypeKind::kComposite: return append_composite(out, column, row);
    case TypeKind::kArray: return append_array(out, column, row);
  }
  unreachable();
}

void append_json_row(std::string& out, const RecordBatch& batch, size_t row) {
  char separator = '{';
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    if (batch.columns[i] == nullptr) continue;
    out.push_back(separator);
    append_json_string(out, batch.schema->fields[i].name);
    out.push_back(':');
    append_json_value(out, *batch.columns[i], row);
    separator = ',';
  }
  if (separator == '{') out.push_back('{');
  out.push_back('}');
}

}  // namespace weir
