#include "state/large_memory.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstring>

namespace weir {
namespace {

TEST_CASE("MemoryOfAnySizeCanBeWritten") {
  for (const size_t bytes :
       {size_t{1}, size_t{4096}, kLargePage - 1, kLargePage, kLargePage + 1, 3 * kLargePage}) {
    CAPTURE(bytes);
    const LargeBlock block(static_cast<std::byte*>(allocate_large(bytes)));
    std::memset(block.get(), 1, bytes);
    CHECK(reinterpret_cast<uintptr_t>(block.get()) % alignof(std::max_align_t) == 0);
    if (bytes >= kLargePage) CHECK(reinterpret_cast<uintptr_t>(block.get()) % kLargePage == 0);
  }
}

TEST_CASE("ALargeVectorIsAVector") {
  LargeVector<uint64_t> numbers(10, 7);
  for (uint64_t i = 0; i < kLargePage; ++i) numbers.push_back(i);
  LargeVector<uint64_t> other(std::move(numbers));
  CHECK(other.size() == kLargePage + 10);
  CHECK(other[9] == 7);
  CHECK(other.back() == kLargePage - 1);
}

}  // namespace
}  // namespace weir
