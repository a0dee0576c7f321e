#include "runtime/messages/clock.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("ClocksCountMicroseconds") {
  constexpr int64_t k2020 = int64_t{1'577'836'800} * 1'000'000;
  constexpr int64_t k2200 = int64_t{7'258'118'400} * 1'000'000;
  CHECK(wall_clock_micros() > k2020);
  CHECK(wall_clock_micros() < k2200);
  const int64_t before = monotonic_micros();
  CHECK(monotonic_micros() >= before);
}

}  // namespace
}  // namespace weir
