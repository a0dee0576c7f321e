#include "runtime/coordinator/recovery.h"

#include "engine/base/fail_point.h"
#include "runtime/coordinator/state_fit.h"

#include <fmt/format.h>

#include <map>
#include <random>
#include <set>

namespace weir {
namespace {

// The steps of the plan that read tables, and those that write them.
struct Ends {
  std::set<std::string> sources;
  std::map<std::string, const SinkSpec*> sinks;
};

Ends ends_of(const Plan& plan) {
  Ends ends;
  for (const ChainPlan& chain : plan.chains) {
    for (const StagePlan& stage : chain.stages) {
      if (std::holds_alternative<SourceSpec>(stage.spec)) ends.sources.insert(stage.id);
      const auto* sink = std::get_if<SinkSpec>(&stage.spec);
      if (sink != nullptr) ends.sinks.emplace(stage.id, sink);
    }
  }
  return ends;
}

// A job that is finished reads nothing more, so a script that wants more is another one.
Status check_ends(const Manifest& from, const Ends& ends) {
  std::set<std::string> read;
  std::set<std::string> written;
  for (const TaskSnapshot& task : from.tasks) {
    if (!task.source.empty()) read.insert(task.source);
  }
  for (const SlotOutput& slot : from.slots) written.insert(slot.sink);
  for (const std::string& source : read) {
    if (!ends.sources.contains(source)) return misfit(from, "it does not read " + source);
  }
  for (const std::string& sink : written) {
    if (!ends.sinks.contains(sink)) return misfit(from, "it does not write " + sink);
  }
  if (!from.finished) return {};
  for (const std::string& source : ends.sources) {
    if (!read.contains(source)) return misfit(from, "the job is finished and never read " + source);
  }
  for (const auto& [sink, spec] : ends.sinks) {
    if (!written.contains(sink)) return misfit(from, "the job is finished and never wrote " + sink);
  }
  return {};
}

}  // namespace

Result<std::optional<RecoveryPoint>> look_back(JobHistory& history, const Plan& plan,
                                               Generation generation) {
  std::optional<RecoveryPoint> point = TRY(history.look(generation));
  if (!point.has_value()) return point;
  FAIL_POINT("recovery.looked");
  TRY(check_ends(point->manifest, ends_of(plan)));
  return point;
}

std::string new_lineage() {
  std::random_device entropy;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", entropy(), entropy(), entropy(), entropy());
}

}  // namespace weir
