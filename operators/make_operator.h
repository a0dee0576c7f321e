// The operator that does what a stage of a plan says.
#pragma once

#include "engine/plan/plan.h"
#include "operators/operator.h"
#include "operators/split_names.h"

#include <memory>

namespace weir {

// `state` and `names` outlive the operator. REQUIRES: neither a source nor a sink, whose connectors
// only the runtime knows.
std::unique_ptr<Operator> make_operator(const StagePlan& stage, TaskState& state,
                                        const SplitNames& names);

}  // namespace weir
