#include "engine/data/buffer.h"

#include <algorithm>
#include <cstdlib>

namespace weir {
namespace {

constexpr size_t kFirstChunkBytes = 16 << 10;
constexpr size_t kChunkBytesMax = 1 << 20;

}  // namespace

Buffer::Buffer(size_t size) : size_(size) {
  if (size == 0) return;
  const size_t rounded = (size + kAlignment - 1) / kAlignment * kAlignment;
  data_ = static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded));
  CHECK(data_ != nullptr);
}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Buffer::~Buffer() { std::free(data_); }

TextView Arena::commit(size_t used) {
  TextView view;
  view.size = static_cast<int32_t>(used);
  const char* from = chunk(chunks_.size() - 1) + used_;
  if (used <= TextView::kInlineMax) {
    std::memcpy(view.bytes, from, used);
    return view;
  }
  CHECK(used_ + used <= chunks_.back().size());
  const int32_t buffer = static_cast<int32_t>(chunks_.size() - 1);
  const int32_t offset = static_cast<int32_t>(used_);
  std::memcpy(view.bytes, from, 4);
  std::memcpy(view.bytes + 4, &buffer, sizeof buffer);
  std::memcpy(view.bytes + 8, &offset, sizeof offset);
  used_ += used;
  return view;
}

void Arena::grow(size_t size) {
  size_t wanted = kFirstChunkBytes;
  if (!chunks_.empty()) {
    full_sizes_.push_back(used_);
    wanted = std::min(chunks_.back().size() * 2, kChunkBytesMax);
  }
  chunks_.emplace_back(std::max(wanted, size));
  used_ = 0;
}

size_t Arena::bytes() const {
  size_t sum = 0;
  for (size_t i = 0; i < chunks_.size(); ++i) sum += chunk_size(i);
  return sum;
}

}  // namespace weir
