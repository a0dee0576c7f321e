#include "engine/data/buffer.h"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

namespace weir {
namespace {

TEST_CASE("BufferIsAligned") {
  for (const size_t size : {1, 63, 64, 65, 5000}) {
    const Buffer buffer(size);
    REQUIRE(buffer.size() == size);
    REQUIRE(reinterpret_cast<uintptr_t>(buffer.data()) % Buffer::kAlignment == 0);
  }
}

TEST_CASE("MovedBufferLeavesNothingBehind") {
  Buffer buffer(10);
  const std::byte* const data = buffer.data();
  Buffer moved = std::move(buffer);
  REQUIRE(moved.data() == data);
  Buffer assigned(20);
  assigned = std::move(moved);
  REQUIRE(assigned.data() == data);
  REQUIRE(assigned.size() == 10);
}

TEST_CASE("BitsAreSetOneByOne") {
  std::vector<uint64_t> words(bitmap_words(130), 0);
  REQUIRE(words.size() == 3);
  bit_set(words.data(), 0);
  bit_put(words.data(), 64, true);
  bit_put(words.data(), 129, true);
  bit_set(words.data(), 129);
  REQUIRE(words == std::vector<uint64_t>{1, 1, 2});
  bit_clear(words.data(), 129);
  bit_put(words.data(), 64, false);
  REQUIRE(words == std::vector<uint64_t>{1, 0, 0});
  REQUIRE(bit_get(words.data(), 0));
  REQUIRE_FALSE(bit_get(words.data(), 129));
}

TEST_CASE("ShortTextStandsInItsView") {
  Arena arena;
  const TextView view = arena.add("twelve bytes");
  REQUIRE(view.is_inline());
  REQUIRE(arena.chunks() == 0);
  REQUIRE(arena.text(view) == "twelve bytes");
}

TEST_CASE("LongTextStandsInTheArenaWithItsPrefixInTheView") {
  Arena arena;
  const TextView view = arena.add("thirteen byte");
  REQUIRE_FALSE(view.is_inline());
  REQUIRE(std::string_view(view.bytes, 4) == "thir");
  REQUIRE(arena.text(view) == "thirteen byte");
  REQUIRE(arena.bytes() == 13);
}

TEST_CASE("EveryTextStaysWhereItIsWhileTheArenaGrows") {
  std::mt19937 dice(37);
  Arena arena;
  std::vector<std::pair<TextView, std::string>> added;
  size_t payloads = 0;
  for (int i = 0; i < 2000; ++i) {
    const size_t size = i % 500 == 499 ? 3'000'000 : dice() % 3000;
    added.emplace_back(TextView(), std::string(size, static_cast<char>('a' + i % 26)));
    added.back().first = arena.add(added.back().second);
    if (size > TextView::kInlineMax) payloads += size;
  }
  REQUIRE(arena.chunks() > 3);
  REQUIRE(arena.bytes() == payloads);
  for (const auto& [view, text] : added) REQUIRE((arena.text(view) == text));
}

TEST_CASE("ReservedRoomIsUsedAsFarAsItIsCommitted") {
  Arena arena;
  std::memcpy(arena.reserve(1000), "unescaped in place", 18);
  const TextView text = arena.commit(18);
  std::memcpy(arena.reserve(1000), "short", 5);
  const TextView inlined = arena.commit(5);
  REQUIRE(arena.text(text) == "unescaped in place");
  REQUIRE(inlined.is_inline());
  REQUIRE(arena.text(inlined) == "short");
  REQUIRE(arena.bytes() == 18);
}

}  // namespace
}  // namespace weir
