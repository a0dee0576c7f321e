// The coordinators of a World, and its store.
#include "engine/base/check.h"
#include "engine/base/match.h"
#include "tests/engine/protocol/world.h"

#include <algorithm>

namespace weir {

void World::add_coordinator() {
  coordinators_.push_back({});
  if (!protections_.fence_before_look) coordinators_.back().stage = Coordinator::kLook;
}

JobObjects World::objects() const {
  JobObjects objects;
  objects.fences = fences_;
  objects.commit_records = commit_records_;
  for (const auto& [generation, base] : bases_) objects.bases.insert(generation);
  for (const auto& [id, manifest] : manifests_) objects.manifests.insert(id);
  return objects;
}

void World::advance(uint32_t at) {
  Coordinator& coordinator = coordinators_[at];
  const bool fences_first = protections_.fence_before_look;
  switch (coordinator.stage) {
    case Coordinator::kFence:
      coordinator.generation = next_generation(objects());
      fences_.insert(coordinator.generation);
      coordinator.stage = Coordinator::kStop;
      return;
    case Coordinator::kStop:
      if (protections_.generation_check && workers_ > coordinator.generation) {
        coordinator.stage = Coordinator::kGone;
        return;
      }
      stop_tasks(coordinator.generation);
      coordinator.stage = fences_first ? Coordinator::kLook : Coordinator::kBase;
      return;
    case Coordinator::kLook:
      advance_look(coordinator);
      if (coordinator.stage == Coordinator::kGone) return;
      coordinator.stage = fences_first ? Coordinator::kBase : Coordinator::kFence;
      return;
    case Coordinator::kBase:
      bases_.emplace(coordinator.generation, coordinator.start->checkpoint);
      coordinator.stage = Coordinator::kLookAgain;
      return;
    case Coordinator::kLookAgain:
      if (protections_.second_look && stands_down(coordinator)) return;
      coordinator.stage = coordinator.start->replay ? Coordinator::kReplay : Coordinator::kDeploy;
      return;
    case Coordinator::kReplay: return advance_replay(at);
    case Coordinator::kDeploy: return deploy(coordinator);
    case Coordinator::kRun:
    case Coordinator::kGone: break;
  }
  unreachable();
}

void World::stop_tasks(Generation before) {
  workers_ = std::max(workers_, before);
  for (Task& task : tasks_) {
    if (task.generation < before) task.alive = false;
  }
  std::erase_if(deliveries_, [&](const Delivery& delivery) {
    return !delivery.coordinator.has_value() && !delivery.lingers &&
           delivery.id.generation < before;
  });
}

void World::advance_look(Coordinator& coordinator) {
  const JobObjects found = objects();
  const Generation mine =
      protections_.fence_before_look ? coordinator.generation : next_generation(found);
  const std::optional<Generation> last = last_run(found, mine);
  std::optional<CheckpointId> base;
  if (last.has_value()) base = bases_.at(*last);
  const Result<StartingPoint> start = starting_point(found, mine, base);
  coordinator.start = start.ok() ? *start : StartingPoint{};
  if (!start.ok() && !stands_down(coordinator)) violate(start.error().message);
}

// Whatever a coordinator misses may have been collected by somebody newer, for whom it is the past.
bool World::stands_down(Coordinator& coordinator) {
  if (!is_fenced(objects(), coordinator.generation)) return false;
  coordinator.stage = Coordinator::kGone;
  return true;
}

void World::advance_replay(uint32_t at) {
  Coordinator& coordinator = coordinators_[at];
  const CheckpointId id = *coordinator.start->checkpoint;
  if (!manifests_.contains(id) && stands_down(coordinator)) return;
  coordinator.replayed.resize(shape_->slots_of(id.generation));
  for (uint32_t slot = 0; slot < coordinator.replayed.size(); ++slot) {
    if (!coordinator.replayed[slot]) begin_delivery(id, slot, at);
  }
  const auto& replayed = coordinator.replayed;
  if (std::find(replayed.begin(), replayed.end(), false) != replayed.end()) return;
  commit_records_.insert(id);
  coordinator.stage = Coordinator::kDeploy;
}

void World::deploy(Coordinator& coordinator) {
  if (protections_.generation_check && workers_ > coordinator.generation) {
    coordinator.stage = Coordinator::kGone;
    return;
  }
  const std::optional<CheckpointId> from = coordinator.start->checkpoint;
  if (from.has_value() && !manifests_.contains(*from) && stands_down(coordinator)) return;
  if (from.has_value() && manifests_.at(*from).finished) {
    coordinator.stage = Coordinator::kGone;
    finished_ = true;
    return;
  }
  const Epoch base = from.has_value() ? from->epoch : Epoch(0);
  sinks_ = shape_->sinks_of(coordinator.generation);
  tasks_.clear();
  for (uint32_t i = 0; i < shape_->tasks_of(coordinator.generation); ++i) {
    tasks_.push_back(restore(i, coordinator.generation, from));
  }
  CheckpointMachine::Job job;
  job.base = {coordinator.generation, base};
  job.tasks = shape_->tasks_of(coordinator.generation);
  job.slots = shape_->slots_of(coordinator.generation);
  job.settings = {.interval_us = 10,
                  .max_alignment_us = 1'000,
                  .max_abandoned = shape_->max_abandoned,
                  .max_storing_us = 1'000,
                  .retry_first_us = 10,
                  .retry_max_us = 100,
                  .max_answer_us = 1'000,
                  .max_attempts = 3};
  coordinator.machine.emplace(job, now_us_);
  coordinator.begun_us = now_us_;
  coordinator.stage = Coordinator::kRun;
}

// A source goes on by itself; what was counted by key goes to whoever has the key now.
World::Task World::restore(uint32_t at, Generation generation, std::optional<CheckpointId> from) {
  Task task;
  task.alive = true;
  task.generation = generation;
  task.last = from.has_value() ? from->epoch : Epoch(0);
  const bool is_source = at < shape_->sources();
  if (is_source) {
    task.sent.resize(sinks_);
  } else {
    task.inputs.resize(shape_->sources());
    task.received.resize(shape_->sources());
    task.aligner.emplace(shape_->sources());
    task.aligner->cancel(task.last);
  }
  if (!from.has_value()) return task;
  const std::vector<Epoch>& reports = manifests_.at(*from).reports;
  for (uint32_t i = 0; i < reports.size(); ++i) {
    const bool counts = i >= shape_->sources() && !is_source;
    if (i != at && !counts) continue;
    const Snapshot* file = read_file({from->generation, reports[i]}, i);
    if (file == nullptr) return task;
    if (is_source) task.position = file->position;
    for (const auto& [key, count] : file->counts) {
      if (is_source || key % sinks_ == at - shape_->sources()) task.counts[key] = count;
    }
  }
  return task;
}

const World::Snapshot* World::read_file(CheckpointId id, uint32_t task) {
  const auto file = files_.find({id, task});
  if (file != files_.end()) return &file->second;
  violate("a manifest names a file that is not there");
  return nullptr;
}

void World::notice(uint32_t at) {
  for (uint32_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].alive && tasks_[i].generation == coordinators_[at].generation) continue;
    return hear(at, {{coordinators_[at].generation, Epoch(0)},
                     checkpoint::TaskFailed{TaskId(i), unavailable("the task is dead")}});
  }
}

void World::hear(uint32_t at, checkpoint::Event event) {
  Coordinator& coordinator = coordinators_[at];
  if (!protections_.generation_check) event.id.generation = coordinator.generation;
  CheckpointMachine& machine = *coordinator.machine;
  const CheckpointId before = machine.current();
  const checkpoint::Phase phase = machine.phase();
  if (event.id.generation == coordinator.generation) {
    if (const auto* finished = std::get_if<checkpoint::TaskFinished>(&event.what)) {
      coordinator.finals.emplace(finished->task.value(), event.id.epoch);
    }
    if (std::get_if<checkpoint::StopRequested>(&event.what)) coordinator.stopping = true;
  }
  const std::vector<checkpoint::Action> actions = machine.step(event, now_us_);
  if (machine.current() != before) coordinator.begun_us = now_us_;
  if (machine.phase() != phase) coordinator.orders = 0;
  for (const checkpoint::Action& action : actions) perform(at, action);
}

void World::perform(uint32_t at, const checkpoint::Action& action) {
  Coordinator& coordinator = coordinators_[at];
  const CheckpointId id = action.id;
  const auto tell_all = [&](Message::Kind kind, bool flag) {
    for (uint32_t i = 0; i < tasks_.size(); ++i)
      send({.kind = kind, .id = id, .to = i, .flag = flag});
  };
  std::visit(Match{
                 [&](const checkpoint::InjectBarriers& inject) {
                   tell_all(Message::kInject, inject.last);
                 },
                 [&](const checkpoint::CancelEpoch&) {
                   ++abandoned_;
                   ++coordinator.abandoned;
                   tell_all(Message::kCancel, false);
                 },
                 [&](const checkpoint::StoreManifest& store) {
                   coordinator.finished = store.finished;
                   send({.kind = Message::kPutManifest,
                         .id = id,
                         .manifest = {store.reports, store.finished}});
                 },
                 [&](const checkpoint::CommitOutput& order) {
                   ++coordinator.orders;
                   coordinator.abandoned = 0;
                   tell_all(Message::kCommit, false);
                   for (SlotIndex slot : order.slots) {
                     for (Message& message : network_) {
                       if (message.kind == Message::kCommit && message.id == id &&
                           message.to == shape_->task_of(slot.value())) {
                         message.flag = true;
                       }
                     }
                   }
                 },
                 [&](const checkpoint::WriteCommitRecord&) {
                   ++coordinator.orders;
                   send({.kind = Message::kPutRecord, .id = id});
                 },
                 [&](const checkpoint::Collect&) {
                   ++completed_;
                   collect(id);
                 },
                 [&](const checkpoint::Finished& finished) {
                   coordinator.stage = Coordinator::kGone;
                   for (Task& task : tasks_) {
                     if (task.generation == id.generation) task.alive = false;
                   }
                   finished_ = finished_ || finished.input_ended;
                   if (!finished.input_ended && *fences_.rbegin() == id.generation)
                     add_coordinator();
                 },
                 [&](const checkpoint::RecoverJob&) { recover(at); },
                 [&](const checkpoint::FailJob& fail) {
                   violate("the job failed: " + fail.reason.message);
                 },
             },
             action.what);
}

void World::check_newest(CheckpointId id) {
  const auto manifest = manifests_.find(id);
  if (manifest == manifests_.end()) return violate("output is committed before its manifest");
  const auto next = std::next(manifest);
  if (next != manifests_.end() && next->first.generation == id.generation) {
    violate("the epoch that is committed is not the newest of its generation");
  }
}

// The process begins the next generation, unless it finds that somebody else has done so.
void World::recover(uint32_t at) {
  if (stands_down(coordinators_[at])) return;
  coordinators_[at].stage = Coordinator::kGone;
  add_coordinator();
}

void World::put_manifest(const Message& message) {
  const auto [manifest, is_new] = manifests_.emplace(message.id, message.manifest);
  if (!is_new && !(manifest->second == message.manifest)) violate("a manifest was written twice");
  send_event(message.id, {{}, checkpoint::ManifestStored{}});
}

void World::collect(CheckpointId id) {
  const Manifest& kept = manifests_.at(id);
  std::erase_if(manifests_, [&](const auto& entry) { return entry.first < id; });
  std::erase_if(commit_records_, [&](CheckpointId other) { return other < id; });
  std::erase_if(files_, [&](const auto& entry) {
    const FileName& name = entry.first;
    const bool names_it =
        name.id.generation == id.generation && name.id.epoch == kept.reports[name.task];
    return name.id < id && !names_it;
  });
}

}  // namespace weir
