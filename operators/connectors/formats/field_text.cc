#include "operators/connectors/formats/field_text.h"

#include "engine/data/calendar.h"
#include "engine/data/text_form.h"
#include "operators/connectors/formats/bad_record.h"

#include <fmt/format.h>

namespace weir {
namespace {

int64_t micros_of(TimestampUnit unit) {
  switch (unit) {
    case TimestampUnit::kNone: return 0;
    case TimestampUnit::kSeconds: return kMicrosPerSecond;
    case TimestampUnit::kMillis: return 1000;
    case TimestampUnit::kMicros: return 1;
  }
  unreachable();
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_readable(const Type& type, const NeededField& needed, bool composites) {
  if (type.kind() == TypeKind::kArray) return false;
  if (type.kind() != TypeKind::kComposite) return true;
  if (!composites) return false;
  const std::vector<Field>& fields = type.fields().fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    const bool whole = needed.fields.empty();
    if (!whole && !needed.fields[i].needed) continue;
    if (!is_readable(fields[i].type, whole ? NeededField() : needed.fields[i], composites)) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<int64_t> timestamp_of_integer(std::string_view digits, TimestampUnit unit) {
  if (unit == TimestampUnit::kNone) {
    return bad_data(fmt::format(
        "{} is an integer, not a timestamp; say what it counts with timestamp_unit = 's', 'ms' or "
        "'us'",
        shown(digits)));
  }
  const int64_t count = TRY(parse_bigint(digits));
  int64_t micros = 0;
  if (__builtin_mul_overflow(count, micros_of(unit), &micros)) {
    return bad_data(fmt::format("'{}' is out of range for timestamp", digits));
  }
  return micros;
}

Status append_field_text(ColumnWriter& writer, std::string_view text, TimestampUnit unit) {
  if (unit != TimestampUnit::kNone && writer.type().is_time() && is_integer(text)) {
    writer.append(TRY(timestamp_of_integer(text, unit)));
    return {};
  }
  return append_parsed(writer, text);
}

Status check_readable(const RowShape& shape, std::string_view format, bool composites) {
  for (size_t i = 0; i < shape.payload_fields(); ++i) {
    const Field& field = shape.schema->fields[i];
    if (!shape.needed[i].needed || is_readable(field.type, shape.needed[i], composites)) continue;
    return user_error(fmt::format("column {} of type {} cannot be read from format '{}'",
                                  field.name, to_text(field.type), format));
  }
  return {};
}

}  // namespace weir
