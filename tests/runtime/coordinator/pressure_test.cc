#include "runtime/coordinator/pressure.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;

// Three chains of one task each: 0 -> 1 -> 2.
Plan three_in_a_row() {
  Plan plan;
  plan.chains.resize(3);
  for (ChainPlan& chain : plan.chains) chain.stages.emplace_back();
  for (size_t edge = 0; edge < 2; ++edge) {
    plan.edges.push_back({.from_chain = edge, .to_chain = edge + 1});
    plan.chains[edge].outputs = {edge};
    plan.chains[edge + 1].inputs = {edge};
  }
  return plan;
}

TaskReport worked(int64_t busy, int64_t blocked, uint64_t rows) {
  TaskReport report;
  report.stages.push_back({.counters = {.rows_in = rows}});
  report.busy_micros = busy;
  report.blocked_micros = blocked;
  return report;
}

TEST_CASE("SlownessBeginsBehindTheLastTaskThatIsHeldUp") {
  Pressure pressure;
  pressure.take_in({{0, worked(0, 0, 0)}, {1, worked(0, 0, 0)}, {2, worked(0, 0, 0)}}, kSecond);
  pressure.take_in({{0, worked(100'000, 900'000, 500)},
                    {1, worked(950'000, 0, 400)},
                    {2, worked(10'000, 0, 10)}},
                   2 * kSecond);
  const std::vector<TaskLoad> slowed = pressure.slowed(three_in_a_row());
  REQUIRE(slowed.size() == 2);
  CHECK(slowed[0].task == 1);
  CHECK(slowed[0].busy == Approx(0.95));
  CHECK(slowed[0].rows_in == Approx(400));
  CHECK(slowed[1].task == 0);
}

TEST_CASE("NothingIsSlowedWhereAllHaveRoom") {
  Pressure pressure;
  pressure.take_in({{0, worked(0, 0, 0)}, {1, worked(0, 0, 0)}}, kSecond);
  pressure.take_in({{0, worked(900'000, 0, 9)}, {1, worked(900'000, 100'000, 9)}}, 2 * kSecond);
  CHECK(pressure.slowed(three_in_a_row()).empty());
}

TEST_CASE("AnotherLifeBeginsAnew") {
  Pressure pressure;
  pressure.take_in({{0, worked(900'000, 900'000, 9)}}, kSecond);
  pressure.take_in({{0, worked(1'000, 1'000, 1)}}, 2 * kSecond);
  CHECK(pressure.slowed(three_in_a_row()).empty());
}

}  // namespace
}  // namespace weir
