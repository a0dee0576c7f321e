// One line of SQL-like text that says what a step does, for `weir explain` and its drawing.
#pragma once

#include "engine/plan/plan.h"

#include <string>

namespace weir {

// "SELECT card, (amount * 2) AS doubled WHERE (amount > 5)"
std::string step_text(const StagePlan& stage);

// "source, kafka", "window aggregate, partial", ...
std::string step_kind(const StagePlan& stage);

// How rows come over an edge: "hash by card", "rebalanced", "broadcast", "forward".
std::string distribution_text(const Distribution& distribution, const Schema& schema);

}  // namespace weir
