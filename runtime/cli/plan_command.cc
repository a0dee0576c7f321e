#include "engine/plan/plan.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/connectors.h"
#include "runtime/coordinator/state_fit.h"
#include "runtime/task/planned_tables.h"
#include "state/savepoint.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace weir {
namespace {

struct Fits {
  Manifest from;
  std::vector<StepFit> steps;
  Status whole;  // What a run would be told.
};

Status check_sources(const Manifest& from, const Plan& plan) {
  for (const ChainPlan& chain : plan.chains) {
    const StagePlan& first = chain.stages.front();
    const auto* source = std::get_if<SourceSpec>(&first.spec);
    if (source == nullptr) continue;
    for (const TaskSnapshot& task : from.tasks) {
      if (task.source == first.id) TRY(check_positions(*source, task.splits));
    }
  }
  return {};
}

Result<Fits> fits_of(const PlanArguments& arguments) {
  const JobGraph graph = TRY(load_job(arguments.file));
  const uint32_t parallelism = graph.options.parallelism.value_or(1);
  const Plan plan = make_plan(graph, {.parallelism = parallelism});
  Manifest from = TRY(read_savepoint(arguments.from));
  if (arguments.fork) from.slots.clear();
  const std::vector<DeclaredTable> tables = planned_tables(plan);
  Fits fits;
  fits.steps = fit_of(from, plan, tables);
  fits.whole = check_fit(from, plan, tables);
  if (fits.whole.ok()) fits.whole = check_sources(from, plan);
  fits.from = std::move(from);
  return fits;
}

std::string_view meaning_of_rows(Fit fit) {
  switch (fit) {
    case Fit::kKept: return "goes on with its state";
    case Fit::kReset: return "keeps something else now: its state would be lost";
    case Fit::kOrphaned: return "is not in the script: its state would be lost";
    case Fit::kNew: return "is not in the savepoint: it would begin without what came before";
  }
  unreachable();
}

std::string_view meaning(const StepFit& step) {
  const bool is_gone = step.fit == Fit::kOrphaned;
  switch (step.kept) {
    case Kept::kRows: return meaning_of_rows(step.fit);
    case Kept::kPositions:
      return is_gone ? "is not read by the script: how far it was read would be lost"
                     : "was never read by the job, which is finished";
    case Kept::kOutput:
      return is_gone ? "is not written by the script: how far it was written would be lost"
                     : "was never written by the job, which is finished";
  }
  unreachable();
}

std::string as_text(const Fits& fits) {
  size_t widest = 4;
  for (const StepFit& step : fits.steps) widest = std::max(widest, step.step.size());
  std::string out = fmt::format("{:<{}}  {:<8}  MEANING\n", "STEP", widest, "STATE");
  for (const StepFit& step : fits.steps) {
    out += fmt::format("{:<{}}  {:<8}  {}\n", step.step, widest, to_text(step.fit), meaning(step));
  }
  return fits.steps.empty() ? "no step of the script or of the savepoint keeps state\n" : out;
}

std::string as_json(const Fits& fits) {
  boost::json::array steps;
  for (const StepFit& step : fits.steps) {
    steps.push_back({{"step", step.step},
                     {"state", to_text(step.fit)},
                     {"planned", step.planned},
                     {"stored", step.stored}});
  }
  return boost::json::serialize(
             boost::json::object{{"savepoint_of", fits.from.script}, {"steps", steps}}) +
         "\n";
}

}  // namespace

int plan_command(const PlanArguments& arguments) {
  const Result<Fits> fits = fits_of(arguments);
  if (!fits.ok()) {
    print_error(fits.error());
    return exit_code(fits.error());
  }
  const int printed = print_result(arguments.json ? as_json(*fits) : as_text(*fits));
  if (printed != kExitDone) return printed;
  if (fits->whole.ok()) return kExitDone;
  print_error(fits->whole.error());
  return kExitFailed;
}

}  // namespace weir
