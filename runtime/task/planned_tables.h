// What the steps of a plan would remember, without running them: no connector is made.
#pragma once

#include "engine/plan/plan.h"
#include "state/checkpoint.h"

#include <vector>

namespace weir {

// The tables that the tasks of the plan declare, by name.
std::vector<DeclaredTable> planned_tables(const Plan& plan);

}  // namespace weir
