// How the output of a World is delivered.
#include "engine/base/check.h"
#include "tests/engine/protocol/world.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

void World::begin_delivery(CheckpointId id, uint32_t slot, std::optional<uint32_t> coordinator) {
  for (const Delivery& other : deliveries_) {
    // An order that is repeated while it is carried out.
    const bool same = other.id.generation == id.generation && other.coordinator == coordinator;
    if (other.slot == slot && same) return;
  }
  const auto manifest = manifests_.find(id);
  if (manifest == manifests_.end()) return violate("output is committed before its manifest");
  if (!coordinator.has_value() && id.generation < workers_) {
    violate("an order of an earlier generation is obeyed");
  }
  const uint32_t task = shape_->task_of(slot);
  const Snapshot* file = read_file({id.generation, manifest->second.reports[task]}, task);
  if (file == nullptr) return;
  deliveries_.push_back(
      {.id = id, .slot = slot, .coordinator = coordinator, .segments = file->unsaved});
}

World::Task* World::task_that_delivers(const Delivery& delivery) {
  const uint32_t at = shape_->task_of(delivery.slot);
  if (delivery.coordinator.has_value() || at >= tasks_.size()) return nullptr;
  return tasks_[at].generation == delivery.id.generation ? &tasks_[at] : nullptr;
}

void World::deliver(uint32_t at) {
  Delivery& delivery = deliveries_[at];
  Lane& lane = lanes_[delivery.slot];
  const auto next = std::find_if(delivery.segments.begin(), delivery.segments.end(),
                                 [&](const Sealed& s) { return s.id > delivery.marker; });
  Lane::Answer answer = Lane::Answer::kDone;
  switch (delivery.step) {
    case Delivery::kInit:
      if (const Task* task = task_that_delivers(delivery); task && task->producer.has_value()) {
        delivery.producer = *task->producer;
        delivery.marker = task->marker;
        delivery.step = Delivery::kSend;
        return;
      }
      delivery.producer = lane.init();
      delivery.step = Delivery::kRead;
      return;
    case Delivery::kRead:
      delivery.marker = lane.marker();
      delivery.step = Delivery::kSend;
      return;
    case Delivery::kSend:
      if (next == delivery.segments.end()) return delivered(at);
      answer = lane.send(delivery.producer, *next);
      if (answer == Lane::Answer::kDone) delivery.step = Delivery::kMark;
      break;
    case Delivery::kMark:
      CHECK(next != delivery.segments.end());
      answer = lane.send_marker(delivery.producer, next->id);
      if (answer == Lane::Answer::kDone) delivery.step = Delivery::kEnd;
      break;
    case Delivery::kEnd:
      delivery.step = Delivery::kAwait;
      send({.kind = Message::kEnd, .to = delivery.slot, .producer = delivery.producer});
      return;
    case Delivery::kAwait: unreachable();
  }
  if (answer != Lane::Answer::kDone) delivery_failed(at, ErrorKind::kFenced);
}

void World::deliver_at_once(uint32_t at) {
  const Delivery delivery = deliveries_[at];
  Lane& lane = lanes_[delivery.slot];
  for (const Sealed& segment : delivery.segments) {
    const int producer = lane.init();
    if (segment.id <= lane.marker()) continue;
    CHECK(lane.send(producer, segment) == Lane::Answer::kDone);
    CHECK(lane.send_marker(producer, segment.id) == Lane::Answer::kDone);
    CHECK(lane.end(producer) == Lane::Answer::kDone);
    complete(delivery.slot);
    lane.finish();
  }
  delivered(at);
}

void World::end_transaction(const Message& message) {
  const Lane::Answer answer = lanes_[message.to].end(message.producer);
  for (uint32_t i = 0; i < deliveries_.size(); ++i) {
    const Delivery& delivery = deliveries_[i];
    if (delivery.slot != message.to || delivery.producer != message.producer) continue;
    if (delivery.step != Delivery::kAwait) continue;
    if (answer == Lane::Answer::kDone) return segment_delivered(i);
    if (answer == Lane::Answer::kAgain) return send(message);
    return delivery_failed(i, ErrorKind::kFenced);
  }
}

void World::segment_delivered(uint32_t at) {
  Delivery& delivery = deliveries_[at];
  const auto next = std::find_if(delivery.segments.begin(), delivery.segments.end(),
                                 [&](const Sealed& s) { return s.id > delivery.marker; });
  CHECK(next != delivery.segments.end());
  delivery.marker = next->id;
  delivery.step = protections_.fresh_producer_epoch ? Delivery::kInit : Delivery::kSend;
  Task* task = task_that_delivers(delivery);
  if (!protections_.fresh_producer_epoch && task != nullptr) {
    task->producer = delivery.producer;
    task->marker = delivery.marker;
  }
  if (std::next(next) == delivery.segments.end()) delivered(at);
}

void World::delivered(uint32_t at) {
  const Delivery delivery = deliveries_[at];
  deliveries_.erase(deliveries_.begin() + at);
  if (delivery.coordinator.has_value()) {
    coordinators_[*delivery.coordinator].replayed[delivery.slot] = true;
  } else {
    send_event(delivery.id, {{}, checkpoint::OutputCommitted{SlotIndex(delivery.slot)}});
  }
}

void World::delivery_failed(uint32_t at, ErrorKind kind) {
  const Delivery delivery = deliveries_[at];
  deliveries_.erase(deliveries_.begin() + at);
  if (!delivery.coordinator.has_value()) {
    // Never go on with an instance after an answer that says nothing.
    if (Task* task = task_that_delivers(delivery)) task->producer.reset();
    return send_event(delivery.id,
                      {{}, checkpoint::CommitFailed{SlotIndex(delivery.slot), {kind, "refused"}}});
  }
  Coordinator& coordinator = coordinators_[*delivery.coordinator];
  if (kind != ErrorKind::kFenced || !stands_down(coordinator)) return;
  std::erase_if(deliveries_,
                [&](const Delivery& d) { return d.coordinator == delivery.coordinator; });
}

void World::complete(uint32_t slot) {
  const Lane::Visible visible = lanes_[slot].complete();
  if (!visible.violation.empty()) violate(visible.violation);
  for (const OutputRow& row : visible.rows) {
    const uint16_t before = visible_[row.key]++;
    if (row.count <= before)
      violate(fmt::format("output doubled: key={} count={}", row.key, row.count));
    if (row.count > before + 1) {
      violate(fmt::format("output lost: key={} count={} after {}", row.key, row.count, before));
    }
  }
}

}  // namespace weir
