// How long what is known of a key lives, and that what is due is asked for as it is erased.
#include "operators/key_life.h"

#include "tests/operators/rows.h"
#include "tests/operators/stages.h"

#include <catch2/catch.hpp>

#include <vector>

namespace weir {
namespace {

SchemaPtr input(const char* time) { return schema_of({"k text", time}); }

KeyLife life_of(const char* time) {
  StagePlan stage = stage_of(FoldSpec{}, input(time), "s");
  stage.state_ttl = seconds(10);
  return KeyLife(stage);
}

// A table that notes what is wanted of it.
struct Keys {
  std::vector<int64_t> asked;
  std::vector<int64_t> erased;
  int all_erased = 0;

  Readiness prefetch_due(int64_t until) {
    asked.push_back(until);
    return Readiness::kReady;
  }
  bool erase_due(int64_t until, size_t) {
    erased.push_back(until);
    return true;
  }
  void erase_all() { ++all_erased; }
};

TEST_CASE("AKeyLivesByEventTimeWhereThereIsOne") {
  KeyLife life = life_of("at timestamptz!");
  life.set_clock(seconds(100));
  const RecordBatch rows =
      with_arrival(batch_of(input("at timestamptz!"), {{"a", "@5"}, {"a", "@6"}}), {3, 9});
  CHECK(life.used_at(rows, 0) == seconds(5));
  CHECK(life.used_at(rows, 1) == seconds(9));
  Keys keys;
  life.prefetch(keys, seconds(7));
  CHECK(life.erase(keys, seconds(7), 1));
  CHECK(keys.asked == std::vector<int64_t>{seconds(7)});
  CHECK(keys.erased == keys.asked);
}

TEST_CASE("AKeyLivesByTheClockWhereThereIsNoEventTime") {
  KeyLife life = life_of("at timestamptz");
  life.set_clock(seconds(100));
  const RecordBatch rows = batch_of(input("at timestamptz"), {{"a", "@5"}});
  CHECK(life.used_at(rows, 0) == seconds(100));
  Keys keys;
  life.prefetch(keys, seconds(7));
  CHECK(life.erase(keys, seconds(7), 1));
  CHECK(keys.asked == std::vector<int64_t>{seconds(100)});
  CHECK(keys.erased == keys.asked);
}

TEST_CASE("AtTheEndOfTimeKeysGoWithoutBeingAskedFor") {
  for (const std::optional<int64_t> ttl : {std::optional<int64_t>(), std::optional(seconds(10))}) {
    const KeyLife life(ttl, {});
    Keys keys;
    CHECK(life.prefetch(keys, kMaxTime) == Readiness::kReady);
    CHECK_FALSE(life.erase(keys, kMaxTime, 1));
    CHECK(keys.asked.empty());
    CHECK(keys.erased.empty());
    CHECK(keys.all_erased == 1);
  }
}

TEST_CASE("WithoutATimeToLiveKeysStayUntilTheEndOfTime") {
  const KeyLife life({}, {});
  Keys keys;
  CHECK(life.prefetch(keys, seconds(7)) == Readiness::kReady);
  CHECK_FALSE(life.erase(keys, seconds(7), 1));
  CHECK(keys.asked.empty());
  CHECK(keys.erased.empty());
  CHECK(keys.all_erased == 0);
}

}  // namespace
}  // namespace weir
