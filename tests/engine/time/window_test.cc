#include "engine/time/window.h"

#include <catch2/catch.hpp>

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

TEST_CASE("ARowIsLateExactlyWhenItsWindowHasEnded") {
  REQUIRE_FALSE(is_late_for_window(10, 9));
  REQUIRE(is_late_for_window(10, 10));
  REQUIRE(is_late_for_window(10, 11));
}

}  // namespace
}  // namespace weir
