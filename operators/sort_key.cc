#include "operators/sort_key.h"

#include "engine/data/calendar.h"

#include <bit>
#include <cmath>

namespace weir {
namespace {

constexpr char kNullFirst = 0;
constexpr char kValue = 1;
constexpr char kNullLast = 2;

// Most significant byte first.
template <typename Word>
void append_word(std::string& out, Word word) {
  for (int shift = static_cast<int>(sizeof word) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(word >> shift & 0xff);
  }
}

void append_number(std::string& out, int64_t value) {
  append_word(out, static_cast<uint64_t>(value) ^ (uint64_t{1} << 63));
}
void append_number(std::string& out, Int128 value) {
  append_word(out, static_cast<Uint128>(value) ^ (Uint128{1} << 127));
}
void append_number(std::string& out, double value) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  if (std::isnan(value)) return append_word(out, ~uint64_t{0});
  const uint64_t bits = std::bit_cast<uint64_t>(value == 0 ? 0.0 : value);
  append_word(out, (bits & kSign) != 0 ? ~bits : bits | kSign);
}

// Ends with 0 0; a zero inside is 0 1, so that no text is the beginning of another.
void append_bytes(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    out += byte;
    if (byte == 0) out += '\1';
  }
  out.append(2, '\0');
}

void append_value(std::string& out, const Column& column, size_t row) {
  switch (column.type().kind()) {
    case TypeKind::kBoolean: out += column.boolean(row) ? '\1' : '\0'; return;
    case TypeKind::kInt:
    case TypeKind::kDate: return append_number(out, int64_t{column.values<int32_t>()[row]});
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return append_number(out, column.values<int64_t>()[row]);
    case TypeKind::kNumeric: return append_number(out, column.values<Int128>()[row]);
    case TypeKind::kDouble: return append_number(out, column.values<double>()[row]);
    case TypeKind::kInterval:
      return append_number(out, interval_total(column.values<Interval>()[row]));
    case TypeKind::kText:
    case TypeKind::kBytea: return append_bytes(out, column.text(row));
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

}  // namespace

void append_sort_key(std::string& out, const Column& column, size_t row, const SortKey& key) {
  if (column.is_null(row)) {
    out += key.nulls_first ? kNullFirst : kNullLast;
    return;
  }
  out += kValue;
  const size_t begin = out.size();
  append_value(out, column, row);
  if (!key.descending) return;
  for (size_t i = begin; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

}  // namespace weir
