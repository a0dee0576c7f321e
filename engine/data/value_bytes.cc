#include "engine/data/value_bytes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

namespace weir {
namespace {

constexpr uint32_t kNullSize = std::numeric_limits<uint32_t>::max();

template <typename T>
void append_fixed(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T read_fixed(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

void append_array(std::string& out, const Column& column, size_t row) {
  const Column& elements = *column.children()[0];
  for (int32_t i = column.offsets()[row]; i < column.offsets()[row + 1]; ++i) {
    const auto element = static_cast<size_t>(i);
    if (elements.is_null(element)) {
      append_fixed(out, kNullSize);
      continue;
    }
    const size_t size_at = out.size();
    append_fixed(out, uint32_t{0});
    append_value_bytes(out, elements, element);
    const auto size = static_cast<uint32_t>(out.size() - size_at - sizeof(uint32_t));
    std::memcpy(out.data() + size_at, &size, sizeof size);
  }
}

void append_array_from(ColumnWriter& out, std::string_view bytes) {
  std::vector<std::optional<std::string_view>> elements;
  while (bytes.size() >= sizeof(uint32_t)) {
    const auto size = read_fixed<uint32_t>(bytes);
    bytes.remove_prefix(sizeof size);
    if (size == kNullSize) {
      elements.emplace_back();
      continue;
    }
    if (size > bytes.size()) break;
    elements.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  ColumnWriter& writer = out.begin_array(elements.size());
  for (const auto& element : elements) {
    element ? append_from_bytes(writer, *element) : writer.append_null();
  }
  out.end_array();
}

}  // namespace

void append_value_bytes(std::string& out, const Column& column, size_t row) {
  const Type& type = column.type();
  if (type.is_text_like()) {
    out.append(column.text(row));
    return;
  }
  if (type.kind() == TypeKind::kArray) return append_array(out, column, row);
  if (type.kind() == TypeKind::kBoolean) return out.push_back(column.boolean(row) ? 1 : 0);
  switch (type.width()) {
    case sizeof(int32_t): return append_fixed(out, column.values<int32_t>()[row]);
    case sizeof(int64_t): return append_fixed(out, column.values<int64_t>()[row]);
    case sizeof(Int128): return append_fixed(out, column.values<Int128>()[row]);
    default: unreachable();
  }
}

void append_from_bytes(ColumnWriter& out, std::string_view bytes) {
  const Type& type = out.type();
  if (type.is_text_like()) return out.append_text(bytes);
  if (type.kind() == TypeKind::kArray) return append_array_from(out, bytes);
  if (type.kind() == TypeKind::kBoolean) return out.append_bool(read_fixed<char>(bytes) != 0);
  switch (type.width()) {
    case sizeof(int32_t): return out.append(read_fixed<int32_t>(bytes));
    case sizeof(int64_t): return out.append(read_fixed<int64_t>(bytes));
    case sizeof(Int128): return out.append(read_fixed<Int128>(bytes));
    default: unreachable();
  }
}

}  // namespace weir
