#include "runtime/worker/side_by_side.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <latch>
#include <vector>

namespace weir {
namespace {

TEST_CASE("EachPieceOfWorkIsDoneOnce") {
  for (const size_t count : {0, 1, 2, 100}) {
    std::vector<std::atomic<int>> done(count);
    side_by_side({.count = count, .at_once = 3}, [&](size_t i) { ++done[i]; });
    for (const std::atomic<int>& times : done) CHECK(times == 1);
  }
}

// Would never end one after the other.
TEST_CASE("PiecesOfWorkMayWaitForEachOther") {
  std::latch all(5);
  side_by_side({.count = 5, .at_once = 5}, [&](size_t) { all.arrive_and_wait(); });
  CHECK(all.try_wait());
}

TEST_CASE("NoMorePiecesAreUnderWayThanMayBe") {
  std::atomic<size_t> under_way{0};
  std::atomic<bool> were_too_many{false};
  side_by_side({.count = 1000, .at_once = 2}, [&](size_t) {
    if (++under_way > 2) were_too_many = true;
    --under_way;
  });
  CHECK_FALSE(were_too_many);
}

}  // namespace
}  // namespace weir
