#include "runtime/coordinator/state_fit.h"

#include "engine/base/check.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace weir {
namespace {

// "step.table" -> "step", where the step's name may have dots too.
std::string step_of(const std::string& table) { return table.substr(0, table.rfind('.')); }

// The first phase of an aggregation holds nothing at a barrier, and is not in every plan of a
// graph.
bool is_partial(const std::string& table) {
  return table.find(std::string(kPartialSuffix) + ".") != std::string::npos;
}

struct Ends {
  std::set<std::string> sources;
  std::set<std::string> sinks;
};

Ends ends_of(const Plan& plan) {
  Ends ends;
  for (const ChainPlan& chain : plan.chains) {
    for (const StagePlan& stage : chain.stages) {
      if (std::holds_alternative<SourceSpec>(stage.spec)) ends.sources.insert(stage.id);
      if (std::holds_alternative<SinkSpec>(stage.spec)) ends.sinks.insert(stage.id);
    }
  }
  return ends;
}

Ends ends_of(const Manifest& from) {
  Ends ends;
  for (const TaskSnapshot& task : from.tasks) {
    if (!task.source.empty()) ends.sources.insert(task.source);
  }
  for (const SlotOutput& slot : from.slots) ends.sinks.insert(slot.sink);
  return ends;
}

// A job that is finished reads nothing more, so a script that wants more is another one.
std::vector<StepFit> changed_ends(const Manifest& from, const Plan& plan) {
  std::vector<StepFit> changed;
  const auto compare = [&](Kept kept, const auto& planned, const auto& stored) {
    for (const std::string& end : stored) {
      if (!planned.contains(end)) changed.push_back({end, Fit::kOrphaned, "", "", kept});
    }
    for (const std::string& end : planned) {
      if (from.finished && !stored.contains(end)) changed.push_back({end, Fit::kNew, "", "", kept});
    }
  };
  const Ends planned = ends_of(plan);
  const Ends stored = ends_of(from);
  compare(Kept::kPositions, planned.sources, stored.sources);
  compare(Kept::kOutput, planned.sinks, stored.sinks);
  return changed;
}

std::vector<StepFit> fit_of_tables(const Manifest& from,
                                   const std::vector<DeclaredTable>& planned) {
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

// How a script shows that the state is not of it.
std::string table_misfit(const StepFit& fit) {
  switch (fit.fit) {
    case Fit::kKept: break;
    case Fit::kReset:
      return fmt::format("step {} keeps {} where the state has {}", fit.step, fit.planned,
                         fit.stored);
    case Fit::kOrphaned:
      return fmt::format("it has no step {}, whose state would be lost", fit.step);
    case Fit::kNew:
      return fmt::format("step {} is new and would begin without what came before", fit.step);
  }
  unreachable();
}

std::string end_misfit(const StepFit& fit) {
  const bool is_source = fit.kept == Kept::kPositions;
  if (fit.fit == Fit::kOrphaned) {
    return fmt::format("it does not {} {}", is_source ? "read" : "write", fit.step);
  }
  CHECK(fit.fit == Fit::kNew);
  return fmt::format("the job is finished and never {} {}", is_source ? "read" : "wrote", fit.step);
}

Error misfit(const Manifest& from, const std::string& what) {
  return user_error(fmt::format(
      "the state of job {} does not fit this script: {}; run the script that the state belongs to, "
      "or begin afresh with another state folder, or without the savepoint",
      from.script, what));
}

Status check_all(const Manifest& from, const std::vector<StepFit>& fits) {
  for (const StepFit& fit : fits) {
    if (fit.fit == Fit::kKept) continue;
    return misfit(from, fit.kept == Kept::kRows ? table_misfit(fit) : end_misfit(fit));
  }
  return {};
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

std::vector<StepFit> fit_of(const Manifest& from, const Plan& plan,
                            const std::vector<DeclaredTable>& planned) {
  std::vector<StepFit> fits = changed_ends(from, plan);
  for (StepFit& table : fit_of_tables(from, planned)) fits.push_back(std::move(table));
  return fits;
}

Status check_fit(const Manifest& from, const Plan& plan,
                 const std::vector<DeclaredTable>& planned) {
  TRY(check_all(from, fit_of(from, plan, planned)));
  if (from.key_groups == plan.key_groups) return {};
  return misfit(from, fmt::format("it has {} key groups, the state has {}", plan.key_groups,
                                  from.key_groups));
}

Status check_ends(const Manifest& from, const Plan& plan) {
  return check_all(from, changed_ends(from, plan));
}

}  // namespace weir
