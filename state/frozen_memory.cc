#include "state/frozen_memory.h"

#include <algorithm>
#include <utility>

namespace weir {

std::byte* FrozenMemory::allocate(size_t size) {
  size = (size + 7) / 8 * 8;
  if (size > kChunkBytes) {
    large_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
    large_bytes_ += size;
    return large_.back().get();
  }
  if (size > left_) {
    if (used_ == chunks_.size()) {
      chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(kChunkBytes));
    }
    next_ = chunks_[used_++].get();
    left_ = kChunkBytes;
  }
  left_ -= size;
  return std::exchange(next_, next_ + size);
}

void FrozenMemory::free_before(const std::byte* place) {
  const auto holds = [place](const std::unique_ptr<std::byte[]>& chunk) {
    return place >= chunk.get() && place < chunk.get() + kChunkBytes;
  };
  const auto from = chunks_.begin() + static_cast<ptrdiff_t>(freed_);
  const auto found = std::find_if(from, chunks_.end(), holds);
  if (found == chunks_.end()) return;  // It is a large one, with chunks before and after it.
  std::for_each(from, found, [](std::unique_ptr<std::byte[]>& chunk) { chunk.reset(); });
  freed_ = static_cast<size_t>(found - chunks_.begin());
}

void FrozenMemory::clear() {
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<ptrdiff_t>(freed_));
  freed_ = 0;
  chunks_.resize(std::min(chunks_.size(), kSpareBytesMax / kChunkBytes));
  used_ = 0;
  next_ = nullptr;
  left_ = 0;
  large_.clear();
  large_bytes_ = 0;
}

}  // namespace weir
