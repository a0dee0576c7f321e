#include "state/frozen_memory.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

namespace weir {
namespace {

TEST_CASE("WhatIsAllocatedStaysAndDoesNotOverlap") {
  std::mt19937_64 dice(1);
  FrozenMemory memory;
  std::vector<std::pair<std::byte*, size_t>> blocks;
  for (int i = 0; i < 2000; ++i) {
    const size_t size = dice() % 4000;
    std::byte* block = memory.allocate(size);
    REQUIRE(reinterpret_cast<uintptr_t>(block) % 8 == 0);
    std::memset(block, i % 251, size);
    blocks.emplace_back(block, size);
  }
  const FrozenMemory moved = std::move(memory);
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (size_t at = 0; at < blocks[i].second; ++at) {
      if (blocks[i].first[at] != static_cast<std::byte>(i % 251)) FAIL("block " << i);
    }
  }
  REQUIRE(moved.bytes() >= 2000 * 1500);
}

TEST_CASE("WhatIsClearedIsUsedAgain") {
  FrozenMemory memory;
  std::byte* first = memory.allocate(100);
  for (int i = 0; i < 5000; ++i) memory.allocate(1000);
  const size_t bytes = memory.bytes();
  memory.clear();
  REQUIRE(memory.bytes() == bytes);
  REQUIRE(memory.allocate(100) == first);
  for (int i = 0; i < 5000; ++i) memory.allocate(1000);
  REQUIRE(memory.bytes() == bytes);
}

TEST_CASE("ChunksBeforeAPlaceAreGivenUp") {
  FrozenMemory memory;
  memory.allocate(FrozenMemory::kChunkBytes);
  std::byte* second = memory.allocate(FrozenMemory::kChunkBytes);
  std::byte* third = memory.allocate(100);
  memory.free_before(second);
  REQUIRE(memory.bytes() == 2 * FrozenMemory::kChunkBytes);
  memory.free_before(third);
  REQUIRE(memory.bytes() == FrozenMemory::kChunkBytes);
  memory.free_before(third);
  REQUIRE(memory.bytes() == FrozenMemory::kChunkBytes);
  memory.clear();
  REQUIRE(memory.allocate(100) == third);
}

TEST_CASE("APlaceThatIsInNoChunkGivesUpNothing") {
  FrozenMemory memory;
  memory.allocate(100);
  memory.free_before(memory.allocate(FrozenMemory::kChunkBytes + 1));
  REQUIRE(memory.bytes() > 2 * FrozenMemory::kChunkBytes);
}

TEST_CASE("WhatDoesNotFitAChunkIsNotKept") {
  FrozenMemory memory;
  memory.allocate(FrozenMemory::kChunkBytes + 1);
  REQUIRE(memory.bytes() > FrozenMemory::kChunkBytes);
  memory.clear();
  REQUIRE(memory.bytes() == 0);
}

TEST_CASE("OnlySoMuchIsKept") {
  FrozenMemory memory;
  for (size_t chunk = 0; chunk < FrozenMemory::kSpareBytesMax / FrozenMemory::kChunkBytes + 5;
       ++chunk) {
    memory.allocate(FrozenMemory::kChunkBytes);
  }
  memory.clear();
  REQUIRE(memory.bytes() == FrozenMemory::kSpareBytesMax);
}

}  // namespace
}  // namespace weir
