#include "operators/ordered_value.h"

#include "engine/data/value_bytes.h"
#include "operators/sort_key.h"

#include <cstring>

namespace weir {
namespace {

constexpr size_t kHead = 2 * sizeof(uint32_t) + 1;

uint32_t size_at(std::string_view bytes, size_t at) {
  uint32_t size = 0;
  std::memcpy(&size, bytes.data() + at, sizeof size);
  return size;
}

}  // namespace

std::optional<OrderedValue> take_ordered_value(std::string_view& bytes) {
  if (bytes.size() < kHead) return std::nullopt;
  const size_t key_size = size_at(bytes, 0);
  const bool is_null = bytes[sizeof(uint32_t)] != 0;
  const size_t value_size = size_at(bytes, sizeof(uint32_t) + 1);
  if (key_size + value_size > bytes.size() - kHead) return std::nullopt;
  const OrderedValue taken{.key = bytes.substr(kHead, key_size),
                           .is_null = is_null,
                           .value = bytes.substr(kHead + key_size, value_size)};
  bytes.remove_prefix(kHead + key_size + value_size);
  return taken;
}

void append_ordered_value(ColumnWriter& out, const OrderedValue& value) {
  value.is_null ? out.append_null() : append_from_bytes(out, value.value);
}

std::string_view OrderedValueMaker::make(Columns arguments, uint32_t row,
                                         const std::vector<SortKey>& order) {
  bytes_.assign(kHead, '\0');
  for (size_t k = 0; k < order.size(); ++k) {
    append_sort_key(bytes_, *arguments[1 + k], row, order[k]);
  }
  append_sort_key(bytes_, *arguments[0], row, {});
  const auto key_size = static_cast<uint32_t>(bytes_.size() - kHead);
  const bool is_null = arguments[0]->is_null(row);
  if (!is_null) append_value_bytes(bytes_, *arguments[0], row);
  const auto value_size = static_cast<uint32_t>(bytes_.size() - kHead - key_size);
  std::memcpy(bytes_.data(), &key_size, sizeof key_size);
  bytes_[sizeof key_size] = is_null ? 1 : 0;
  std::memcpy(bytes_.data() + sizeof key_size + 1, &value_size, sizeof value_size);
  return bytes_;
}

}  // namespace weir
