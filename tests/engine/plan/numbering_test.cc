#include "engine/plan/numbering.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Plan plan_with_sinks() {
  Plan plan;
  plan.chains.resize(2);
  plan.chains[0].parallelism = 1;
  plan.chains[0].stages.push_back({.id = "in", .spec = SourceSpec{}});
  plan.chains[0].stages.push_back({.id = "copies", .spec = SinkSpec{}});
  plan.chains[1].parallelism = 2;
  plan.chains[1].stages.push_back({.id = "out", .spec = SinkSpec{}});
  return plan;
}

TEST_CASE("TasksAreNumberedChainByChain") {
  const Plan plan = plan_with_sinks();
  const std::vector<TaskPlace> places = task_places(plan);
  REQUIRE(places.size() == 3);
  CHECK(places[0].chain == 0);
  CHECK(places[2].chain == 1);
  CHECK(places[2].instance == 1);
  CHECK(first_tasks(plan) == std::vector<uint32_t>{0, 1});
}

TEST_CASE("SlotsAreNumberedTaskByTask") {
  const std::vector<SlotPlace> slots = slot_places(plan_with_sinks());
  REQUIRE(slots.size() == 3);
  CHECK(slots[0].sink == "copies");
  CHECK(slots[0].task == TaskId(0));
  CHECK(slots[2].sink == "out");
  CHECK(slots[2].task == TaskId(2));
  CHECK(slots[2].slot == 1);
}

}  // namespace
}  // namespace weir
