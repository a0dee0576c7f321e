#include "engine/data/text_form.h"

#include "engine/data/text_scan.h"

namespace weir {

using text_scan::equals_folded;
using text_scan::trim;
using text_scan::unreadable;

void append_value(std::string& out, const Column& column, size_t row) {
  switch (column.type().kind()) {
    case TypeKind::kBoolean: out += column.boolean(row) ? "true" : "false"; return;
    case TypeKind::kInt: return append_integer(out, column.values<int32_t>()[row]);
    case TypeKind::kBigint: return append_integer(out, column.values<int64_t>()[row]);
    case TypeKind::kDouble: return append_double(out, column.values<double>()[row]);
    case TypeKind::kNumeric:
      return append_numeric(out, column.values<Int128>()[row], column.type().scale());
    case TypeKind::kText: out += column.text(row); return;
    case TypeKind::kBytea: return append_bytea_hex(out, column.text(row));
    case TypeKind::kDate: return append_date(out, column.values<int32_t>()[row]);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
      return append_timestamp(out, column.values<int64_t>()[row],
                              column.type().kind() == TypeKind::kTimestamptz, TimeStyle::kPostgres);
    case TypeKind::kInterval: return append_interval(out, column.values<Interval>()[row]);
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

std::string value_text(const Column& column, size_t row) {
  std::string out;
  append_value(out, column, row);
  return out;
}

Result<bool> parse_boolean(std::string_view text) {
  const std::string_view word = trim(text);
  if (word.size() == 1 && (word[0] == '1' || word[0] == '0')) return word[0] == '1';
  // Any beginning of these will do, if it says which one is meant.
  const auto is_start_of = [word](std::string_view whole, size_t size_min) {
    return word.size() >= size_min && word.size() <= whole.size() &&
           equals_folded(word, whole.substr(0, word.size()));
  };
  if (is_start_of("true", 1) || is_start_of("yes", 1) || is_start_of("on", 2)) return true;
  if (is_start_of("false", 1) || is_start_of("no", 1) || is_start_of("off", 2)) return false;
  return unreadable(text, "boolean");
}

Status append_parsed(ColumnWriter& writer, std::string_view text) {
  switch (writer.type().kind()) {
    case TypeKind::kBoolean: writer.append_bool(TRY(parse_boolean(text))); return {};
    case TypeKind::kInt: writer.append(TRY(parse_int(text))); return {};
    case TypeKind::kBigint: writer.append(TRY(parse_bigint(text))); return {};
    case TypeKind::kDouble: writer.append(TRY(parse_double(text))); return {};
    case TypeKind::kNumeric:
      writer.append(TRY(parse_numeric(text, writer.type().precision(), writer.type().scale())));
      return {};
    case TypeKind::kText: writer.append_text(text); return {};
    case TypeKind::kBytea: writer.append_text(TRY(parse_bytea(text))); return {};
    case TypeKind::kDate: writer.append(TRY(parse_date(text))); return {};
    case TypeKind::kTimestamp: writer.append(TRY(parse_timestamp(text, false))); return {};
    case TypeKind::kTimestamptz: writer.append(TRY(parse_timestamp(text, true))); return {};
    case TypeKind::kInterval: writer.append(TRY(parse_interval(text))); return {};
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

}  // namespace weir
