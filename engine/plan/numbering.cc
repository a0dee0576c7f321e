#include "engine/plan/numbering.h"

namespace weir {

std::vector<TaskPlace> task_places(const Plan& plan) {
  std::vector<TaskPlace> places;
  for (size_t chain = 0; chain < plan.chains.size(); ++chain) {
    for (uint32_t i = 0; i < plan.chains[chain].parallelism; ++i) places.push_back({chain, i});
  }
  return places;
}

std::vector<uint32_t> first_tasks(const Plan& plan) {
  std::vector<uint32_t> first;
  uint32_t next = 0;
  for (const ChainPlan& chain : plan.chains) {
    first.push_back(next);
    next += chain.parallelism;
  }
  return first;
}

std::vector<SlotPlace> slot_places(const Plan& plan) {
  std::vector<SlotPlace> slots;
  const std::vector<TaskPlace> tasks = task_places(plan);
  for (uint32_t task = 0; task < tasks.size(); ++task) {
    for (const StagePlan& stage : plan.chains[tasks[task].chain].stages) {
      if (!std::holds_alternative<SinkSpec>(stage.spec)) continue;
      slots.push_back({TaskId(task), stage.id, tasks[task].instance});
    }
  }
  return slots;
}

}  // namespace weir
