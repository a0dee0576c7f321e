#include "state/text_heap.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <map>
#include <random>
#include <string>

namespace weir {
namespace {

TEST_CASE("CapacitiesGrowByHalfAtTheMost") {
  size_t last = TextHeap::capacity(13);
  REQUIRE(last == 16);
  for (size_t size = 13; size < 100'000; ++size) {
    const size_t capacity = TextHeap::capacity(size);
    REQUIRE(capacity >= size);
    REQUIRE(capacity % 8 == 0);
    REQUIRE(TextHeap::capacity(capacity) == capacity);
    if (capacity == last) continue;
    REQUIRE(size == last + 1);
    REQUIRE(capacity * 2 <= last * 3);
    last = capacity;
  }
  REQUIRE(TextHeap::capacity((size_t{1} << 31) - 1) == size_t{1} << 31);
}

TEST_CASE("AFreedBlockIsUsedAgainForItsClass") {
  TextHeap heap;
  char* a = heap.allocate(40);
  char* b = heap.allocate(33);
  REQUIRE(a != b);
  heap.free(a, 40);
  REQUIRE(heap.allocate(20) != a);
  REQUIRE(heap.allocate(48) == a);
  char* large = heap.allocate(1 << 20);
  const size_t bytes = heap.bytes();
  heap.free(large, 1 << 20);
  REQUIRE(heap.allocate((1 << 20) - 5) == large);
  REQUIRE(heap.bytes() == bytes);
}

// Blocks in use never overlap, whatever came and went.
TEST_CASE("PayloadsStayWhatTheyAre") {
  for (uint32_t seed = 0; seed < 10; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    TextHeap heap;
    std::map<char*, std::string> live;
    for (int step = 0; step < 5000; ++step) {
      if (dice() % 2 == 0 && !live.empty()) {
        const auto some = std::next(live.begin(), static_cast<int64_t>(dice() % live.size()));
        REQUIRE(std::string(some->first, some->second.size()) == some->second);
        heap.free(some->first, some->second.size());
        live.erase(some);
        continue;
      }
      const size_t longest = dice() % 20 == 0 ? 20'000 : 100;
      const std::string value(13 + dice() % longest, static_cast<char>('a' + step % 26));
      char* payload = heap.allocate(value.size());
      std::memcpy(payload, value.data(), value.size());
      REQUIRE(live.emplace(payload, value).second);
    }
    for (const auto& [payload, value] : live) {
      REQUIRE(std::string(payload, value.size()) == value);
    }
  }
}

}  // namespace
}  // namespace weir
