// KeyedLists against a std::map of std::multimaps: the same random operations on both, then every
// list walked in both directions.
#include "state/keyed_lists.h"

#include "tests/state/keys.h"
#include "tests/state/saved.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

namespace weir {
namespace {

const ListsSpec kSpec = {.name = "lists",
                         .key = {TypeKind::kText},
                         .head = {TypeKind::kBigint},
                         .entry = {TypeKind::kText},
                         .with_timer = true};

// Keys and values, some too long for their slots.
std::string name_of(uint64_t i) {
  return (i % 2 == 0 ? "n" : "a name longer than its slot ") + std::to_string(i);
}

using Model = std::map<std::string, std::multimap<int64_t, std::string>>;

struct Lists {
  TaskState state = state_of();
  KeyedLists& lists = state.lists(kSpec);

  RowId head(const std::string& key) { return row_of(lists.heads(), text(key)); }
  RowId insert(const std::string& key, int64_t order, const std::string& value) {
    const RowId entry = lists.insert(head(key), order);
    write(lists.entries(), entry, 0, text(value));
    return entry;
  }
  std::string value(RowId entry) { return string_at(lists.entries(), entry, 0); }
  std::vector<std::string> values(const std::string& key) {
    std::vector<std::string> all;
    const RowId row = head(key);
    for (RowId e = lists.first(row); e != kNoRow; e = lists.next(e)) all.push_back(value(e));
    return all;
  }
};

// Every list, checked from both ends.
Model contents(KeyedLists& lists) {
  Model found;
  size_t entries = 0;
  for (RowId head = 0; head < lists.heads().ids_end(); ++head) {
    if (!lists.heads().is_live(head)) continue;
    auto& list = found[string_at(lists.heads(), head, 0)];
    RowId before = kNoRow;
    for (RowId e = lists.first(head); e != kNoRow; e = lists.next(e)) {
      CHECK(lists.prev(e) == before);
      CHECK((before == kNoRow || lists.order(before) <= lists.order(e)));
      list.emplace(lists.order(e), string_at(lists.entries(), e, 0));
      before = e;
    }
    CHECK(lists.last(head) == before);
    CHECK(lists.size(head) == list.size());
    entries += list.size();
  }
  CHECK(entries == lists.entries().size());
  return found;
}

TEST_CASE("ANewHeadHasAnEmptyList") {
  Lists lists;
  const RowId head = lists.head("k");
  REQUIRE(lists.lists.first(head) == kNoRow);
  REQUIRE(lists.lists.last(head) == kNoRow);
  REQUIRE(lists.lists.size(head) == 0);
}

TEST_CASE("EntriesAreInOrderAndEqualsAsTheyCame") {
  Lists lists;
  lists.insert("k", 5, "a");
  lists.insert("k", 9, "b");
  lists.insert("k", 5, "c");
  lists.insert("k", -1, "d");
  lists.insert("other", 6, "x");
  lists.insert("k", 9, "e");
  lists.insert("k", -1, "f");
  REQUIRE(lists.values("k") == std::vector<std::string>{"d", "f", "a", "c", "b", "e"});
  REQUIRE(lists.values("other") == std::vector<std::string>{"x"});
}

TEST_CASE("ErasesAtBothEndsAndBetween") {
  Lists lists;
  const RowId a = lists.insert("k", 1, "a");
  const RowId b = lists.insert("k", 2, "b");
  lists.insert("k", 3, "c");
  const RowId d = lists.insert("k", 4, "d");
  lists.lists.erase(lists.head("k"), b);
  REQUIRE(lists.values("k") == std::vector<std::string>{"a", "c", "d"});
  lists.lists.erase(lists.head("k"), d);
  REQUIRE(lists.lists.first(lists.head("k")) == a);
  lists.lists.pop_front(lists.head("k"));
  REQUIRE(lists.values("k") == std::vector<std::string>{"c"});
  lists.lists.pop_front(lists.head("k"));
  REQUIRE(lists.lists.last(lists.head("k")) == kNoRow);
}

void random_step(std::mt19937_64& dice, Lists& lists, Model& model) {
  const std::string key = name_of(dice() % 8);
  auto& list = model[key];
  const RowId head = lists.head(key);
  const uint64_t what = dice() % 20;
  if (what < 12) {
    const int64_t order = static_cast<int64_t>(dice() % 40) - 20;
    const std::string value = name_of(dice() % 10'000);
    lists.insert(key, order, value);
    list.emplace(order, value);
  } else if (what < 15 && !list.empty()) {
    lists.lists.pop_front(head);
    list.erase(list.begin());
  } else if (what < 18 && !list.empty()) {
    const int64_t nth = static_cast<int64_t>(dice() % list.size());
    RowId entry = lists.lists.first(head);
    for (int64_t i = 0; i < nth; ++i) entry = lists.lists.next(entry);
    lists.lists.erase(head, entry);
    list.erase(std::next(list.begin(), nth));
  } else if (what == 18) {
    lists.lists.erase_head(head);
    model.erase(key);
  }
}

TEST_CASE("BehavesLikeAMapOfMultimaps") {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    Lists lists;
    Model model;
    for (int step = 0; step < 500; ++step) {
      random_step(dice, lists, model);
      if (step % 20 == 0) REQUIRE(contents(lists.lists) == model);
    }
    REQUIRE(contents(lists.lists) == model);
  }
}

TEST_CASE("ListsRestoreIntoOneTwoAndThreeInstancesAndBack") {
  for (const uint32_t tasks : {1U, 2U, 3U}) {
    for (uint32_t seed = 0; seed < 10; ++seed) {
      INFO("tasks " << tasks << ", seed " << seed);
      std::mt19937_64 dice(seed);
      Lists whole;
      Model model;
      for (int step = 0; step < 300; ++step) random_step(dice, whole, model);
      for (const auto& [key, list] : model) {
        const RowId head = whole.head(key);
        write(whole.lists.heads(), head, 1, number(static_cast<int64_t>(key.size())));
        if (key.size() > 5) whole.lists.timers().set(head, static_cast<int64_t>(list.size()));
      }
      Lists joined;
      for (uint32_t task = 0; task < tasks; ++task) {
        TaskState part = state_of(key_group_range(kGroups, tasks, task));
        part.lists(kSpec);
        REQUIRE(restore(part, {whole_of(whole.state)}).ok());
        REQUIRE(restore(joined.state, {whole_of(part)}).ok());
      }
      REQUIRE(contents(joined.lists) == model);
      for (const auto& [key, list] : model) {
        const RowId head = joined.head(key);
        REQUIRE(number_at(joined.lists.heads(), head, 1) == static_cast<int64_t>(key.size()));
        REQUIRE(joined.lists.timers().due(head) ==
                (key.size() > 5 ? static_cast<int64_t>(list.size()) : kNoDue));
      }
      for (int step = 0; step < 100; ++step) random_step(dice, joined, model);
      REQUIRE(contents(joined.lists) == model);
    }
  }
}

TEST_CASE("AnOwnerMaySortAListByItself") {
  Lists lists;
  const RowId head = lists.head("a");
  const auto put = [&](RowId before, const std::string& value) {
    const RowId entry = lists.lists.insert_behind(head, before);
    write(lists.lists.entries(), entry, 0, text(value));
    return entry;
  };
  const RowId c = put(kNoRow, "c");
  const RowId a = put(kNoRow, "a");
  put(a, "b");
  put(c, "d");
  REQUIRE(lists.values("a") == std::vector<std::string>{"a", "b", "c", "d"});
  REQUIRE(lists.lists.size(head) == 4);
  contents(lists.lists);
  Lists copy;
  REQUIRE(restore(copy.state, {whole_of(lists.state)}).ok());
  REQUIRE(copy.values("a") == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("MemoryStaysFlatWhileEntriesComeAndGo") {
  Lists lists;
  size_t bytes = 0;
  for (int64_t i = 0; i < 100'000; ++i) {
    const std::string key = name_of(static_cast<uint64_t>(i / 100));
    lists.insert(key, i, name_of(static_cast<uint64_t>(i)));
    const RowId head = lists.head(key);
    if (lists.lists.size(head) > 20) lists.lists.pop_front(head);
    if (i % 100 == 99) lists.lists.erase_head(head);
    if (i == 5000) bytes = lists.lists.bytes();
  }
  REQUIRE(lists.lists.heads().size() == 0);
  REQUIRE(lists.lists.entries().size() == 0);
  REQUIRE(lists.lists.bytes() < 2 * bytes);
}

TEST_CASE("AnUnlinkedEntryIsReadUntilItIsDropped") {
  Lists lists;
  const RowId a = lists.insert("k", 1, "a");
  lists.insert("k", 2, "b");
  lists.lists.unlink(lists.head("k"), a);
  REQUIRE(lists.values("k") == std::vector<std::string>{"b"});
  REQUIRE(lists.insert("k", 3, "c") != a);
  REQUIRE(lists.value(a) == "a");
  lists.lists.drop(a);
  REQUIRE(lists.insert("k", 4, "d") == a);
  REQUIRE(lists.values("k") == std::vector<std::string>{"b", "c", "d"});
}

}  // namespace
}  // namespace weir
