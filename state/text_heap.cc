#include "state/text_heap.h"

#include "engine/base/check.h"

#include <bit>
#include <cstring>
#include <utility>

namespace weir {
namespace {

constexpr size_t kPageBytes = 16 << 10;
// Greater blocks get a page of their own, so that little of a page is left over.
constexpr size_t kSharedMax = kPageBytes / 4;
constexpr size_t kSmallestLog = 4;  // 16 bytes

}  // namespace

// Even classes hold 2^n bytes, odd ones 1.5 times as much.
size_t TextHeap::class_of(size_t size) {
  const size_t log = static_cast<size_t>(std::bit_width(size - 1));  // 2^(log-1) < size <= 2^log
  if (log <= kSmallestLog) return 0;
  const bool odd = size <= (size_t{3} << (log - 2));
  return 2 * (log - kSmallestLog) - (odd ? 1 : 0);
}

size_t TextHeap::capacity(size_t size) {
  const size_t n = class_of(size);
  return (n % 2 == 0 ? size_t{16} : size_t{24}) << (n / 2);
}

char* TextHeap::new_page(size_t bytes) {
  pages_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
  bytes_ += bytes;
  return pages_.back().get();
}

char* TextHeap::allocate(size_t size) {
  const size_t n = class_of(size);
  CHECK(n < kClasses);
  const size_t bytes = capacity(size);
  used_bytes_ += bytes;
  if (char* block = free_[n]; block != nullptr) {
    std::memcpy(&free_[n], block, sizeof free_[n]);
    __builtin_prefetch(free_[n]);  // The next allocation reads it.
    return block;
  }
  if (bytes > kSharedMax) return new_page(bytes);
  if (bytes > left_) {
    next_ = new_page(kPageBytes);
    left_ = kPageBytes;
  }
  left_ -= bytes;
  return std::exchange(next_, next_ + bytes);
}

void TextHeap::free(char* payload, size_t size) {
  used_bytes_ -= capacity(size);
  char*& first = free_[class_of(size)];
  std::memcpy(payload, &first, sizeof first);
  first = payload;
}

}  // namespace weir
