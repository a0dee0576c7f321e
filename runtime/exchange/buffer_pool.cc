#include "runtime/exchange/buffer_pool.h"

#include <cstddef>
#include <utility>

namespace weir {
namespace {

constexpr size_t kBuffersMax = 16;
// Smaller ones are as cheap to allocate; larger ones are rare.
constexpr size_t kBytesMin = 32 << 10;
constexpr size_t kBytesMax = 1 << 20;

}  // namespace

std::string BufferPool::take() {
  const std::lock_guard lock(mutex_);
  if (buffers_.empty()) return {};
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void BufferPool::give(std::string buffer) {
  if (buffer.capacity() < kBytesMin || buffer.capacity() > kBytesMax) return;
  buffer.clear();
  const std::lock_guard lock(mutex_);
  if (buffers_.size() < kBuffersMax) buffers_.push_back(std::move(buffer));
}

}  // namespace weir
