// The tables of one task as checkpoints name them: with what the step makes of their rows.
#pragma once

#include "engine/plan/plan.h"
#include "state/checkpoint.h"
#include "state/task_state.h"

#include <vector>

namespace weir {

// In the order of names. `state`: of a task of this chain.
std::vector<DeclaredTable> declared_tables(const ChainPlan& chain, const TaskState& state);

// Of several tasks: each once, in the order of names.
std::vector<DeclaredTable> merged(std::vector<DeclaredTable> tables);

}  // namespace weir
