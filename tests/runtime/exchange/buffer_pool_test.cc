#include "runtime/exchange/buffer_pool.h"

#include <catch2/catch.hpp>

#include <utility>

namespace weir {
namespace {

TEST_CASE("AFrameIsMadeInTheMemoryOfOneThatWasSent") {
  BufferPool pool;
  REQUIRE(pool.take().empty());
  std::string frame(100'000, 'x');
  const char* memory = frame.data();
  pool.give(std::move(frame));
  const std::string next = pool.take();
  REQUIRE(next.empty());
  REQUIRE(next.data() == memory);
  REQUIRE(pool.take().data() != memory);
}

TEST_CASE("VerySmallAndVeryLargeMemoryIsNotKept") {
  BufferPool pool;
  pool.give(std::string(100, 'x'));
  pool.give(std::string(16 << 20, 'x'));
  REQUIRE(pool.take().capacity() < 100);
}

}  // namespace
}  // namespace weir
