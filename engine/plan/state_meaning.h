// What the state of a step means, beside the columns that it keeps: two steps whose meaning differs
// cannot go on with each other's state, though its rows would fit.
#pragma once

#include "engine/plan/specs.h"

#include <string>

namespace weir {

// "tumble 60000000 0: sum, count_star"; empty where the columns say all. The same for every phase
// and parallelism of a step.
std::string state_meaning(const VertexSpec& spec);

}  // namespace weir
