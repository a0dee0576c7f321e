// Goal: work is done once, in as many threads as there are, and what cannot be done is not taken.
#include "runtime/rpc/thread_pool.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <optional>

namespace weir {
namespace {

TEST_CASE("DoesAllWorkBeforeItEnds") {
  std::atomic<int> done = 0;
  {
    ThreadPool pool(3, 1'000);
    for (int i = 0; i < 100; ++i) REQUIRE(pool.add([&] { ++done; }));
  }
  CHECK(done == 100);
}

TEST_CASE("TakesNoMoreThanMayWait") {
  std::promise<void> started;
  std::promise<void> release;
  std::optional<ThreadPool> pool(std::in_place, 1, 2);
  REQUIRE(pool->add([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  CHECK(pool->add([] {}));
  CHECK(pool->add([] {}));
  CHECK_FALSE(pool->add([] {}));
  release.set_value();
}

TEST_CASE("TakesNothingOnceItIsClosed") {
  ThreadPool pool(1, 10);
  pool.close();
  CHECK_FALSE(pool.add([] {}));
}

}  // namespace
}  // namespace weir
