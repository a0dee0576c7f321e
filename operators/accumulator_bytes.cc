#include "operators/accumulator_bytes.h"

#include <algorithm>

namespace weir {
namespace {

constexpr size_t kHeader = sizeof(uint32_t);
constexpr size_t kFirstBytes = 32;
static_assert(kFirstBytes > StoredText::kInlineMax);  // In the heap from the first byte on.

char* payload_of(const StoredText& stored) {
  CHECK(stored.size > static_cast<int32_t>(StoredText::kInlineMax));
  return const_cast<char*>(stored.view().data());
}

uint32_t used_of(const char* payload) {
  uint32_t used = 0;
  std::memcpy(&used, payload, kHeader);
  return used;
}

}  // namespace

std::string_view used_bytes(std::string_view state) {
  if (state.size() < kHeader) return {};
  const size_t used = used_of(state.data());
  if (used > state.size() - kHeader) return {};
  return state.substr(kHeader, used);
}

std::string_view BytesState::get(const std::byte* row) const {
  if (is_null(row)) return {};
  const StoredText stored = slot_.get<StoredText>(row);
  const char* payload = payload_of(stored);
  return {payload + kHeader, used_of(payload)};
}

std::span<char> BytesState::bytes(std::byte* row) const {
  const std::string_view view = get(row);
  return {const_cast<char*>(view.data()), view.size()};
}

std::span<char> BytesState::insert(std::byte* row, size_t at, size_t more,
                                   KeyedTable& table) const {
  const std::string_view before = get(row);
  CHECK(at <= before.size());
  const uint32_t used = static_cast<uint32_t>(before.size() + more);
  CHECK(used <= kBytesMax);
  const size_t room =
      is_null(row) ? 0 : static_cast<size_t>(slot_.get<StoredText>(row).size) - kHeader;
  if (is_null(row) || used > room) {
    std::string grown(std::max({kFirstBytes, 2 * room, size_t{used} + kHeader}), '\0');
    std::memcpy(grown.data(), &used, kHeader);
    std::copy_n(before.data(), at, grown.data() + kHeader);
    std::copy_n(before.data() + at, before.size() - at, grown.data() + kHeader + at + more);
    table.store_text(slot_.value(row), grown);
    slot_.layout->clear_null(row, slot_.column);
  } else {
    char* payload = payload_of(slot_.get<StoredText>(row));
    std::memcpy(payload, &used, kHeader);
    char* data = payload + kHeader;
    std::memmove(data + at + more, data + at, before.size() - at);
  }
  return bytes(row);
}

void BytesState::append(std::byte* row, std::string_view bytes, KeyedTable& table) const {
  const size_t at = get(row).size();
  const std::span<char> all = insert(row, at, bytes.size(), table);
  std::copy_n(bytes.data(), bytes.size(), all.data() + at);
}

void BytesState::set(std::byte* row, std::string_view bytes, KeyedTable& table) const {
  std::string state(std::max(kFirstBytes, bytes.size() + kHeader), '\0');
  const uint32_t used = static_cast<uint32_t>(bytes.size());
  std::memcpy(state.data(), &used, kHeader);
  std::copy_n(bytes.data(), bytes.size(), state.data() + kHeader);
  table.store_text(slot_.value(row), state);
  slot_.layout->clear_null(row, slot_.column);
}

}  // namespace weir
