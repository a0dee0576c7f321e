// The numbers that tasks and sink slots have in every process: they follow from the Plan, so a
// message names a task by one number.
#pragma once

#include "engine/plan/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

struct TaskPlace {
  size_t chain = 0;
  uint32_t instance = 0;
};

// By TaskId: chains in their order, the instances of each in theirs.
std::vector<TaskPlace> task_places(const Plan& plan);

// The TaskId of instance 0 of each chain.
std::vector<uint32_t> first_tasks(const Plan& plan);

// One lane of output of one task.
struct SlotPlace {
  TaskId task;
  std::string sink;   // Id of the step
  uint32_t slot = 0;  // Instance of the step
};

// By SlotIndex: tasks in their order, the sinks of each in the order of the stages.
std::vector<SlotPlace> slot_places(const Plan& plan);

}  // namespace weir
