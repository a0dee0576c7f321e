#include "state/warm_rows.h"

#include "engine/base/hash.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr size_t kBlockBytes = 64 << 10;
constexpr size_t kFirstPlaces = 64;
constexpr size_t kPlaceBytes = 3 * sizeof(uint32_t);  // In the index, for each row, about.

}  // namespace

// Of the row of this key, or where it would go.
size_t WarmRows::place_of(std::string_view key) const {
  const size_t mask = index_.size() - 1;
  size_t at = hash_bytes(key) & mask;
  while (index_[at] != 0 && rows_[index_[at] - 1].key != key) at = (at + 1) & mask;
  return at;
}

void WarmRows::put(const Row& row) {
  if ((rows_.size() + 1) * 2 > index_.size()) grow();
  const size_t at = place_of(row.key);
  if (index_[at] == 0) {
    rows_.push_back({copy(row.key), std::nullopt});
    index_[at] = static_cast<uint32_t>(rows_.size());
  }
  std::optional<std::string_view>& value = rows_[index_[at] - 1].value;
  value.reset();
  if (row.value.has_value()) value = copy(*row.value);
}

std::optional<WarmRows::Row> WarmRows::find(std::string_view key) const {
  if (rows_.empty()) return std::nullopt;
  const uint32_t number = index_[place_of(key)];
  return number == 0 ? std::nullopt : std::optional(rows_[number - 1]);
}

std::vector<WarmRows::Row> WarmRows::sorted() const {
  std::vector<Row> rows = rows_;
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
  return rows;
}

void WarmRows::grow() {
  index_.assign(std::max(kFirstPlaces, index_.size() * 2), 0);
  for (uint32_t i = 0; i < rows_.size(); ++i) index_[place_of(rows_[i].key)] = i + 1;
}

std::string_view WarmRows::copy(std::string_view bytes) {
  char* to = nullptr;
  if (bytes.size() > kBlockBytes / 4) {
    large_.push_back(std::make_unique_for_overwrite<char[]>(bytes.size()));
    large_bytes_ += bytes.size();
    to = large_.back().get();
  } else {
    if (bytes.size() > left_) {
      if (blocks_used_ == blocks_.size()) {
        blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
      }
      ++blocks_used_;
      left_ = kBlockBytes;
    }
    to = blocks_[blocks_used_ - 1].get() + (kBlockBytes - left_);
    left_ -= bytes.size();
  }
  bytes.copy(to, bytes.size());
  return {to, bytes.size()};
}

void WarmRows::clear() {
  large_.clear();
  large_bytes_ = 0;
  blocks_used_ = 0;
  left_ = 0;
  rows_.clear();
  std::fill(index_.begin(), index_.end(), 0);
}

size_t WarmRows::bytes() const {
  return blocks_.size() * kBlockBytes + large_bytes_ + rows_.capacity() * sizeof(Row) +
         index_.size() * sizeof(uint32_t);
}

size_t WarmRows::used_bytes() const {
  return blocks_used_ * kBlockBytes + large_bytes_ + rows_.size() * (sizeof(Row) + kPlaceBytes);
}

}  // namespace weir
