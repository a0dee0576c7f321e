#include "runtime/coordinator/checkpoint_control.h"

#include "engine/base/fail_point.h"
#include "engine/base/match.h"
#include "engine/plan/numbering.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

CheckpointMachine::Job machine_job(const Plan& plan, const CheckpointSetup& setup) {
  return {.base = setup.base,
          .tasks = static_cast<uint32_t>(task_places(plan).size()),
          .slots = static_cast<uint32_t>(slot_places(plan).size()),
          .settings = setup.settings};
}

}  // namespace

CheckpointControl::CheckpointControl(const Plan& plan, JobHistory& history, CheckpointSetup setup,
                                     Send send, int64_t now_us)
    : history_(history),
      setup_(std::move(setup)),
      send_(std::move(send)),
      key_groups_(plan.key_groups),
      parallelism_(plan.options.parallelism.value_or(1)),
      machine_(machine_job(plan, setup_), now_us),
      reports_(task_places(plan).size()),
      parent_(setup_.parent) {
  for (const SlotPlace& slot : slot_places(plan)) {
    slots_.push_back({.sink = slot.sink, .slot = slot.slot});
    slot_peers_.push_back(setup_.placement.at(slot.task.value()));
  }
}

void CheckpointControl::request_stop(int64_t now_us) {
  step({machine_.current(), checkpoint::StopRequested{}}, now_us);
}

void CheckpointControl::tick(int64_t now_us) {
  step({machine_.current(), checkpoint::Tick{}}, now_us);
}

void CheckpointControl::hear(const decltype(FromWorker::what)& report, int64_t now_us) {
  if (!names_ours(report)) {
    end_ = {.status = corrupt("a worker reports a task or a slot that the job does not have")};
    return;
  }
  if (const auto* taken = std::get_if<report::SnapshotTaken>(&report)) {
    take_in(*taken);
    if (taken->final) {
      began_us(id_of(taken->epoch), now_us);
      step({id_of(taken->epoch), checkpoint::TaskFinished{taken->task, taken->rows}}, now_us);
    } else {
      step({id_of(taken->epoch), checkpoint::SnapshotTaken{taken->task, taken->rows}}, now_us);
    }
  } else if (const auto* failed = std::get_if<report::SnapshotFailed>(&report)) {
    step({id_of(failed->epoch), checkpoint::SnapshotFailed{failed->task, failed->error}}, now_us);
  } else if (const auto* done = std::get_if<report::OutputCommitted>(&report)) {
    std::erase_if(slots_[done->slot.value()].sealed,
                  [&](const auto& sealed) { return sealed.id <= id_of(done->epoch); });
    step({id_of(done->epoch), checkpoint::OutputCommitted{done->slot}}, now_us);
  } else if (const auto* not_done = std::get_if<report::CommitFailed>(&report)) {
    step({id_of(not_done->epoch), checkpoint::CommitFailed{not_done->slot, not_done->error}},
         now_us);
  }
}

bool CheckpointControl::names_ours(const decltype(FromWorker::what)& report) const {
  const auto has_task = [this](TaskId task) { return task.value() < reports_.size(); };
  const auto has_slot = [this](SlotIndex slot) { return slot.value() < slots_.size(); };
  if (const auto* taken = std::get_if<report::SnapshotTaken>(&report)) {
    return has_task(taken->task) &&
           std::all_of(taken->outputs.begin(), taken->outputs.end(),
                       [&](const auto& output) { return has_slot(output.first); });
  }
  if (const auto* failed = std::get_if<report::SnapshotFailed>(&report)) {
    return has_task(failed->task);
  }
  if (const auto* done = std::get_if<report::OutputCommitted>(&report)) return has_slot(done->slot);
  if (const auto* undone = std::get_if<report::CommitFailed>(&report)) {
    return has_slot(undone->slot);
  }
  return true;
}

// What a task reports of its slots takes the place of what it said before.
void CheckpointControl::take_in(const report::SnapshotTaken& taken) {
  reports_[taken.task.value()][taken.epoch] = taken.snapshot;
  for (const auto& [slot, sealed] : taken.outputs) slots_[slot.value()].sealed = sealed;
}

void CheckpointControl::step(checkpoint::Event event, int64_t now_us) {
  events_.push_back(std::move(event));
  while (!events_.empty() && !end_.has_value()) {
    const checkpoint::Event next = std::move(events_.front());
    events_.pop_front();
    for (const checkpoint::Action& action : machine_.step(next, now_us)) {
      perform(action, now_us);
    }
  }
}

void CheckpointControl::perform(const checkpoint::Action& action, int64_t now_us) {
  std::visit(
      Match{
          [&](const checkpoint::InjectBarriers& barriers) {
            began_us(action.id, now_us);
            in_flight_.insert(action.id);
            order_all(order::Inject{action.id.epoch, barriers.last});
          },
          [&](const checkpoint::CancelEpoch& cancel) {
            ++totals_.given_up;
            const int64_t began = began_us(action.id, now_us);
            given_up_ = {action.id, began, now_us - began, cancel.reason};
            order_all(order::Cancel{action.id.epoch});
          },
          [&](const checkpoint::StoreManifest& order) { store_manifest(action.id, order, now_us); },
          [&](const checkpoint::CommitOutput& order) { commit(action.id, order.slots); },
          [&](const checkpoint::WriteCommitRecord&) { write_commit_record(action.id); },
          [&](const checkpoint::Collect&) {
            completed_ = action.id;
            // What could not be removed now is removed another time.
            (void)history_.collect(action.id.generation, in_flight_);
            FAIL_POINT("checkpoint.collected");
          },
          [&](const checkpoint::Finished& finished) {
            end_ = {.status = {}, .input_ended = finished.input_ended};
          },
          [&](const checkpoint::RecoverJob& recover) { end_ = {.status = recover.reason}; },
          [&](const checkpoint::FailJob& fail) { end_ = {.status = fail.reason}; },
      },
      action.what);
  if (end_.has_value()) FAIL_POINT("checkpoint.ended");
}

int64_t CheckpointControl::began_us(CheckpointId id, int64_t now_us) {
  return began_us_.try_emplace(id, now_us).first->second;
}

void CheckpointControl::store_manifest(CheckpointId id, const checkpoint::StoreManifest& order,
                                       int64_t now_us) {
  FAIL_POINT("checkpoint.manifest_due");
  const Manifest complete = manifest(id, order);
  const Status stored = history_.put_manifest(complete);
  FAIL_POINT("checkpoint.manifest_stored");
  if (!stored.ok()) {
    events_.push_back({id, checkpoint::ManifestUnknown{stored.error()}});
    return;
  }
  ++totals_.taken;
  const int64_t began = began_us(id, now_us);
  last_ = {.id = id, .began_us = began, .duration_us = now_us - began};
  for (const StoredObject& object : objects_of(complete)) last_->bytes += object.bytes;
  parent_ = id;
  began_us_.erase(began_us_.begin(), began_us_.upper_bound(id));
  in_flight_.erase(in_flight_.begin(), in_flight_.upper_bound(id));
  for (size_t i = 0; i < reports_.size(); ++i) {
    reports_[i].erase(reports_[i].begin(), reports_[i].lower_bound(order.reports[i]));
  }
  events_.push_back({id, checkpoint::ManifestStored{}});
}

Manifest CheckpointControl::manifest(CheckpointId id,
                                     const checkpoint::StoreManifest& order) const {
  Manifest manifest{.id = id,
                    .parent = parent_,
                    .lineage = setup_.lineage,
                    .script = setup_.script,
                    .key_groups = key_groups_,
                    .parallelism = parallelism_,
                    .finished = order.finished};
  for (size_t i = 0; i < reports_.size(); ++i) {
    manifest.tasks.push_back(reports_[i].at(order.reports[i]));
  }
  // Slots of earlier lives that this one did not open are closed: all that they sealed was
  // delivered before it began.
  manifest.slots = slots_;
  for (SlotOutput& slot : manifest.slots) {
    std::erase_if(slot.sealed, [&](const SlotOutput::Sealed& one) { return one.id > id; });
  }
  return manifest;
}

void CheckpointControl::commit(CheckpointId id, const std::vector<SlotIndex>& slots) {
  std::vector<order::Commit> orders(setup_.peers, order::Commit{.epoch = id.epoch});
  for (const SlotIndex slot : slots) {
    orders[slot_peers_[slot.value()].value()].slots.push_back(slot);
  }
  for (uint32_t peer = 0; peer < setup_.peers; ++peer) send_(PeerIndex(peer), orders[peer]);
}

void CheckpointControl::write_commit_record(CheckpointId id) {
  FAIL_POINT("checkpoint.committed_due");
  const Status marked = history_.put_committed(id);
  FAIL_POINT("checkpoint.committed");
  if (marked.ok()) {
    events_.push_back({id, checkpoint::CommitMarked{}});
  } else {
    events_.push_back({id, checkpoint::MarkFailed{marked.error()}});
  }
}

}  // namespace weir
