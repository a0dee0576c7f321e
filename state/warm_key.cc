#include "state/warm_key.h"

#include "engine/base/check.h"

#include <utility>

namespace weir {
namespace {

constexpr char kRows = 0;
constexpr char kSlices = 1;
constexpr char kDueTimes = 2;
constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr size_t kKindAt = sizeof(uint32_t);
constexpr size_t kTimesAt = kKindAt + 1;

template <typename T>
void append_sorted(T value, std::string& key) {
  for (size_t byte = sizeof value; byte-- > 0;) {
    key.push_back(static_cast<char>(value >> (8 * byte) & 0xff));
  }
}

template <typename T>
T sorted_at(std::string_view key, size_t at) {
  T value = 0;
  for (size_t byte = 0; byte < sizeof value; ++byte) {
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(key[at + byte]));
  }
  return value;
}

void append_time(int64_t time, std::string& key) {
  append_sorted(static_cast<uint64_t>(time) ^ kSignBit, key);
}

int64_t time_at(std::string_view key, size_t at) {
  return static_cast<int64_t>(sorted_at<uint64_t>(key, at) ^ kSignBit);
}

std::string kind_prefix(uint32_t table, char kind) {
  std::string key;
  append_sorted(table, key);
  key.push_back(kind);
  return key;
}

}  // namespace

std::string row_prefix(uint32_t table, StoreId store) {
  if (store == StoreId()) return kind_prefix(table, kRows);
  std::string key = kind_prefix(table, kSlices);
  append_time(store.end, key);
  append_time(store.first, key);
  return key;
}

std::string due_prefix(uint32_t table, int64_t due) {
  std::string key = kind_prefix(table, kDueTimes);
  append_time(due, key);
  return key;
}

WarmRowKey parse_row_key(std::string_view key) {
  if (key[kKindAt] == kRows) return {{}, key.substr(kTimesAt)};
  CHECK(key[kKindAt] == kSlices);
  constexpr size_t kTime = sizeof(int64_t);
  return {{time_at(key, kTimesAt), time_at(key, kTimesAt + kTime)},
          key.substr(kTimesAt + 2 * kTime)};
}

WarmDueKey parse_due_key(std::string_view key) {
  CHECK(key[kKindAt] == kDueTimes);
  return {time_at(key, kTimesAt), key.substr(kTimesAt + sizeof(int64_t))};
}

WarmRange part_of_slice(uint32_t table, StoreId store, HashPart part) {
  const std::string prefix = row_prefix(table, store);
  WarmRange range{prefix, prefix};
  range.begin.push_back(static_cast<char>(part.begin()));
  if (part.end() == HashPart::kMax) return {std::move(range.begin), range_of(prefix).end};
  range.end.push_back(static_cast<char>(part.end()));
  return range;
}

WarmRange range_of(std::string prefix) {
  WarmRange range{prefix, std::move(prefix)};
  while (range.end.back() == '\xff') range.end.pop_back();
  ++range.end.back();
  return range;
}

WarmRange rows_of(uint32_t table) {
  return {kind_prefix(table, kRows), kind_prefix(table, kDueTimes)};
}

WarmRange due_times_of(uint32_t table) { return range_of(kind_prefix(table, kDueTimes)); }

}  // namespace weir
