// Memory that is much and is used at random: where the system has them (madvise, transparent huge
// pages), it comes in large pages of the processor, whose addresses it need not look up so often.
// Less than kLargePage is memory like any other.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

namespace weir {

constexpr size_t kLargePage = 2 << 20;

// Aligned for every type, and not initialised. Freed by std::free().
void* allocate_large(size_t bytes);

struct FreeLarge {
  void operator()(std::byte* memory) const { std::free(memory); }
};
using LargeBlock = std::unique_ptr<std::byte, FreeLarge>;

template <typename T>
struct LargeAllocator {
  using value_type = T;

  LargeAllocator() = default;
  template <typename U>
  explicit LargeAllocator(const LargeAllocator<U>&) {}

  T* allocate(size_t count) { return static_cast<T*>(allocate_large(count * sizeof(T))); }
  void deallocate(T* memory, size_t) { std::free(memory); }
  bool operator==(const LargeAllocator&) const = default;
};

template <typename T>
using LargeVector = std::vector<T, LargeAllocator<T>>;

}  // namespace weir
