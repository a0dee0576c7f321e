// What may happen next in a World.
#include "engine/base/check.h"
#include "tests/engine/protocol/world.h"

#include <algorithm>

namespace weir {

namespace {

bool is_listed(const std::vector<Choice>& list, uint32_t coordinator) {
  return std::any_of(list.begin(), list.end(), [&](const Choice& choice) {
    return choice.kind == Choice::kWake && choice.at == coordinator;
  });
}

}  // namespace

std::vector<Choice> World::choices() const {
  std::vector<Choice> list;
  if (!violation_.empty()) return list;
  list_messages(list, false);
  list_work(list);
  // A calm world takes a checkpoint when rows have come since the last one, and else goes on.
  if (rows_taken_) list_wakes(list, false);
  list_takes(list);
  list_wakes(list, list.empty());
  list_messages(list, true);
  list_faults(list);
  return list;
}

void World::list_wakes(std::vector<Choice>& list, bool quiet) const {
  for (uint32_t i = 0; i < coordinators_.size(); ++i) {
    const Coordinator& coordinator = coordinators_[i];
    if (coordinator.stage != Coordinator::kRun) continue;
    const bool idle = coordinator.machine->phase() == checkpoint::Phase::kIdle;
    if (quiet || (idle && !is_listed(list, i))) list.push_back({Choice::kWake, i});
  }
}

bool World::may_take(const Task& task, uint32_t index, uint32_t input) const {
  if (!task.alive) return false;
  if (task.aligner.has_value()) {
    if (task.inputs[input].empty()) return false;
    if (!task.aligner->is_blocked(input)) return true;
    return !protections_.blocked_inputs &&
           std::holds_alternative<uint8_t>(task.inputs[input].front());
  }
  if (task.stopped || task.ended) return false;
  const auto& keys = shape_->keys[index];
  if (task.position == keys.size() || sinks_ == 0) return true;
  const Task& next = tasks_[shape_->sources() + keys[task.position] % sinks_];
  return next.inputs[index].size() < shape_->channel_room;
}

bool World::may_deliver(const Delivery& delivery) const {
  const Lane& lane = lanes_[delivery.slot];
  if (shape_->delivers_at_once) return true;
  switch (delivery.step) {
    case Delivery::kInit:
    case Delivery::kSend:
    case Delivery::kMark: return lane.may_init();
    case Delivery::kRead: return !protections_.stable_marker_read || lane.is_stable();
    case Delivery::kEnd: return true;
    case Delivery::kAwait: return false;
  }
  unreachable();
}

bool World::is_awaited(const Delivery& delivery) const {
  return std::any_of(network_.begin(), network_.end(), [&](const Message& message) {
    return message.kind == Message::kEnd && message.to == delivery.slot &&
           message.producer == delivery.producer && !message.late;
  });
}

void World::list_messages(std::vector<Choice>& list, bool late) const {
  const auto newest = static_cast<uint32_t>(coordinators_.size() - 1);
  for (uint32_t i = 0; i < network_.size(); ++i) {
    if (network_[i].late != late) continue;
    if (network_[i].kind != Message::kEvent) {
      list.push_back({Choice::kReceive, i});
      continue;
    }
    for (uint32_t c = 0; c <= newest; ++c) {
      if (coordinators_[c].stage != Coordinator::kRun) continue;
      if (c == newest || coordinators_[c].generation == network_[i].id.generation) {
        list.push_back({Choice::kReceive, i, c});
      }
    }
  }
}

void World::list_work(std::vector<Choice>& list) const {
  const auto newest = static_cast<uint32_t>(coordinators_.size() - 1);
  for (uint32_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].state() == Lane::State::kPrepare) list.push_back({Choice::kComplete, i});
    if (lanes_[i].is_finishing()) list.push_back({Choice::kFinish, i});
  }
  for (uint32_t i = 0; i < deliveries_.size(); ++i) {
    if (may_deliver(deliveries_[i])) list.push_back({Choice::kDeliver, i});
    if (deliveries_[i].step == Delivery::kAwait && !is_awaited(deliveries_[i])) {
      list.push_back({Choice::kRetryEnd, i});
    }
  }
  for (uint32_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].alive && !tasks_[i].uploads.empty()) list.push_back({Choice::kUpload, i});
  }
  for (uint32_t i = 0; i <= newest; ++i) {
    const Coordinator& coordinator = coordinators_[i];
    if (coordinator.stage == Coordinator::kGone) continue;
    if (coordinator.stage == Coordinator::kRun) {
      const bool lost = std::any_of(tasks_.begin(), tasks_.end(), [&](const Task& task) {
        return !task.alive || task.generation != coordinator.generation;
      });
      if (lost) list.push_back({Choice::kNotice, i});
      continue;
    }
    const auto replays = std::count_if(deliveries_.begin(), deliveries_.end(),
                                       [&](const auto& d) { return d.coordinator == i; });
    const auto owed = std::count(coordinator.replayed.begin(), coordinator.replayed.end(), false);
    const bool waits = coordinator.stage == Coordinator::kReplay && replays > 0 && replays == owed;
    if (!waits) list.push_back({Choice::kAdvance, i});
  }
}

void World::list_takes(std::vector<Choice>& list) const {
  for (uint32_t i = 0; i < tasks_.size(); ++i) {
    const uint32_t inputs = i < shape_->sources() ? 1 : shape_->sources();
    for (uint32_t input = 0; input < inputs; ++input) {
      if (may_take(tasks_[i], i, input)) list.push_back({Choice::kTake, i, input});
    }
  }
}

void World::list_faults(std::vector<Choice>& list) const {
  const auto newest = static_cast<uint32_t>(coordinators_.size() - 1);
  for (uint32_t i = 0; i < network_.size(); ++i) {
    if (left(Fault::kLoss)) list.push_back({Choice::kLose, i});
    if (left(Fault::kDelay) && !network_[i].late) list.push_back({Choice::kDelay, i});
    if (left(Fault::kRepeat) && !network_[i].late) list.push_back({Choice::kRepeat, i});
    if (left(Fault::kRefusal) && network_[i].kind == Message::kPutManifest) {
      list.push_back({Choice::kFail, i});
      list.push_back({Choice::kUnknown, i});
    }
  }
  for (uint32_t i = 0; i <= newest; ++i) {
    const Coordinator& coordinator = coordinators_[i];
    const bool waits = coordinator.stage == Coordinator::kRun &&
                       coordinator.machine->phase() != checkpoint::Phase::kIdle;
    if (left(Fault::kImpatience) && waits) list.push_back({Choice::kHurry, i});
  }
  if (coordinators_[newest].stage != Coordinator::kGone) {
    if (left(Fault::kCrash)) list.push_back({Choice::kCrash, newest});
    if (left(Fault::kTakeover)) list.push_back({Choice::kTakeover, newest});
    if (left(Fault::kPowerOff)) list.push_back({Choice::kPowerOff, newest});
    if (left(Fault::kStop) && coordinators_[newest].stage == Coordinator::kRun) {
      list.push_back({Choice::kStop, newest});
    }
  }
  for (uint32_t i = 0; i < tasks_.size(); ++i) {
    if (left(Fault::kKill) && tasks_[i].alive) list.push_back({Choice::kKill, i});
    const bool writes = tasks_[i].alive && !tasks_[i].uploads.empty();
    if (left(Fault::kFull) && writes && !tasks_[i].uploads.front().final) {
      list.push_back({Choice::kFull, i});
    }
  }
  for (uint32_t i = 0; i < deliveries_.size(); ++i) {
    if (left(Fault::kRefusal)) list.push_back({Choice::kRefuse, i});
    const bool may_linger = !deliveries_[i].coordinator.has_value() && !deliveries_[i].lingers;
    if (left(Fault::kLinger) && may_linger) list.push_back({Choice::kLinger, i});
  }
  for (uint32_t i = 0; i < lanes_.size(); ++i) {
    if (left(Fault::kTimeOut) && lanes_[i].state() == Lane::State::kOngoing) {
      list.push_back({Choice::kTimeOut, i});
    }
  }
}

}  // namespace weir
