#include "runtime/task/recovery.h"

#include "engine/base/fail_point.h"

#include <fmt/format.h>

#include <random>

namespace weir {
namespace {

std::string new_lineage() {
  std::random_device entropy;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", entropy(), entropy(), entropy(), entropy());
}

const SinkSpec* sink_of(const Plan& plan, const std::string& step) {
  for (const ChainPlan& chain : plan.chains) {
    for (const StagePlan& stage : chain.stages) {
      if (stage.id == step) return std::get_if<SinkSpec>(&stage.spec);
    }
  }
  return nullptr;
}

// One sink after the other, since each knows by itself what it delivered before.
Status replay_output(JobHistory& history, Generation generation, const Manifest& from,
                     const Plan& plan, const ConnectorFactory& connectors) {
  for (const SlotOutput& slot : from.slots) {
    if (slot.sealed.empty()) continue;
    const SinkSpec* spec = sink_of(plan, slot.sink);
    if (spec == nullptr) {
      return user_error(fmt::format(
          "output of job {} to {} is still to be delivered, and this script does not write it: run "
          "the script that the state belongs to",
          from.script, slot.sink));
    }
    const SinkLane lane{.lineage = from.lineage,
                        .sink = slot.sink,
                        .slot = slot.slot,
                        .generation = generation,
                        .is_restored = true};
    const std::unique_ptr<Sink> sink = TRY(connectors.sink(*spec, lane));
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
  TRY(history.write_base(life.generation, from.id));
  FAIL_POINT("recovery.base_written");
  if (!point->committed) {
    TRY(replay_output(history, life.generation, from, plan, connectors));
    FAIL_POINT("recovery.replayed");
    TRY(history.put_committed(from.id));
    FAIL_POINT("recovery.committed");
  }
  life.lineage = from.lineage;
  life.from = std::move(from);
  return life;
}

}  // namespace weir
