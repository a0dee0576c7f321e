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

void FrozenMemory::clear() {
  chunks_.resize(std::min(chunks_.size(), kSpareBytesMax / kChunkBytes));
  used_ = 0;
  next_ = nullptr;
  left_ = 0;
  large_.clear();
  large_bytes_ = 0;
}

}  // namespace weir
