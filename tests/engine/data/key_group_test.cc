#include "engine/data/key_group.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("TheUpperHalfOfTheHashDecidesTheGroup") {
  REQUIRE(key_group_of(0, 128) == 0);
  REQUIRE(key_group_of(0xffffffff, 128) == 0);
  REQUIRE(key_group_of(uint64_t{1} << 57, 128) == 1);
  REQUIRE(key_group_of(~uint64_t{0}, 128) == 127);
  REQUIRE(key_group_of(~uint64_t{0}, kKeyGroupsMax) == kKeyGroupsMax - 1);
  REQUIRE(key_group_of(~uint64_t{0}, 1) == 0);
}

// Ranges follow each other without a gap, differ by one group at most, and agree with
// task_of_key_group.
TEST_CASE("TasksShareAllGroupsEvenly") {
  for (const uint32_t groups : {1U, 2U, 3U, 7U, 128U, 1000U}) {
    for (uint32_t tasks = 1; tasks <= groups && tasks <= 40; ++tasks) {
      uint32_t next = 0;
      for (uint32_t task = 0; task < tasks; ++task) {
        const KeyGroupRange range = key_group_range(groups, tasks, task);
        REQUIRE(range.first == next);
        REQUIRE(range.last >= range.first);
        const uint32_t size = range.last - range.first + 1;
        REQUIRE(size >= groups / tasks);
        REQUIRE(size <= (groups + tasks - 1) / tasks);
        for (uint32_t group = range.first; group <= range.last; ++group) {
          REQUIRE(task_of_key_group(groups, tasks, group) == task);
        }
        next = range.last + 1;
      }
      REQUIRE(next == groups);
    }
  }
}

TEST_CASE("ARangeHoldsBothItsEnds") {
  const KeyGroupRange range{.first = 3, .last = 5};
  REQUIRE_FALSE(range.contains(2));
  REQUIRE(range.contains(3));
  REQUIRE(range.contains(5));
  REQUIRE_FALSE(range.contains(6));
}

}  // namespace
}  // namespace weir
