#include "state/warm/rocks_store.h"

#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

namespace weir {
namespace {

std::unique_ptr<WarmStore> opened(const StoreFolder& folder) {
  Result<std::unique_ptr<WarmStore>> store = open_rocks_store(folder / "warm");
  REQUIRE(store.ok());
  return std::move(store).value();
}

std::string key_of(uint64_t i) { return "k" + std::to_string(i); }

// A row that is gone has no value.
Status merge(WarmStore& store,
             const std::vector<std::pair<std::string, std::optional<std::string>>>& rows) {
  WarmRows merged;
  for (const auto& [key, value] : rows) {
    merged.put({key, value.has_value() ? std::optional<std::string_view>(*value) : std::nullopt});
  }
  return store.merge(merged);
}

std::vector<std::optional<std::string>> values_of(WarmStore& store,
                                                  const std::vector<std::string>& keys) {
  std::vector<std::optional<std::string>> values(keys.size());
  REQUIRE(store
              .get({keys.begin(), keys.end()},
                   [&](size_t i, std::string_view value) -> Status {
                     values[i] = value;
                     return {};
                   })
              .ok());
  return values;
}

std::optional<std::string> value_of(WarmStore& store, const std::string& key) {
  return values_of(store, {key})[0];
}

std::vector<std::string> keys_in(WarmStore& store, const WarmRange& range) {
  std::vector<std::string> keys;
  const auto add = [&](std::string_view key, std::string_view) -> Result<bool> {
    keys.emplace_back(key);
    return true;
  };
  REQUIRE(store.each(range, add).ok());
  return keys;
}

TEST_CASE("WhatWasMergedComesBack") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(merge(*store, {{key_of(2), "two"}, {key_of(1), "one"}}).ok());
  REQUIRE(value_of(*store, key_of(1)) == "one");
  REQUIRE(value_of(*store, key_of(2)) == "two");
  REQUIRE_FALSE(value_of(*store, key_of(3)).has_value());
}

TEST_CASE("ALaterMergeCountsAndARowThatIsGoneDoesNotComeBack") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(merge(*store, {{key_of(1), "old"}, {key_of(2), "old"}}).ok());
  REQUIRE(merge(*store, {{key_of(1), "new"}, {key_of(2), std::nullopt}}).ok());
  REQUIRE(value_of(*store, key_of(1)) == "new");
  REQUIRE_FALSE(value_of(*store, key_of(2)).has_value());
}

TEST_CASE("ValuesComeInTheOrderOfTheKeysThatWereAsked") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(merge(*store, {{key_of(1), "one"}, {key_of(5), "five"}}).ok());
  const std::vector<std::string> keys = {key_of(5), key_of(9), key_of(1), key_of(5)};
  REQUIRE(values_of(*store, keys) ==
          std::vector<std::optional<std::string>>{"five", std::nullopt, "one", "five"});
}

TEST_CASE("RangesAreWalkedAndDroppedAlone") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(merge(*store, {{"ab", "2"}, {"aa", "1"}, {"b", "3"}, {"a", "4"}}).ok());
  const WarmRange range{"aa", "b"};
  REQUIRE(keys_in(*store, range) == std::vector<std::string>{"aa", "ab"});
  REQUIRE(store->drop(range).ok());
  REQUIRE(keys_in(*store, range).empty());
  REQUIRE_FALSE(value_of(*store, "aa").has_value());
  REQUIRE(keys_in(*store, {"a", "c"}) == std::vector<std::string>{"a", "b"});
  REQUIRE(merge(*store, {{"aa", "again"}}).ok());
  REQUIRE(keys_in(*store, range) == std::vector<std::string>{"aa"});
}

TEST_CASE("AWalkEndsWhenItIsTold") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(merge(*store, {{"a", "1"}, {"b", "2"}}).ok());
  size_t seen = 0;
  const auto only_one = [&](std::string_view, std::string_view) -> Result<bool> {
    ++seen;
    return false;
  };
  REQUIRE(store->each({"a", "z"}, only_one).ok());
  REQUIRE(seen == 1);
}

TEST_CASE("ACutIsTheStoreAsItWas") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  REQUIRE(merge(*store, {{"a", "1"}, {"b", "2"}, {"c", "3"}}).ok());
  REQUIRE(store->drop({"b", "c"}).ok());
  const Result<WarmCut> cut = store->cut(folder / "cut");
  REQUIRE(cut.ok());
  REQUIRE(cut->folder == folder / "cut");
  REQUIRE_FALSE(cut->files.empty());
  REQUIRE(merge(*store, {{"a", std::nullopt}, {"d", "4"}}).ok());
  const auto reopened = open_rocks_store(cut->folder);
  REQUIRE(reopened.ok());
  REQUIRE(keys_in(**reopened, {"a", "z"}) == std::vector<std::string>{"a", "c"});
}

TEST_CASE("AFolderThatCannotBeUsedIsAnError") {
  const StoreFolder folder = StoreFolder::quick();
  folder.write("file", "not a folder");
  const auto store = open_rocks_store(folder / "file/warm");
  REQUIRE_FALSE(store.ok());
  REQUIRE(store.error().kind == ErrorKind::kUnavailable);
}

// Merges of random rows against a map, through what compaction makes of them.
TEST_CASE("BehavesLikeAMap") {
  const StoreFolder folder = StoreFolder::quick();
  const auto store = opened(folder);
  std::mt19937_64 dice(1);
  std::map<std::string, std::string> model;
  for (int round = 0; round < 40; ++round) {
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
    REQUIRE(merge(*store, {rows.begin(), rows.end()}).ok());
  }
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < 2000; ++i) keys.push_back(key_of(i));
  const std::vector<std::optional<std::string>> values = values_of(*store, keys);
  for (size_t i = 0; i < keys.size(); ++i) {
    REQUIRE(values[i].has_value() == model.contains(keys[i]));
    if (values[i].has_value()) REQUIRE(*values[i] == model[keys[i]]);
  }
  REQUIRE(keys_in(*store, {"k", "l"}).size() == model.size());
  REQUIRE(store->disk_bytes() > 0);
  REQUIRE(store->memory_bytes() > 0);
}

TEST_CASE("StoresThatMergeAfterADropDoNotWaitForEachOther") {
  const StoreFolder folder = StoreFolder::quick();
  std::vector<std::unique_ptr<WarmStore>> stores;
  for (int i = 0; i < 6; ++i) {
    stores.push_back(open_rocks_store(folder / std::to_string(i)).value());
    REQUIRE(merge(*stores.back(), {{"a", "1"}, {"b", "2"}, {"c", "3"}}).ok());
    REQUIRE(stores.back()->drop({"a", "b1"}).ok());
  }
  WarmRows rows;
  for (const std::string_view key : {"b", "c", "d"}) rows.put({key, "new"});
  for (const auto& store : stores) store->begin_merge(rows);
  for (const auto& store : stores) {
    REQUIRE(store->end_merge().ok());
    CHECK(keys_in(*store, {"a", "z"}) == std::vector<std::string>{"b", "c", "d"});
  }
}

}  // namespace
}  // namespace weir
