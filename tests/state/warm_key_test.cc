#include "state/warm_key.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace weir {
namespace {

constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

bool contains(const WarmRange& range, const std::string& key) {
  return range.begin <= key && key < range.end;
}

TEST_CASE("KeysSortByTableAndTime") {
  std::vector<std::string> keys;
  for (const uint32_t table : {0U, 1U, 256U, 0xffffffffU}) {
    keys.push_back(row_prefix(table, {}) + "key");
    for (const int64_t end : {kFirst, int64_t{-1}, int64_t{1}, kLast}) {
      for (const int64_t first : {kFirst, int64_t{0}, kLast}) {
        keys.push_back(row_prefix(table, {end, first}) + "key");
      }
    }
    for (const int64_t due : {kFirst, int64_t{-1}, int64_t{0}, kLast}) {
      keys.push_back(due_prefix(table, due) + "key");
    }
  }
  REQUIRE(std::is_sorted(keys.begin(), keys.end()));
}

TEST_CASE("AKeySaysWhoseItIs") {
  for (const StoreId store : {StoreId{}, StoreId{0, 1}, StoreId{-5, kFirst}, StoreId{kLast, 7}}) {
    const std::string key = row_prefix(9, store) + "key";
    REQUIRE(parse_row_key(key).store == store);
    REQUIRE(parse_row_key(key).row_key == "key");
  }
  const std::string key = due_prefix(9, -3) + "key";
  REQUIRE(parse_due_key(key).due == -3);
  REQUIRE(parse_due_key(key).row_key == "key");
}

TEST_CASE("RangesHoldWhatTheySay") {
  const uint32_t table = 0xffffff;
  const StoreId slice{-1, -1};
  const std::string row = row_prefix(table, {}) + '\xff';
  const std::string of_slice = row_prefix(table, slice) + '\xff';
  const std::string timer = due_prefix(table, kLast) + '\xff';
  REQUIRE(contains(range_of(row_prefix(table, {})), row));
  REQUIRE(contains(range_of(row_prefix(table, slice)), of_slice));
  REQUIRE_FALSE(contains(range_of(row_prefix(table, {-1, 0})), of_slice));
  REQUIRE(contains(rows_of(table), row));
  REQUIRE(contains(rows_of(table), of_slice));
  REQUIRE_FALSE(contains(rows_of(table), timer));
  REQUIRE_FALSE(contains(rows_of(table + 1), row));
  REQUIRE(contains(due_times_of(table), timer));
  REQUIRE_FALSE(contains(due_times_of(table), of_slice));
}

TEST_CASE("EachRowOfASliceIsInOneOfItsParts") {
  for (const StoreId slice : {StoreId{}, StoreId{-1, -1}, StoreId{kLast, kLast}}) {
    for (const uint32_t of : {1U, 2U, 32U, HashPart::kMax}) {
      for (uint64_t byte = 0; byte < 256; ++byte) {
        const uint64_t hash = byte << 24 | 0xffffff00000001;
        const std::string key =
            row_prefix(3, slice) + static_cast<char>(HashPart::smallest(hash)) + '\xff';
        for (HashPart part{0, of}; part.index < of; ++part.index) {
          REQUIRE(part.contains(hash) == (part.index == byte * of / 256));
          REQUIRE(contains(part_of_slice(3, slice, part), key) == part.contains(hash));
        }
      }
    }
  }
}

}  // namespace
}  // namespace weir
