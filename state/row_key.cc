#include "state/row_key.h"

#include "engine/data/calendar.h"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

template <typename T>
void append_number(T value, std::string& key) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  std::reverse(std::begin(bytes), std::end(bytes));  // Memory has the lowest first.
  key.append(bytes, sizeof bytes);
}

void append_text(std::string_view text, std::string& key) {
  append_number(static_cast<uint32_t>(text.size()), key);
  key.append(text);
}

double one_of_equals(double value) {
  if (value != value) return std::numeric_limits<double>::quiet_NaN();
  return value == 0 ? 0.0 : value;
}

// Value(T()) gives the value as a T.
template <typename Value>
void append_fixed(const Type& type, Value&& value, std::string& key) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return append_number(value(uint8_t()), key);
    case TypeKind::kDouble: return append_number(one_of_equals(value(double())), key);
    case TypeKind::kInt:
    case TypeKind::kDate: return append_number(value(int32_t()), key);
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return append_number(value(int64_t()), key);
    case TypeKind::kNumeric: return append_number(value(Int128()), key);
    case TypeKind::kInterval: return append_number(interval_total(value(Interval())), key);
    case TypeKind::kText:
    case TypeKind::kBytea:
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

void append_null(bool null, std::string& key) { key.push_back(null ? '\1' : '\0'); }

}  // namespace

void append_row_key(const RowLayout& layout, const std::byte* row, std::string& key) {
  for (size_t column = 0; column < layout.key_columns(); ++column) {
    const bool null = layout.is_null(row, column);
    append_null(null, key);
    if (null) continue;
    const std::byte* slot = row + layout.offset(column);
    if (is_stored_as_text(layout.type(column))) {
      append_text(load<StoredText>(slot).view(), key);
      continue;
    }
    append_fixed(
        layout.type(column), [slot](auto as) { return load<decltype(as)>(slot); }, key);
  }
}

void append_row_key(const RowLayout& layout, const KeyBatch& keys, uint32_t batch_row,
                    std::string& key) {
  std::string scratch;
  for (size_t i = 0; i < keys.columns.size(); ++i) {
    const Column& column = *keys.columns[i];
    const bool null = column.is_null(batch_row);
    append_null(null, key);
    if (null) continue;
    if (is_stored_as_text(layout.type(i))) {
      append_text(text_to_store(column, batch_row, scratch), key);
      continue;
    }
    append_fixed(
        layout.type(i),
        [&column, batch_row](auto as) -> decltype(as) {
          if constexpr (std::is_same_v<decltype(as), uint8_t>) {
            return column.boolean(batch_row) ? 1 : 0;
          } else {
            return column.values<decltype(as)>()[batch_row];
          }
        },
        key);
  }
}

}  // namespace weir
