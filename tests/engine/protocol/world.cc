#include "tests/engine/protocol/world.h"

#include "engine/base/check.h"
#include "engine/base/match.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

namespace {

constexpr int kCalmSteps = 5'000;

// Number of the task or slot that an event speaks of.
uint64_t subject_of(const checkpoint::Event& event) {
  return std::visit(
      [](const auto& what) -> uint64_t {
        if constexpr (requires { what.task; }) return what.task.value();
        if constexpr (requires { what.slot; }) return what.slot.value();
        return 0;
      },
      event.what);
}

const char* name_of(const checkpoint::Event& event) {
  constexpr const char* kNames[] = {"SnapshotTaken",
                                    "TaskFinished",
                                    "SnapshotFailed",
                                    "ManifestStored",
                                    "ManifestFailed",
                                    "ManifestUnknown",
                                    "OutputCommitted",
                                    "CommitFailed",
                                    "CommitMarked",
                                    "MarkFailed",
                                    "StopRequested",
                                    "TaskFailed",
                                    "Tick"};
  return kNames[event.what.index()];
}

std::string text_of(CheckpointId id) {
  return fmt::format("{}/{}", id.generation.value(), id.epoch.value());
}

void put_event(std::string& key, const checkpoint::Event& event) {
  put(key, event.id);
  put(key, event.what.index());
  put(key, subject_of(event));
}

}  // namespace

uint32_t Shape::sinks_of(Generation generation) const {
  if (sinks == 0 || !rescales) return sinks;
  return static_cast<uint32_t>(1 + (sinks + generation.value()) % 3);
}

uint32_t Shape::slots_of(Generation generation) const {
  return sinks == 0 ? sources() : sinks_of(generation);
}

World::World(const Shape& shape, const Budget& budget, const Protections& protections)
    : shape_(&shape),
      protections_(protections),
      budget_(budget),
      lanes_(shape.sinks == 0 ? shape.sources() : std::max(shape.sinks, 3u)) {
  add_coordinator();
}

void World::violate(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

void World::send_event(CheckpointId id, checkpoint::Event event) {
  event.id = id;
  send({.kind = Message::kEvent, .id = id, .event = std::move(event)});
}

void World::receive(uint32_t at, uint32_t to) {
  const Message message = std::move(network_[at]);
  network_.erase(network_.begin() + at);
  switch (message.kind) {
    case Message::kInject:
    case Message::kCancel:
    case Message::kCommit: return tell_task(message);
    case Message::kPutManifest: return put_manifest(message);
    case Message::kPutRecord:
      commit_records_.insert(message.id);
      return send_event(message.id, {{}, checkpoint::CommitMarked{}});
    case Message::kEnd: return end_transaction(message);
    case Message::kEvent: return hear(to, *message.event);
  }
  unreachable();
}

void World::apply(const Choice& choice) {
  const uint32_t at = choice.at;
  switch (choice.kind) {
    case Choice::kReceive: return receive(at, choice.to);
    case Choice::kAdvance: return advance(at);
    case Choice::kNotice: return notice(at);
    case Choice::kWake:
      rows_taken_ = false;
      now_us_ = std::max(now_us_, *coordinators_[at].machine->next_wakeup());
      return hear(at, {{coordinators_[at].generation, Epoch(0)}, checkpoint::Tick{}});
    case Choice::kTake: return take(at, choice.to);
    case Choice::kUpload: return upload(at);
    case Choice::kDeliver: return shape_->delivers_at_once ? deliver_at_once(at) : deliver(at);
    case Choice::kRetryEnd:
      return send({.kind = Message::kEnd,
                   .to = deliveries_[at].slot,
                   .producer = deliveries_[at].producer});
    case Choice::kComplete: return complete(at);
    case Choice::kFinish: return lanes_[at].finish();
    default: return apply_fault(choice);
  }
}

void World::apply_fault(const Choice& choice) {
  const uint32_t at = choice.at;
  const auto pay = [&](Fault fault) { --budget_[static_cast<size_t>(fault)]; };
  switch (choice.kind) {
    case Choice::kLose:
      pay(Fault::kLoss);
      network_.erase(network_.begin() + at);
      return;
    case Choice::kRepeat:
      pay(Fault::kRepeat);
      send(network_[at]);
      network_.back().late = true;
      return;
    case Choice::kDelay:
      pay(Fault::kDelay);
      network_[at].late = true;
      return;
    case Choice::kCrash:
    case Choice::kPowerOff:
      pay(choice.kind == Choice::kCrash ? Fault::kCrash : Fault::kPowerOff);
      if (choice.kind == Choice::kPowerOff) {
        for (Task& task : tasks_) task.alive = false;
        std::erase_if(deliveries_, [](const Delivery& d) { return !d.coordinator.has_value(); });
      }
      std::erase_if(deliveries_, [&](const Delivery& d) { return d.coordinator == at; });
      coordinators_[at].stage = Coordinator::kGone;
      return add_coordinator();
    case Choice::kTakeover: pay(Fault::kTakeover); return add_coordinator();
    case Choice::kKill:
      pay(Fault::kKill);
      tasks_[at].alive = false;
      std::erase_if(deliveries_, [&](const Delivery& d) {
        return !d.coordinator.has_value() && d.id.generation == tasks_[at].generation &&
               shape_->task_of(d.slot) == at;
      });
      return;
    case Choice::kHurry: pay(Fault::kImpatience); return apply({Choice::kWake, at});
    case Choice::kFail:
    case Choice::kUnknown: {
      pay(Fault::kRefusal);
      const CheckpointId id = network_[at].id;
      if (choice.kind == Choice::kUnknown) {
        return send_event(id, {{}, checkpoint::ManifestUnknown{unavailable("unknown")}});
      }
      network_.erase(network_.begin() + at);
      return send_event(id, {{}, checkpoint::ManifestFailed{unavailable("full")}});
    }
    case Choice::kRefuse: pay(Fault::kRefusal); return delivery_failed(at, ErrorKind::kUnavailable);
    case Choice::kFull: pay(Fault::kFull); return fill_up(at);
    case Choice::kTimeOut: pay(Fault::kTimeOut); return lanes_[at].time_out();
    case Choice::kLinger:
      pay(Fault::kLinger);
      deliveries_[at].lingers = true;
      return;
    case Choice::kStop:
      pay(Fault::kStop);
      return hear(at, {{coordinators_[at].generation, Epoch(0)}, checkpoint::StopRequested{}});
    default: unreachable();
  }
}

void World::step_calmly() {
  const Budget budget = std::exchange(budget_, Budget{});
  const std::vector<Choice> all = choices();
  if (all.empty()) {
    violate("nothing happens any more, and the job has not finished");
  } else {
    apply(all.front());
  }
  budget_ = budget;
}

void World::calm_down(std::unordered_set<size_t>* known) {
  budget_ = {};
  const auto is_over = [&] {
    return finished_ && std::none_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
             return lane.state() == Lane::State::kPrepare;
           });
  };
  std::vector<size_t> path;  // Known from now on, if it comes to a good end.
  for (int i = 0; i < kCalmSteps && violation_.empty() && !is_over(); ++i) {
    if (known != nullptr) {
      path.push_back(std::hash<std::string>()(key()));
      if (known->contains(path.back())) return known->insert(path.begin(), path.end());
    }
    step_calmly();
  }
  if (!violation_.empty()) return;
  if (!is_over()) return violate("no epoch completes, although nothing fails any more");
  std::array<uint16_t, 16> expected = {};
  for (const auto& keys : shape_->keys) {
    for (uint8_t key : keys) ++expected[key];
  }
  if (visible_ != expected) return violate("the job has finished, and output is missing");
  if (known != nullptr) known->insert(path.begin(), path.end());
}

std::string World::describe(const Choice& choice) const {
  constexpr const char* kNames[] = {"receive",
                                    "advance coordinator",
                                    "notice: coordinator",
                                    "wake coordinator",
                                    "task takes",
                                    "task uploads",
                                    "delivery goes on",
                                    "delivery asks again",
                                    "broker completes lane",
                                    "group learns of lane",
                                    "LOSE",
                                    "DELAY",
                                    "REPEAT",
                                    "CRASH coordinator",
                                    "TAKEOVER of coordinator",
                                    "POWER OFF",
                                    "KILL task",
                                    "HURRY coordinator",
                                    "FAIL",
                                    "UNKNOWN",
                                    "REFUSE delivery",
                                    "FULL: task",
                                    "TIME OUT lane",
                                    "LINGER: delivery",
                                    "STOP coordinator"};
  constexpr const char* kMessages[] = {
      "inject", "cancel", "commit", "put manifest", "put record", "end of transaction", "event"};
  std::string text = fmt::format("{} {}", kNames[choice.kind], choice.at);
  switch (choice.kind) {
    case Choice::kReceive:
    case Choice::kLose:
    case Choice::kDelay:
    case Choice::kRepeat:
    case Choice::kFail:
    case Choice::kUnknown: {
      const Message& message = network_[choice.at];
      text +=
          fmt::format(": {} {} to {}", kMessages[message.kind], text_of(message.id), message.to);
      if (message.event.has_value()) {
        text += fmt::format(" {} of {}, coordinator {}", name_of(*message.event),
                            subject_of(*message.event), choice.to);
      }
      break;
    }
    case Choice::kAdvance:
      text += fmt::format(" stage {}", static_cast<int>(coordinators_[choice.at].stage));
      break;
    case Choice::kDeliver:
      text += fmt::format(" slot {} step {}", deliveries_[choice.at].slot,
                          static_cast<int>(deliveries_[choice.at].step));
      break;
    default: break;
  }
  return text;
}

void World::write_task_key(std::string& key, const Task& task) const {
  put(key, task.alive);
  if (!task.alive) return;
  put(key, task.generation.value());
  put(key, task.position);
  for (const auto& [name, count] : task.counts) put(key, name * 1000 + count);
  put(key, Sealed{{}, task.open});
  put(key, task.unsaved.size());
  for (const Sealed& sealed : task.unsaved) put(key, sealed);
  for (const auto& input : task.inputs) {
    put(key, input.size());
    for (const auto& item : input) {
      put(key, item.index());
      if (const uint8_t* row = std::get_if<uint8_t>(&item)) put(key, *row);
      if (const Epoch* epoch = std::get_if<Epoch>(&item)) put(key, epoch->value());
    }
  }
  if (task.aligner.has_value()) {
    for (size_t i = 0; i < task.inputs.size(); ++i) put(key, task.aligner->is_blocked(i));
    put(key, task.aligner->last().value());
    put(key, task.aligner->pending().value_or(Epoch(0)).value());
  }
  put(key, task.uploads.size());
  for (const Upload& upload : task.uploads) put(key, upload.epoch.value() * 2 + upload.final);
  put(key, task.last.value());
  put(key, task.ordered.value());
  put(key, task.stopped + 2 * task.ended);
  put(key, task.final.value_or(Epoch(0)).value());
  put(key, task.producer.value_or(0));
}

void World::write_coordinator_key(std::string& key, const Coordinator& coordinator) const {
  put(key, coordinator.stage);
  if (coordinator.stage == Coordinator::kGone) return;
  put(key, coordinator.generation.value());
  if (coordinator.start.has_value()) {
    put(key, coordinator.start->checkpoint.value_or(CheckpointId{}));
    put(key, coordinator.start->replay + 2 * coordinator.replaying);
  }
  for (bool replayed : coordinator.replayed) put(key, replayed);
  if (!coordinator.machine.has_value()) return;
  const CheckpointMachine& machine = *coordinator.machine;
  put(key, static_cast<uint64_t>(machine.phase()));
  put(key, machine.current());
  put(key, machine.tasks_awaited().size());
  for (TaskId task : machine.tasks_awaited()) put(key, task.value());
  put(key, machine.slots_awaited().size());
  for (SlotIndex slot : machine.slots_awaited()) put(key, slot.value());
  put(key, machine.next_wakeup().value_or(now_us_) - now_us_ + 5'000);
  put(key, now_us_ - coordinator.begun_us);
  put(key, coordinator.abandoned);
  put(key, coordinator.orders * 4 + coordinator.stopping * 2 + coordinator.finished);
  for (const auto& [task, epoch] : coordinator.finals) put(key, task * 1000 + epoch.value());
}

std::string World::key() const {
  std::string key;
  for (uint8_t left : budget_) put(key, left);
  std::vector<std::string> messages;
  for (const Message& message : network_) {
    std::string text;
    put(text, message.kind);
    put(text, message.id);
    put(text, message.to * 4 + message.flag * 2 + message.late);
    put(text, message.producer);
    for (Epoch report : message.manifest.reports) put(text, report.value());
    if (message.event.has_value()) put_event(text, *message.event);
    messages.push_back(std::move(text));
  }
  std::sort(messages.begin(), messages.end());
  for (const std::string& message : messages) key += message + "|";
  for (const Coordinator& coordinator : coordinators_) write_coordinator_key(key, coordinator);
  for (const Task& task : tasks_) write_task_key(key, task);
  for (const Lane& lane : lanes_) lane.write_key(key);
  put(key, deliveries_.size());
  for (const Delivery& delivery : deliveries_) {
    put(key, delivery.id);
    put(key, delivery.slot * 100 + delivery.coordinator.value_or(99));
    put(key, delivery.step * 1000 + delivery.producer * 2 + delivery.lingers);
    put(key, delivery.marker);
  }
  for (Generation fence : fences_) put(key, fence.value());
  for (const auto& [generation, base] : bases_) {
    put(key, generation.value());
    put(key, base.value_or(CheckpointId{}));
  }
  for (const auto& [id, manifest] : manifests_) {
    put(key, id);
    for (Epoch report : manifest.reports) put(key, report.value());
  }
  put(key, 0);
  for (CheckpointId id : commit_records_) put(key, id);
  for (const auto& [name, file] : files_) {
    put(key, name.id);
    put(key, name.task);
    put(key, file.position);
    for (const Sealed& sealed : file.unsaved) put(key, sealed);
  }
  put(key, workers_.value() * 4 + finished_ * 2 + rows_taken_);
  for (uint16_t count : visible_) put(key, count);
  return key;
}

}  // namespace weir
