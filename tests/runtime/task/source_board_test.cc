#include "runtime/task/source_board.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

namespace weir {
namespace {

TEST_CASE("AReaderSeesTheLowestOfTheOthers") {
  SourceBoard board(3);
  REQUIRE(board.lowest_of_others(0) == kMinTime);
  board.post(0, {.reading_at = 1});
  board.post(1, {.reading_at = 20});
  board.post(2, {.reading_at = 10});
  REQUIRE(board.lowest_of_others(0) == 10);
  REQUIRE(board.lowest_of_others(2) == 1);
  REQUIRE(SourceBoard(1).lowest_of_others(0) == kMaxTime);
}

TEST_CASE("TheSourceIsQuietWhenAllItsReadersAre") {
  SourceBoard board(2);
  board.post(0, {.reading_at = kMaxTime, .highest = 7, .quiet = true});
  REQUIRE_FALSE(board.is_quiet());
  board.post(1, {.reading_at = kMaxTime, .highest = 5, .quiet = true});
  REQUIRE(board.is_quiet());
  REQUIRE(board.highest() == 7);
}

TEST_CASE("WhoWaitsIsCalledOnceWhenAnotherMovesOn") {
  SourceBoard board(2);
  int calls = 0;
  board.on_wakeup(1, [&] { ++calls; });
  board.post(0, {.reading_at = 1});
  REQUIRE(calls == 0);
  board.wait(1);
  board.post(0, {.reading_at = 1});
  board.post(1, {.reading_at = 50});
  REQUIRE(calls == 0);
  board.post(0, {.reading_at = 2});
  board.post(0, {.reading_at = 3});
  REQUIRE(calls == 1);
}

// One thread moves on a step at a time; the other one sleeps on a flag that only a wake-up sets.
TEST_CASE("NoWakeUpIsLostBetweenLookingAndWaiting") {
  constexpr int64_t kMoves = 20'000;
  SourceBoard board(2);
  std::atomic<bool> woken{false};
  board.on_wakeup(1, [&] { woken.store(true); });
  std::thread mover([&] {
    for (int64_t at = 0; at <= kMoves; ++at) board.post(0, {.reading_at = at});
  });
  int64_t seen = kMinTime;
  while (seen < kMoves) {
    woken.store(false);
    board.wait(1);
    const int64_t now = board.lowest_of_others(1);
    if (now == seen) {
      while (!woken.load()) std::this_thread::yield();
    }
    seen = now;
  }
  mover.join();
  REQUIRE(seen == kMoves);
}

}  // namespace
}  // namespace weir
