// Timers against a std::map from row to due time, over tables that keep their rows and over tables
// that lose them.
#include "state/timers.h"

#include "tests/state/keys.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

namespace weir {
namespace {

struct Timed {
  KeyedTable table{std::make_shared<const RowLayout>(std::vector<Type>{TypeKind::kBigint},
                                                     std::vector<Type>{}, Timers::kWords)};
  Timers timers{table, 0};

  RowId row(int64_t key) { return row_of(table, number(key)); }
  // Key and time of each, in order.
  std::vector<std::pair<int64_t, int64_t>> pop(int64_t until, size_t rows_max = 1000) {
    std::vector<Timers::Due> due;
    more = timers.pop_due(until, rows_max, due);
    std::vector<std::pair<int64_t, int64_t>> popped;
    for (const Timers::Due& one : due) popped.emplace_back(one.time, number_at(table, one.row, 0));
    return popped;
  }
  bool more = false;
};

using Popped = std::vector<std::pair<int64_t, int64_t>>;

TEST_CASE("FiresAtItsTimeAndOnce") {
  Timed timed;
  REQUIRE(timed.timers.due(timed.row(1)) == kNoDue);
  timed.timers.set(timed.row(1), 10);
  timed.timers.set(timed.row(2), -5);
  timed.timers.set(timed.row(3), 0);
  REQUIRE(timed.timers.due(timed.row(3)) == 0);
  REQUIRE(timed.pop(-6).empty());
  REQUIRE(timed.pop(9) == Popped{{-5, 2}, {0, 3}});
  REQUIRE(timed.timers.due(timed.row(3)) == kNoDue);
  REQUIRE(timed.pop(10) == Popped{{10, 1}});
  REQUIRE(timed.pop(kNoDue).empty());
}

TEST_CASE("TheLastTimeSetCounts") {
  Timed timed;
  for (int64_t key = 0; key < 3; ++key) timed.timers.set(timed.row(key), 10);
  timed.timers.set(timed.row(0), 20);
  timed.timers.set(timed.row(1), 5);
  timed.timers.clear(timed.row(2));
  REQUIRE(timed.pop(15) == Popped{{5, 1}});
  timed.timers.set(timed.row(2), 12);
  REQUIRE(timed.pop(30) == Popped{{12, 2}, {20, 0}});
}

TEST_CASE("TakesNoMoreThanAsked") {
  Timed timed;
  for (int64_t key = 0; key < 5; ++key) timed.timers.set(timed.row(key), key);
  REQUIRE(timed.pop(3, 3).size() == 3);
  REQUIRE(timed.more);
  REQUIRE(timed.pop(3, 3) == Popped{{3, 3}});
  REQUIRE_FALSE(timed.more);
}

TEST_CASE("AnErasedRowDoesNotFireNorDoesTheRowInItsPlace") {
  Timed timed;
  timed.timers.set(timed.row(1), 10);
  timed.table.erase(timed.row(1));
  timed.row(2);
  REQUIRE(timed.pop(100).empty());
  timed.table.erase(timed.row(2));
  timed.timers.set(timed.row(3), 10);
  timed.timers.set(timed.row(3), 30);
  REQUIRE(timed.pop(20).empty());
  REQUIRE(timed.pop(30) == Popped{{30, 3}});
}

TEST_CASE("BehavesLikeAMapOfTimes") {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice(seed);
    Timed timed;
    std::map<int64_t, int64_t> model;  // Key to time
    int64_t now = 0;
    for (int step = 0; step < 2000; ++step) {
      const int64_t key = static_cast<int64_t>(dice() % 30);
      const uint64_t what = dice() % 20;
      if (what < 10) {
        const int64_t time = now + 1 + static_cast<int64_t>(dice() % 100);
        timed.timers.set(timed.row(key), time);
        model[key] = time;
      } else if (what < 13) {
        timed.timers.clear(timed.row(key));
        model.erase(key);
      } else if (what < 17) {
        timed.table.erase(timed.row(key));
        model.erase(key);
      } else {
        now += static_cast<int64_t>(dice() % 30);
        Popped expected;
        for (const auto& [k, time] : model) {
          if (time <= now) expected.emplace_back(time, k);
        }
        std::erase_if(model, [&](const auto& entry) { return entry.second <= now; });
        std::sort(expected.begin(), expected.end());
        Popped popped = timed.pop(now);
        REQUIRE(std::is_sorted(popped.begin(), popped.end(),
                               [](auto& a, auto& b) { return a.first < b.first; }));
        std::sort(popped.begin(), popped.end());
        REQUIRE(popped == expected);
      }
    }
  }
}

TEST_CASE("MemoryStaysFlatThoughNothingEverFires") {
  Timed timed;
  for (int64_t i = 0; i < 100'000; ++i) {
    timed.timers.set(timed.row(i), 1'000'000 - i);
    timed.timers.set(timed.row(i), 500'000 - i);
    if (i >= 10) timed.table.erase(timed.row(i - 10));
  }
  REQUIRE(timed.timers.bytes() < 10'000);
  REQUIRE(timed.pop(kNoDue).size() == 10);
}

TEST_CASE("ARowThatIsUsedLivesOn") {
  Timed timed;
  const RowId row = timed.row(1);
  REQUIRE_FALSE(timed.timers.touch(row, 5, 10));
  REQUIRE_FALSE(timed.timers.touch(row, 14, 10));
  REQUIRE_FALSE(timed.timers.touch(row, 3, 10));  // Does not shorten what there is.
  REQUIRE(timed.timers.due(row) == 24);
  REQUIRE(timed.timers.touch(row, 24, 10));
  REQUIRE(timed.pop(33).empty());
  REQUIRE(timed.pop(34) == Popped{{34, 1}});
  REQUIRE_FALSE(timed.timers.touch(row, kNoDue - 3, 10));
  REQUIRE(timed.timers.due(row) < kNoDue - 1);
}

}  // namespace
}  // namespace weir
