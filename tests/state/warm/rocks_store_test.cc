#include "state/warm/rocks_store.h"

#include "tests/seeds.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

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

// A store and what it should hold, through random merges, walks, drops and cuts that it goes on
// from.
class PlayedStore {
 public:
  PlayedStore(const StoreFolder& folder, uint64_t seed)
      : folder_(folder), dice_(seed), store_(open_rocks_store(folder / "life0").value()) {}

  void play(int steps) {
    for (int i = 0; i < steps; ++i) {
      const uint64_t what = dice_() % 20;
      if (what < 16) merge_some();
      if (what == 16) drop_some();
      if (what == 17) go_on_from_a_cut();
      if (what > 17) check();
    }
    check();
  }

 private:
  std::string random_key() {
    return fmt::format("{}{:06}", static_cast<char>('a' + dice_() % 4), dice_() % 40000);
  }

  // Keys near each other, or anywhere.
  void merge_some() {
    WarmRows rows;
    const uint64_t few = 1 + dice_() % (1 << (dice_() % 12));
    const bool near = dice_() % 3 == 0;
    const std::string first = random_key();
    for (uint64_t i = 0; i < few; ++i) {
      const std::string key =
          near ? fmt::format("{}{:06}", first[0], std::stoi(first.substr(1)) + i) : random_key();
      if (dice_() % 3 == 0) {
        rows.put({key, std::nullopt});
        model_.erase(key);
      } else {
        const std::string value(dice_() % 100, static_cast<char>('a' + dice_() % 26));
        rows.put({key, value});
        model_[key] = value;
      }
    }
    REQUIRE(store_->merge(rows).ok());
  }

  void drop_some() {
    WarmRange range{random_key(), random_key()};
    if (range.end < range.begin) std::swap(range.begin, range.end);
    REQUIRE(store_->drop(range).ok());
    model_.erase(model_.lower_bound(range.begin), model_.lower_bound(range.end));
  }

  // Some merges after the cut are lost.
  void go_on_from_a_cut() {
    const std::string life = folder_ / fmt::format("life{}", ++lives_);
    REQUIRE(store_->cut(life).ok());
    const std::map<std::string, std::string> then = model_;
    for (uint64_t i = dice_() % 6; i > 0; --i) merge_some();
    model_ = then;
    store_ = open_rocks_store(life).value();
  }

  void check() {
    std::map<std::string, std::string> rows;
    REQUIRE(store_
                ->each({"a", "z"},
                       [&](std::string_view key, std::string_view value) -> Result<bool> {
                         rows.emplace(key, value);
                         return true;
                       })
                .ok());
    REQUIRE(rows == model_);
    std::vector<std::string> keys;
    for (int i = 0; i < 1000; ++i) keys.push_back(random_key());
    const auto values = values_of(*store_, keys);
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto row = model_.find(keys[i]);
      REQUIRE(values[i] == (row == model_.end() ? std::nullopt : std::optional(row->second)));
    }
  }

  const StoreFolder& folder_;
  std::mt19937_64 dice_;
  std::unique_ptr<WarmStore> store_;
  std::map<std::string, std::string> model_;
  int lives_ = 0;
};

TEST_CASE("EveryStoreBehavesLikeAMap") {
  for (const uint64_t seed : Seeds(20)) {
    INFO("replay with WEIR_SEED=" << seed);
    const StoreFolder folder = StoreFolder::quick();
    PlayedStore(folder, seed).play(300);
  }
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
