// The hash is part of every checkpoint: the golden values below may never change within version 1.
#include "engine/base/hash.h"

#include <catch2/catch.hpp>

#include <bit>
#include <set>
#include <string>

namespace weir {
namespace {

struct Golden {
  std::string_view text;
  uint64_t hash;
};

TEST_CASE("TextsHashAsTheyAlwaysDid") {
  constexpr Golden kGolden[] = {
      {"", 0x2bb281186c1e463eULL},
      {"a", 0xf9f96e6dafc1cf21ULL},
      {"ab", 0x62b214cf1e9e15ecULL},
      {"1234567", 0xaab9604d49b835aaULL},
      {"12345678", 0x195798fb85f3ea9eULL},
      {"123456789", 0xbc6400fa9486aaf2ULL},
      {"hello, world", 0x92744f7d6d725ef7ULL},
      {"sixteen bytes ok", 0x15db3a706d84aaa1ULL},
      {"seventeen bytes o", 0x7496a87b8e2ceda4ULL},
      {"a text of more than thirty-two bytes in all", 0x2397cd5961c9aa7eULL},
      {"gr\xc3\xbc\xc3\x9f"
       "e",
       0x8cc184b7703b7782ULL},
  };
  REQUIRE(kHashVersion == 1);
  for (const Golden& golden : kGolden) {
    INFO(golden.text);
    REQUIRE(hash_bytes(golden.text) == golden.hash);
  }
}

TEST_CASE("WordsHashAsTheyAlwaysDid") {
  REQUIRE(hash_word(0ULL) == 0xc9d874ca57d9e055ULL);
  REQUIRE(hash_word(1ULL) == 0xf2f37271ad33e225ULL);
  REQUIRE(hash_word(42ULL) == 0x0b91aa8b621c7a50ULL);
  REQUIRE(hash_word(18446744073709551615ULL) == 0x9ba4bf3e0cd062e1ULL);
  REQUIRE(hash_word(1704067200000000ULL) == 0xb7f4cbe5112fd2fcULL);
  REQUIRE(hash_combine(1, 2) == 0xf7858b38a8499be9ULL);
  REQUIRE(hash_combine(2, 1) == 0xb077298a7052d745ULL);
  REQUIRE(hash_mix(3, 5) == 15);
}

TEST_CASE("HashIsKnownAtCompileTime") {
  static_assert(hash_word(1) != hash_word(2));
  static_assert(hash_combine(1, 2) != hash_combine(2, 1));
  SUCCEED();
}

TEST_CASE("EveryLengthAndEveryByteCounts") {
  std::set<uint64_t> seen;
  for (size_t size = 0; size < 40; ++size) {
    std::string text(size, 'a');
    REQUIRE(seen.insert(hash_bytes(text)).second);
    for (size_t i = 0; i < size; ++i) {
      text[i] = 'b';
      REQUIRE(seen.insert(hash_bytes(text)).second);
      text[i] = 'a';
    }
  }
}

TEST_CASE("HashDependsOnContentNotOnPlace") {
  const std::string padded = "xxx some text of thirty bytes or so";
  for (size_t shift = 0; shift < 4; ++shift) {
    const std::string moved = std::string(shift, '-') + "some text of thirty bytes or so";
    REQUIRE(hash_bytes(std::string_view(moved).substr(shift)) ==
            hash_bytes(std::string_view(padded).substr(4)));
  }
}

TEST_CASE("FlippedBitFlipsHalfOfTheHash") {
  // 64 neighbours of each of 100 words: the mean of changed bits is 32, within four standard
  // errors.
  int changed = 0;
  int pairs = 0;
  for (uint64_t word = 0; word < 100; ++word) {
    for (int bit = 0; bit < 64; ++bit, ++pairs) {
      const uint64_t other = word ^ (uint64_t{1} << bit);
      changed += std::popcount(hash_word(word) ^ hash_word(other));
    }
  }
  REQUIRE(changed > 31.5 * pairs);
  REQUIRE(changed < 32.5 * pairs);
}

TEST_CASE("SmallNumbersSpreadOverKeyGroups") {
  constexpr uint64_t kGroups = 128;
  int counts[kGroups] = {};
  for (uint64_t word = 0; word < 12'800; ++word)
    ++counts[((hash_word(word) >> 32) * kGroups) >> 32];
  for (const int count : counts) {
    REQUIRE(count > 50);
    REQUIRE(count < 150);
  }
}

TEST_CASE("AHashWithinAKeyStaysInTheGroupOfTheKey") {
  for (uint64_t more = 0; more < 100; ++more) {
    const uint64_t key = hash_word(more);
    REQUIRE(hash_within(key, more) >> 32 == key >> 32);
    REQUIRE(hash_within(key, more) != hash_within(key, more + 1));
  }
}

}  // namespace
}  // namespace weir
