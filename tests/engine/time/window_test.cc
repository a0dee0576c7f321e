#include "engine/time/window.h"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

namespace weir {
namespace {

TEST_CASE("WindowsHoldTheirStartAndNotTheirEnd") {
  REQUIRE(tumble_end(0, 10, 0) == 10);
  REQUIRE(tumble_end(9, 10, 0) == 10);
  REQUIRE(tumble_end(10, 10, 0) == 20);
}

TEST_CASE("WindowsBefore1970AreAlignedToo") {
  REQUIRE(tumble_end(-1, 10, 0) == 0);
  REQUIRE(tumble_end(-10, 10, 0) == 0);
  REQUIRE(tumble_end(-11, 10, 0) == -10);
}

// Every time is in the window found for it, and window ends are a multiple of the size away from
// the offset.
TEST_CASE("OffsetsMoveTheAlignment") {
  for (const int64_t size : {1, 2, 7, 10}) {
    for (int64_t offset = -12; offset <= 12; ++offset) {
      for (int64_t time = -30; time <= 30; ++time) {
        const int64_t end = tumble_end(time, size, offset);
        REQUIRE(end - size <= time);
        REQUIRE(time < end);
        REQUIRE((end - offset) % size == 0);
      }
    }
  }
}

std::vector<std::pair<int64_t, int64_t>> all_of(const WindowRun& run) {
  std::vector<std::pair<int64_t, int64_t>> windows;
  for (size_t i = 0; i < run.count; ++i) {
    const int64_t n = static_cast<int64_t>(i);
    windows.emplace_back(run.start + n * run.start_step, run.end + n * run.end_step);
  }
  return windows;
}

bool is_aligned(int64_t time, int64_t step, int64_t offset) { return (time - offset) % step == 0; }

// Every window in sight is tried.
TEST_CASE("ATimeIsInEveryHopThatHoldsIt") {
  for (const auto& [size, slide] : {std::pair{10, 5}, {10, 10}, {10, 3}, {7, 5}, {3, 1}}) {
    for (int64_t offset = -4; offset <= 4; ++offset) {
      for (int64_t time = -25; time <= 25; ++time) {
        std::vector<std::pair<int64_t, int64_t>> expected;
        for (int64_t start = time - size + 1; start <= time; ++start) {
          if (is_aligned(start, slide, offset)) expected.emplace_back(start, start + size);
        }
        REQUIRE(all_of(hop_windows(time, size, slide, offset)) == expected);
      }
    }
  }
}

TEST_CASE("CumulatedWindowsBeginTogetherAndEndAStepApart") {
  for (const auto& [size, step] : {std::pair{12, 4}, {10, 10}, {6, 1}}) {
    for (int64_t offset = -4; offset <= 4; ++offset) {
      for (int64_t time = -25; time <= 25; ++time) {
        std::vector<std::pair<int64_t, int64_t>> expected;
        const int64_t start = tumble_end(time, size, offset) - size;
        for (int64_t end = start + step; end <= start + size; end += step) {
          if (time < end) expected.emplace_back(start, end);
        }
        REQUIRE(all_of(cumulate_windows(time, size, step, offset)) == expected);
      }
    }
  }
}

TEST_CASE("TumblingWindowsAreRunsOfOne") {
  REQUIRE(all_of(tumble_windows(13, 10, 2)) == std::vector<std::pair<int64_t, int64_t>>{{12, 22}});
}

TEST_CASE("ARowIsLateExactlyWhenItsWindowHasEnded") {
  REQUIRE_FALSE(is_late_for_window(10, 9));
  REQUIRE(is_late_for_window(10, 10));
  REQUIRE(is_late_for_window(10, 11));
}

}  // namespace
}  // namespace weir
