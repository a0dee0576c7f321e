#include "operators/row_order.h"

#include "engine/data/value_bytes.h"
#include "engine/expr/order.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>

namespace weir {
namespace {

template <typename T>
int order_of(const T& a, const T& b) {
  return a < b ? -1 : static_cast<int>(b < a);
}

// Both kinds of value read alike.
class InRow {
 public:
  InRow(const RowLayout& layout, const std::byte* row, size_t column)
      : null_(layout.is_null(row, column)), slot_(row + layout.offset(column)) {}
  explicit InRow(const StoredValue& value) : InRow(value.layout, value.row, value.column) {}

  bool is_null() const { return null_; }
  bool boolean() const { return *slot_ != std::byte{0}; }
  std::string_view text() const { return reinterpret_cast<const StoredText*>(slot_)->view(); }
  std::string_view array() const { return text(); }
  template <typename T>
  T fixed() const {
    return load<T>(slot_);
  }

 private:
  bool null_;
  const std::byte* slot_;
};

class InBatch {
 public:
  InBatch(const Column& column, uint32_t row) : column_(column), row_(row) {}

  bool is_null() const { return column_.is_null(row_); }
  bool boolean() const { return column_.boolean(row_); }
  std::string_view text() const { return column_.text(row_); }
  std::string array() const {
    std::string bytes;
    append_value_bytes(bytes, column_, row_);
    return bytes;
  }
  template <typename T>
  T fixed() const {
    return column_.values<T>()[row_];
  }

 private:
  const Column& column_;
  uint32_t row_;
};

int order_of_doubles(double a, double b) {
  return double_less(a, b) ? -1 : static_cast<int>(double_less(b, a));
}

// Of values that are not NULL.
template <typename A, typename B>
int value_order(const Type& type, const A& a, const B& b) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return order_of(a.boolean(), b.boolean());
    case TypeKind::kText:
    case TypeKind::kBytea: return text_order(a.text(), b.text());
    case TypeKind::kArray: return text_order(a.array(), b.array());  // No key: any order will do.
    case TypeKind::kDouble:
      return order_of_doubles(a.template fixed<double>(), b.template fixed<double>());
    case TypeKind::kInt:
    case TypeKind::kDate: return order_of(a.template fixed<int32_t>(), b.template fixed<int32_t>());
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
      return order_of(a.template fixed<int64_t>(), b.template fixed<int64_t>());
    case TypeKind::kNumeric:
      return order_of(a.template fixed<Int128>(), b.template fixed<Int128>());
    case TypeKind::kInterval:
      return order_of(interval_length(a.template fixed<Interval>()),
                      interval_length(b.template fixed<Interval>()));
    case TypeKind::kComposite: break;
  }
  unreachable();
}

// Tells apart what is equal and not the same: 1 month and 30 days, 0 and -0.
template <typename A, typename B>
int exact_order(const Type& type, const A& a, const B& b) {
  if (type.kind() == TypeKind::kDouble) {
    return order_of(a.template fixed<uint64_t>(), b.template fixed<uint64_t>());
  }
  if (type.kind() != TypeKind::kInterval) return 0;
  const Interval x = a.template fixed<Interval>();
  const Interval y = b.template fixed<Interval>();
  return order_of(std::tie(x.months, x.days), std::tie(y.months, y.days));
}

template <typename A, typename B>
int key_order(const SortKey& key, const Type& type, const A& a, const B& b) {
  if (a.is_null() || b.is_null()) {
    const int order = order_of(a.is_null(), b.is_null());
    return key.nulls_first ? -order : order;
  }
  const int order = value_order(type, a, b);
  return key.descending ? -order : order;
}

// `a_value(column)` and `b_value(column)` give the values.
template <typename A, typename B>
int order_by_keys(const std::vector<SortKey>& keys, const RowLayout& layout, const A& a_value,
                  const B& b_value) {
  for (const SortKey& key : keys) {
    const int order =
        key_order(key, layout.type(key.column), a_value(key.column), b_value(key.column));
    if (order != 0) return order;
  }
  return 0;
}

template <typename A, typename B>
int order_by_row(const RowLayout& layout, const A& a_value, const B& b_value) {
  for (size_t column = 0; column < layout.columns(); ++column) {
    const auto a = a_value(column);
    const auto b = b_value(column);
    int order = order_of(a.is_null(), b.is_null());
    if (order == 0 && a.is_null()) continue;
    if (order == 0) order = value_order(layout.type(column), a, b);
    if (order == 0) order = exact_order(layout.type(column), a, b);
    if (order != 0) return order;
  }
  return 0;
}

auto values_of(const RowLayout& layout, const std::byte* row) {
  return [&layout, row](size_t column) { return InRow(layout, row, column); };
}

auto values_of(const RowOrder::Candidate& candidate) {
  return [&candidate](size_t column) { return InBatch(*candidate.columns[column], candidate.row); };
}

constexpr uint64_t kSign = uint64_t{1} << 63;
// NULL is beyond all values: those that would meet it there share its prefix.
constexpr uint64_t kNullPrefix = std::numeric_limits<uint64_t>::max();

uint64_t prefix_of(int64_t value) { return static_cast<uint64_t>(value) ^ kSign; }

uint64_t prefix_of(Int128 value) {
  constexpr Int128 kLeast = std::numeric_limits<int64_t>::min();
  constexpr Int128 kGreatest = std::numeric_limits<int64_t>::max();
  return prefix_of(static_cast<int64_t>(std::clamp(value, kLeast, kGreatest)));
}

uint64_t prefix_of(double value) {
  if (std::isnan(value)) return kNullPrefix;
  const double without_minus_zero = value + 0.0;
  uint64_t bits = 0;
  std::memcpy(&bits, &without_minus_zero, sizeof bits);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

uint64_t prefix_of(std::string_view text) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < 8; ++i) {
    prefix = prefix << 8 | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0U);
  }
  return prefix;
}

template <typename Value>
uint64_t prefix_of(const Type& type, const Value& value) {
  switch (type.kind()) {
    case TypeKind::kBoolean: return value.boolean() ? 1 : 0;
    case TypeKind::kText:
    case TypeKind::kBytea: return prefix_of(value.text());
    case TypeKind::kDouble: return prefix_of(value.template fixed<double>());
    case TypeKind::kInt:
    case TypeKind::kDate: return prefix_of(int64_t{value.template fixed<int32_t>()});
    case TypeKind::kBigint:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz: return prefix_of(value.template fixed<int64_t>());
    case TypeKind::kNumeric: return prefix_of(value.template fixed<Int128>());
    case TypeKind::kInterval: return prefix_of(interval_length(value.template fixed<Interval>()));
    case TypeKind::kComposite:
    case TypeKind::kArray: break;
  }
  unreachable();
}

template <typename Value>
uint64_t prefix_of(const Type& type, const Value& value, const SortKey& key) {
  if (value.is_null()) return key.nulls_first ? 0 : kNullPrefix;
  const uint64_t prefix = prefix_of(type, value);
  return key.descending ? ~prefix : prefix;
}

}  // namespace

uint64_t order_prefix(const Column& column, uint32_t row, const SortKey& key) {
  return prefix_of(column.type(), InBatch(column, row), key);
}

bool equal_values(const StoredValue& a, const StoredValue& b) {
  const InRow x(a);
  const InRow y(b);
  if (x.is_null() || y.is_null()) return false;
  return value_order(a.layout.type(a.column), x, y) == 0;
}

RowOrder::RowOrder(std::vector<SortKey> keys, const RowLayout& layout)
    : keys_(std::move(keys)), layout_(layout) {
  for (const SortKey& key : keys_) CHECK(key.column < layout_.columns());
}

int RowOrder::by_keys(const std::byte* a, const std::byte* b) const {
  return order_by_keys(keys_, layout_, values_of(layout_, a), values_of(layout_, b));
}

int RowOrder::by_all(const std::byte* a, const std::byte* b) const {
  const int order = by_keys(a, b);
  return order != 0 ? order : order_by_row(layout_, values_of(layout_, a), values_of(layout_, b));
}

int RowOrder::by_keys(const Candidate& a, const std::byte* b) const {
  return order_by_keys(keys_, layout_, values_of(a), values_of(layout_, b));
}

int RowOrder::by_all(const Candidate& a, const std::byte* b) const {
  const int order = by_keys(a, b);
  return order != 0 ? order : order_by_row(layout_, values_of(a), values_of(layout_, b));
}

uint64_t RowOrder::prefix(const std::byte* row) const {
  CHECK(!keys_.empty());
  const SortKey& key = keys_.front();
  return prefix_of(layout_.type(key.column), InRow(layout_, row, key.column), key);
}

}  // namespace weir
