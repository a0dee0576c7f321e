#include "engine/plan/plan.h"
#include "runtime/cli/commands.h"
#include "runtime/coordinator/state_fit.h"
#include "runtime/task/planned_tables.h"
#include "state/job_history.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace weir {
namespace {

struct Fits {
  Manifest from;
  std::vector<StepFit> steps;
};

Result<Fits> fits_of(const PlanArguments& arguments) {
  const JobGraph graph = TRY(load_job(arguments.file));
  const uint32_t parallelism = graph.options.parallelism.value_or(1);
  const Plan plan = make_plan(graph, {.parallelism = parallelism});
  std::unique_ptr<SnapshotStore> store = TRY(open_savepoint(arguments.from));
  Fits fits{.from = TRY(read_savepoint(*store)), .steps = {}};
  fits.steps = fit_of(fits.from, planned_tables(plan));
  return fits;
}

bool loses_state(const StepFit& step) {
  return step.fit == Fit::kReset || step.fit == Fit::kOrphaned;
}

std::string_view meaning(Fit fit) {
  switch (fit) {
    case Fit::kKept: return "goes on with its state";
    case Fit::kReset: return "keeps something else now: its state would be lost";
    case Fit::kOrphaned: return "is not in the script: its state would be lost";
    case Fit::kNew: return "is not in the savepoint: it would begin without what came before";
  }
  unreachable();
}

std::string as_text(const Fits& fits) {
  size_t widest = 4;
  for (const StepFit& step : fits.steps) widest = std::max(widest, step.step.size());
  std::string out = fmt::format("{:<{}}  {:<8}  MEANING\n", "STEP", widest, "STATE");
  for (const StepFit& step : fits.steps) {
    out +=
        fmt::format("{:<{}}  {:<8}  {}\n", step.step, widest, to_text(step.fit), meaning(step.fit));
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
  const bool lost = std::any_of(fits->steps.begin(), fits->steps.end(), loses_state);
  return lost ? kExitFailed : kExitDone;
}

}  // namespace weir
