#include "state/warm/warm_store.h"

#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

namespace weir {
namespace {

std::unique_ptr<WarmStore> opened(const StoreFolder& folder) {
  Result<std::unique_ptr<WarmStore>> store = WarmStore::open(folder / "warm");
  REQUIRE(store.ok());
  return std::move(store).value();
}

std::string key_of(uint64_t i) { return warm_key({.group = 1, .table = 1}, std::to_string(i)); }

std::optional<std::string> value_of(WarmStore& store, const std::string& key) {
  auto found = store.get({key});
  REQUIRE(found.ok());
  return found->at(0);
}

// The keys of a place without what they begin with.
std::vector<std::string> keys_in(WarmStore& store, const WarmPlace& place) {
  std::vector<std::string> keys;
  const size_t skipped = warm_key(place, "").size();
  const auto add = [&](std::string_view key, std::string_view) -> Status {
    keys.emplace_back(key.substr(skipped));
    return {};
  };
  REQUIRE(store.each(place, add).ok());
  return keys;
}

TEST_CASE("WhatWasMergedComesBack") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(store->merge({{key_of(2), "two"}, {key_of(1), "one"}}).ok());
  REQUIRE(value_of(*store, key_of(1)) == "one");
  REQUIRE(value_of(*store, key_of(2)) == "two");
  REQUIRE_FALSE(value_of(*store, key_of(3)).has_value());
}

TEST_CASE("ALaterMergeCountsAndARowThatIsGoneDoesNotComeBack") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(store->merge({{key_of(1), "old"}, {key_of(2), "old"}}).ok());
  REQUIRE(store->merge({{key_of(1), "new"}, {key_of(2), std::nullopt}}).ok());
  REQUIRE(value_of(*store, key_of(1)) == "new");
  REQUIRE_FALSE(value_of(*store, key_of(2)).has_value());
}

TEST_CASE("ValuesComeInTheOrderOfTheKeysThatWereAsked") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(store->merge({{key_of(1), "one"}, {key_of(5), "five"}}).ok());
  const std::vector<std::string> keys = {key_of(5), key_of(9), key_of(1), key_of(5)};
  const auto found = store->get({keys.begin(), keys.end()});
  REQUIRE(found.ok());
  REQUIRE(*found == std::vector<std::optional<std::string>>{"five", std::nullopt, "one", "five"});
}

TEST_CASE("PlacesAreWalkedAndDroppedAlone") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  const WarmPlace place{.group = 7, .table = 255, .end = -10, .first = -10};
  std::vector<WarmPlace> others(5, place);
  others[0].group = 8;
  others[1].table = 256;
  others[2].end = 10;
  others[3].first = 0;
  others[4].first = -11;
  std::vector<WarmStore::Row> rows = {{warm_key(place, "b"), "2"}, {warm_key(place, "a"), "1"}};
  for (const WarmPlace& other : others) rows.push_back({warm_key(other, "c"), "3"});
  REQUIRE(store->merge(rows).ok());
  REQUIRE(keys_in(*store, place) == std::vector<std::string>{"a", "b"});
  REQUIRE(store->drop(place).ok());
  REQUIRE(keys_in(*store, place).empty());
  REQUIRE_FALSE(value_of(*store, warm_key(place, "a")).has_value());
  for (const WarmPlace& other : others) REQUIRE(keys_in(*store, other).size() == 1);
  REQUIRE(store->merge({{warm_key(place, "a"), "again"}}).ok());
  REQUIRE(keys_in(*store, place) == std::vector<std::string>{"a"});
}

TEST_CASE("TimesAreInTheirOrder") {
  std::vector<std::string> keys;
  for (const int64_t time : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0},
                             int64_t{1}, std::numeric_limits<int64_t>::max()}) {
    keys.push_back(warm_key({.end = time}, ""));
  }
  REQUIRE(std::is_sorted(keys.begin(), keys.end()));
}

TEST_CASE("WhatAnEarlierProcessLeftDoesNotCount") {
  const StoreFolder folder = StoreFolder::quick();
  REQUIRE(opened(folder)->merge({{key_of(1), "one"}}).ok());
  REQUIRE_FALSE(value_of(*opened(folder), key_of(1)).has_value());
}

TEST_CASE("AFolderThatCannotBeUsedIsAnError") {
  const StoreFolder folder = StoreFolder::quick();
  folder.write("file", "not a folder");
  const auto store = WarmStore::open(folder / "file/warm");
  REQUIRE_FALSE(store.ok());
  REQUIRE(store.error().kind == ErrorKind::kUnavailable);
}

// Merges of random rows against a map, through what compaction makes of them.
TEST_CASE("BehavesLikeAMap") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  std::mt19937_64 dice(1);
  std::map<std::string, std::string> model;
  for (int merge = 0; merge < 40; ++merge) {
    std::map<std::string, std::optional<std::string>> rows;
    for (int i = 0; i < 300; ++i) {
      const std::string key = key_of(dice() % 2000);
      if (dice() % 4 == 0) {
        rows[key] = std::nullopt;
        model.erase(key);
      } else {
        rows[key] = model[key] = std::string(dice() % 300, static_cast<char>('a' + dice() % 26));
      }
    }
    std::vector<WarmStore::Row> merged;
    for (auto& [key, value] : rows) merged.push_back({key, value});
    REQUIRE(store->merge(std::move(merged)).ok());
  }
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < 2000; ++i) keys.push_back(key_of(i));
  const auto found = store->get({keys.begin(), keys.end()});
  REQUIRE(found.ok());
  for (size_t i = 0; i < keys.size(); ++i) {
    REQUIRE(found->at(i).has_value() == model.contains(keys[i]));
    if (found->at(i).has_value()) REQUIRE(*found->at(i) == model[keys[i]]);
  }
  REQUIRE(keys_in(*store, {.group = 1, .table = 1}).size() == model.size());
  REQUIRE(store->disk_bytes() > 0);
  REQUIRE(store->memory_bytes() > 0);
}

}  // namespace
}  // namespace weir
