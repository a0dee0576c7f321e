#include "runtime/coordinator/state_fit.h"

#include "engine/base/check.h"
#include "engine/plan/plan.h"

#include <fmt/format.h>

#include <map>

namespace weir {
namespace {

// "step.table" -> "step", where the step's name may have dots too.
std::string step_of(const std::string& table) { return table.substr(0, table.rfind('.')); }

// The first phase of an aggregation holds nothing at a barrier, and is not in every plan of a
// graph.
bool is_partial(const std::string& table) {
  return table.find(std::string(kPartialSuffix) + ".") != std::string::npos;
}

}  // namespace

const char* to_text(Fit fit) {
  switch (fit) {
    case Fit::kKept: return "kept";
    case Fit::kReset: return "reset";
    case Fit::kOrphaned: return "orphaned";
    case Fit::kNew: return "new";
  }
  unreachable();
}

std::vector<StepFit> fit_of(const Manifest& from, const std::vector<DeclaredTable>& planned) {
  std::map<std::string, StepFit> by_table;
  for (const DeclaredTable& table : planned) by_table[table.name].planned = table.signature;
  for (const TaskSnapshot& task : from.tasks) {
    for (const DeclaredTable& table : task.tables) by_table[table.name].stored = table.signature;
  }
  std::vector<StepFit> fits;
  for (auto& [table, fit] : by_table) {
    if (is_partial(table)) continue;
    fit.step = step_of(table);
    if (fit.planned.empty()) {
      fit.fit = Fit::kOrphaned;
    } else if (fit.stored.empty()) {
      fit.fit = Fit::kNew;
    } else if (fit.planned != fit.stored) {
      fit.fit = Fit::kReset;
    }
    fits.push_back(std::move(fit));
  }
  return fits;
}

Status check_fit(const Manifest& from, const std::vector<DeclaredTable>& planned,
                 uint32_t key_groups) {
  for (const StepFit& fit : fit_of(from, planned)) {
    switch (fit.fit) {
      case Fit::kKept: break;
      case Fit::kReset:
        return misfit(from, fmt::format("step {} keeps {} where the state has {}", fit.step,
                                        fit.planned, fit.stored));
      case Fit::kOrphaned:
        return misfit(from, fmt::format("it has no step {}, whose state would be lost", fit.step));
      case Fit::kNew:
        return misfit(
            from, fmt::format("step {} is new and would begin without what came before", fit.step));
    }
  }
  if (from.key_groups == key_groups) return {};
  return misfit(from,
                fmt::format("it has {} key groups, the state has {}", key_groups, from.key_groups));
}

Error misfit(const Manifest& from, const std::string& what) {
  return user_error(fmt::format(
      "the state of job {} does not fit this script: {}; run the script that the state belongs to, "
      "or begin afresh with another state folder",
      from.script, what));
}

}  // namespace weir
