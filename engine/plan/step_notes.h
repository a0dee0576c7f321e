// What `weir explain` says about a step beside what it does: what it remembers and for how long,
// and where the wall clock has a say.
#pragma once

#include "engine/plan/plan.h"

#include <string>
#include <vector>

namespace weir {

// "per (card, window) until the window closes; no state_ttl"
std::string state_text(const StagePlan& stage);

// When a reader sees what a sink writes.
std::string delivery_text(const SinkSpec& sink, const Plan& plan);

// What of the step depends on the wall clock, one reason an entry: results may differ from run to
// run there.
std::vector<std::string> clock_texts(const StagePlan& stage);

}  // namespace weir
