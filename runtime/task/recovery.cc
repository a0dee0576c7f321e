#include "runtime/task/recovery.h"

#include "engine/base/fail_point.h"

#include <fmt/format.h>

#include <map>
#include <random>
#include <set>

namespace weir {
namespace {

std::string new_lineage() {
  std::random_device entropy;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", entropy(), entropy(), entropy(), entropy());
}

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

// One sink after the other, since each knows by itself what it delivered before.
Status replay_output(JobHistory& history, Generation generation, const Manifest& from,
                     const Ends& ends, const ConnectorFactory& connectors) {
  for (const SlotOutput& slot : from.slots) {
    if (slot.sealed.empty()) continue;
    const SinkLane lane{.lineage = from.lineage,
                        .sink = slot.sink,
                        .slot = slot.slot,
                        .generation = generation,
                        .is_restored = true};
    const std::unique_ptr<Sink> sink = TRY(connectors.sink(*ends.sinks.at(slot.sink), lane));
    for (const SlotOutput::Sealed& sealed : slot.sealed) {
      std::string contents = TRY(history.read_object(sealed.contents));
      FAIL_POINT("recovery.delivery_due");
      TRY(sink->deliver(sealed.id, {.contents = std::move(contents), .rows = sealed.rows}));
      FAIL_POINT("recovery.delivered");
    }
  }
  return {};
}

}  // namespace

Error misfit(const Manifest& from, const std::string& what) {
  return user_error(fmt::format(
      "the state of job {} does not fit this script: {}; run the script that the state belongs to, "
      "or begin afresh with another state folder",
      from.script, what));
}

Result<Life> begin_life(JobHistory& history, const Plan& plan, const ConnectorFactory& connectors) {
  Life life{.generation = TRY(history.fence())};
  FAIL_POINT("recovery.fenced");
  std::optional<RecoveryPoint> point = TRY(history.look(life.generation));
  if (!point.has_value()) {
    TRY(history.write_base(life.generation, std::nullopt));
    FAIL_POINT("recovery.started_afresh");
    life.lineage = new_lineage();
    return life;
  }
  Manifest& from = point->manifest;
  FAIL_POINT("recovery.looked");
  const Ends ends = ends_of(plan);
  TRY(check_ends(from, ends));
  TRY(history.write_base(life.generation, from.id));
  FAIL_POINT("recovery.base_written");
  if (!point->committed) {
    TRY(replay_output(history, life.generation, from, ends, connectors));
    FAIL_POINT("recovery.replayed");
    TRY(history.put_committed(from.id));
    FAIL_POINT("recovery.committed");
  }
  life.lineage = from.lineage;
  life.from = std::move(from);
  return life;
}

}  // namespace weir
