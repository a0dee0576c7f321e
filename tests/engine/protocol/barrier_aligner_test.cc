// Goal: an input waits exactly while others owe the barrier that it delivered, whatever the order
// of barriers, cancellations and ends. Method: single stories, then every interleaving of three
// short channels with cancellations, judged by what was taken before each alignment.
#include "engine/protocol/barrier_aligner.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

constexpr Epoch kOne{1};
constexpr Epoch kTwo{2};

TEST_CASE("BlocksAnInputUntilTheOthersHaveDelivered") {
  BarrierAligner aligner(2);
  aligner.barrier(0, kOne);
  REQUIRE(aligner.is_blocked(0));
  REQUIRE_FALSE(aligner.is_blocked(1));
  REQUIRE(aligner.pending() == kOne);
  REQUIRE(aligner.aligned() == std::nullopt);
  aligner.barrier(1, kOne);
  REQUIRE(aligner.aligned() == kOne);
  REQUIRE(aligner.aligned() == std::nullopt);
  REQUIRE_FALSE(aligner.is_blocked(0));
  REQUIRE_FALSE(aligner.is_blocked(1));
}

TEST_CASE("AnEndStandsForEveryBarrierToCome") {
  BarrierAligner aligner(2);
  aligner.ended(1);
  aligner.barrier(0, kOne);
  REQUIRE(aligner.aligned() == kOne);
  aligner.barrier(0, kTwo);
  REQUIRE(aligner.aligned() == kTwo);
  REQUIRE_FALSE(aligner.all_ended());
  aligner.ended(0);
  REQUIRE(aligner.aligned() == std::nullopt);
  REQUIRE(aligner.all_ended());
  REQUIRE(aligner.last() == kTwo);
}

TEST_CASE("TheEndOfTheInputThatIsAwaitedAligns") {
  BarrierAligner aligner(2);
  aligner.barrier(0, kOne);
  aligner.ended(1);
  REQUIRE(aligner.aligned() == kOne);
}

TEST_CASE("DropsLateBarriersOfACancelledEpoch") {
  BarrierAligner aligner(2);
  aligner.barrier(0, kOne);
  aligner.cancel(kOne);
  REQUIRE_FALSE(aligner.is_blocked(0));
  aligner.barrier(1, kOne);
  REQUIRE_FALSE(aligner.is_blocked(1));
  REQUIRE(aligner.aligned() == std::nullopt);
}

TEST_CASE("ACancellationMayOvertakeEveryBarrier") {
  BarrierAligner aligner(2);
  aligner.cancel(kOne);
  aligner.barrier(0, kOne);
  aligner.barrier(1, kOne);
  REQUIRE(aligner.aligned() == std::nullopt);
  aligner.barrier(0, kTwo);
  aligner.barrier(1, kTwo);
  REQUIRE(aligner.aligned() == kTwo);
}

TEST_CASE("AnOldCancellationLeavesTheNextEpochAlone") {
  BarrierAligner aligner(2);
  aligner.barrier(0, kTwo);
  aligner.cancel(kOne);
  REQUIRE(aligner.is_blocked(0));
  aligner.barrier(1, kTwo);
  REQUIRE(aligner.aligned() == kTwo);
}

TEST_CASE("AHigherBarrierTakesThePlaceOfALowerOne") {
  BarrierAligner aligner(3);
  aligner.barrier(0, kOne);
  aligner.barrier(1, kTwo);
  REQUIRE(aligner.pending() == kTwo);
  REQUIRE_FALSE(aligner.is_blocked(0));
  aligner.barrier(2, kOne);
  REQUIRE_FALSE(aligner.is_blocked(2));
  aligner.barrier(2, kTwo);
  REQUIRE(aligner.aligned() == std::nullopt);
  aligner.barrier(0, kTwo);
  REQUIRE(aligner.aligned() == kTwo);
}

// Three channels, each of which holds barriers 1 and 2 or skips one, and then its end; the
// coordinator may cancel 1, and 2, at any moment.
struct World {
  BarrierAligner aligner{3};
  std::vector<std::vector<int>> channels;  // What is still to come: an epoch, or 0 for the end.
  std::vector<int> taken = {0, 0, 0};      // By channel: the highest barrier, or 9 after the end.
  int cancelled = 0;
  int told = 0;
};

struct Enumeration {
  uint64_t histories = 0;
  uint64_t alignments = 0;

  void settle(World& world) {
    const std::optional<Epoch> epoch = world.aligner.aligned();
    if (!epoch.has_value()) return;
    ++alignments;
    const int aligned = static_cast<int>(epoch->value());
    REQUIRE(aligned > world.told);
    REQUIRE(aligned > world.cancelled);
    world.told = aligned;
    // A consistent cut: every input has given this barrier and nothing after it, or its end.
    for (int taken : world.taken) REQUIRE((taken == aligned || taken == 9));
    for (size_t i = 0; i < 3; ++i) REQUIRE_FALSE(world.aligner.is_blocked(i));
  }

  void explore(const World& world) {
    bool more = false;
    for (size_t i = 0; i < 3; ++i) {
      if (world.channels[i].empty() || world.aligner.is_blocked(i)) continue;
      more = true;
      World after = world;
      const int what = after.channels[i].front();
      after.channels[i].erase(after.channels[i].begin());
      after.taken[i] = what == 0 ? 9 : what;
      if (what == 0) {
        after.aligner.ended(i);
      } else {
        after.aligner.barrier(i, Epoch(what));
      }
      settle(after);
      explore(after);
    }
    if (world.cancelled < 2) {
      World after = world;
      after.aligner.cancel(Epoch(++after.cancelled));
      settle(after);
      explore(after);
    }
    if (more) return;
    ++histories;
    // Nothing waits for ever: where nothing can be taken any more, all has been taken.
    for (size_t i = 0; i < 3; ++i) REQUIRE(world.channels[i].empty());
  }
};

TEST_CASE("EveryInterleavingOfThreeInputsGivesConsistentCuts") {
  Enumeration all;
  const std::vector<std::vector<int>> contents = {{1, 2, 0}, {2, 0}, {1, 0}, {0}};
  for (const auto& first : contents) {
    for (const auto& second : contents) {
      for (const auto& third : contents) all.explore({.channels = {first, second, third}});
    }
  }
  fmt::print("{} histories, {} alignments\n", all.histories, all.alignments);
  REQUIRE(all.histories > 10'000);
  REQUIRE(all.alignments > 5'000);
}

}  // namespace
}  // namespace weir
