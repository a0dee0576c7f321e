// The workers of a ClusterWorld.
#include "engine/base/check.h"
#include "tests/engine/protocol/cluster_world.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

ClusterWorld::Link* ClusterWorld::link_of(uint32_t worker) {
  for (Link& link : links_) {
    if (link.worker == worker && link.at_worker) return &link;
  }
  return nullptr;
}

const ClusterWorld::Link* ClusterWorld::link_of(uint32_t worker) const {
  return const_cast<ClusterWorld*>(this)->link_of(worker);
}

bool ClusterWorld::is_expired(const Worker& worker) const {
  if (!protections_.obeys_lease || !worker.lease.has_value()) return false;
  return worker.lease->expired(clock_of_workers());
}

void ClusterWorld::send_up(uint32_t at, Up message) {
  if (Link* link = link_of(at)) link->up.push_back(message);
}

// It has stopped all that it ran before.
void ClusterWorld::dial(uint32_t at) {
  Worker& worker = workers_[at];
  CHECK(!worker.tasks.has_value());
  CHECK(worker.deliveries.empty());
  worker.hello_us = clock_of_workers();
  const auto newest = static_cast<uint32_t>(coordinators_.size() - 1);
  links_.push_back({.coordinator = newest, .worker = at});
  const bool knows = worker.number.has_value() && worker.coordinator == newest;
  send_up(at, {.kind = Up::kHello, .number = knows ? worker.number->value() : 0});
  worker.number.reset();
  worker.coordinator = newest;
}

void ClusterWorld::hear_down(uint32_t link) {
  const Down message = links_[link].down.front();
  links_[link].down.pop_front();
  const uint32_t at = links_[link].worker;
  Worker& worker = workers_[at];
  const int64_t now_us = clock_of_workers();
  const bool is_past = message.generation <= worker.dropped;
  const bool is_mine = worker.tasks.has_value() && worker.tasks->generation == message.generation;
  switch (message.kind) {
    case Down::kWelcome:
      worker.number = WorkerId(message.number);
      worker.beats = 0;
      worker.lease.emplace(Lease::Settings{.lease_us = 30, .beat_us = 12}, worker.hello_us);
      return;
    case Down::kRenewed:
      if (!worker.lease.has_value()) return;
      if (!protections_.lease_from_sending && !is_expired(worker)) {
        worker.lease.emplace(Lease::Settings{.lease_us = 30, .beat_us = 12}, now_us);
      }
      return worker.lease->renewed(message.number, now_us);
    case Down::kDrop:
      drop(worker, message.generation);
      return send_up(at, {.kind = Up::kDropped, .generation = message.generation});
    case Down::kReplay:
      if (is_past) return;
      worker.deliveries.push_back({.manifest = *message.checkpoint,
                                   .generation = message.generation,
                                   .slots = message.places,
                                   .replay = true});
      return;
    case Down::kPrepare:
      if (!is_past && !is_mine) prepare(at, message);
      return;
    case Down::kStart:
      if (is_mine && !worker.tasks->started) start(at, message);
      return;
    case Down::kInject:
      if (is_mine && worker.tasks->started) inject(at, message);
      return;
    case Down::kCancel:
      if (!is_mine) return;
      for (Instance& instance : worker.tasks->instances) {
        instance.last = std::max(instance.last, Epoch(message.number));
      }
      return;
    case Down::kCommit:
      if (is_mine) commit(at, message);
      return;
  }
  unreachable();
}

void ClusterWorld::prepare(uint32_t at, const Down& message) {
  Tasks tasks = {.generation = message.generation,
                 .parallelism = message.parallelism,
                 .from = message.checkpoint};
  for (uint32_t place : message.places) tasks.instances.push_back({.index = place});
  workers_[at].tasks = std::move(tasks);
  send_up(at, {.kind = Up::kPrepared, .generation = message.generation});
}

void ClusterWorld::start(uint32_t at, const Down& message) {
  Tasks& tasks = *workers_[at].tasks;
  const auto manifest = tasks.from.has_value() ? manifests_.find(*tasks.from) : manifests_.end();
  if (tasks.from.has_value() && manifest == manifests_.end()) {
    if (!is_fenced(objects(), message.generation)) violate("a base has no manifest");
    return send_up(at, {.kind = Up::kFailed, .generation = message.generation});
  }
  for (Instance& instance : tasks.instances) {
    for (uint32_t split = 0; split < shape_->rows.size(); ++split) {
      if (split % tasks.parallelism == instance.index) instance.positions[split] = 0;
    }
    if (!tasks.from.has_value()) continue;
    instance.last = tasks.from->epoch;
    for (uint32_t i = 0; i < manifest->second.reports.size(); ++i) {
      const auto file = files_.find({{tasks.from->generation, manifest->second.reports[i]}, i});
      if (file == files_.end()) return violate("a manifest names a file that is not there");
      for (const auto& [split, position] : file->second.positions) {
        if (instance.positions.contains(split)) instance.positions[split] = position;
      }
    }
  }
  tasks.started = true;
  send_up(at, {.kind = Up::kStarted, .generation = message.generation});
}

bool ClusterWorld::has_row(const Worker& worker) const {
  if (!worker.tasks.has_value() || !worker.tasks->started || is_expired(worker)) return false;
  return std::any_of(
      worker.tasks->instances.begin(), worker.tasks->instances.end(),
      [](const Instance& instance) { return !instance.stopped && !instance.final.has_value(); });
}

// Of the first instance that has one; or it finds that there are no more.
void ClusterWorld::read_row(uint32_t at) {
  rows_taken_ = true;
  for (Instance& instance : workers_[at].tasks->instances) {
    if (instance.stopped || instance.final.has_value()) continue;
    for (auto& [split, position] : instance.positions) {
      if (position == shape_->rows[split]) continue;
      ++position;
      instance.open.push_back({static_cast<uint8_t>(split), position});
      return;
    }
    instance.final = Epoch(instance.last.value() + 1);
    return snapshot(at, instance, *instance.final);
  }
}

void ClusterWorld::inject(uint32_t at, const Down& message) {
  const Epoch epoch(message.number);
  for (Instance& instance : workers_[at].tasks->instances) {
    if (instance.final.has_value()) {
      send_up(at, {.kind = Up::kFinished,
                   .generation = message.generation,
                   .number = instance.final->value(),
                   .place = instance.index});
      continue;
    }
    if (epoch <= instance.last) continue;
    instance.last = epoch;
    instance.stopped = instance.stopped || message.last;
    snapshot(at, instance, epoch);
  }
}

// Writes what the report names, and reports.
void ClusterWorld::snapshot(uint32_t at, Instance& instance, Epoch epoch) {
  const Generation generation = workers_[at].tasks->generation;
  if (!instance.open.empty()) {
    instance.unsaved.push_back({{generation, epoch}, std::move(instance.open)});
    instance.open.clear();
  }
  files_[{{generation, epoch}, instance.index}] = {instance.positions, instance.unsaved};
  send_up(at, {.kind = instance.final.has_value() ? Up::kFinished : Up::kTaken,
               .generation = generation,
               .number = epoch.value(),
               .place = instance.index});
}

void ClusterWorld::commit(uint32_t at, const Down& message) {
  Worker& worker = workers_[at];
  const CheckpointId id = {message.generation, Epoch(message.number)};
  for (Instance& instance : worker.tasks->instances) {
    if (id.epoch < instance.ordered) continue;
    instance.ordered = id.epoch;
    std::erase_if(instance.unsaved,
                  [&](const Sealed& sealed) { return sealed.id.epoch <= id.epoch; });
    const auto& slots = message.places;
    if (std::find(slots.begin(), slots.end(), instance.index) == slots.end()) continue;
    const bool is_begun = std::any_of(
        worker.deliveries.begin(), worker.deliveries.end(), [&](const Delivery& delivery) {
          return delivery.generation == id.generation && delivery.slots.front() == instance.index;
        });
    if (is_begun) continue;
    worker.deliveries.push_back(
        {.manifest = id, .generation = id.generation, .slots = {instance.index}});
  }
}

void ClusterWorld::deliver(uint32_t at) {
  Worker& worker = workers_[at];
  Delivery& delivery = worker.deliveries.front();
  const uint32_t slot = delivery.slots.front();
  if (!delivery.marker.has_value()) {
    delivery.marker = markers_[slot];
    return;
  }
  write_output(delivery);
  const Up committed = {.kind = Up::kCommitted,
                        .generation = delivery.generation,
                        .number = delivery.manifest.epoch.value(),
                        .place = slot};
  delivery.marker.reset();
  delivery.slots.erase(delivery.slots.begin());
  const bool replay = delivery.replay;
  if (!delivery.slots.empty()) return;
  worker.deliveries.erase(worker.deliveries.begin());
  if (!replay) return send_up(at, committed);
  send_up(at, {.kind = Up::kReplayed, .generation = committed.generation});
}

void ClusterWorld::write_output(const Delivery& delivery) {
  const uint32_t slot = delivery.slots.front();
  if (delivery.generation < past_) {
    return violate(fmt::format("generation {} delivers when it is the past: {} has looked",
                               delivery.generation.value(), past_.value()));
  }
  const auto manifest = manifests_.find(delivery.manifest);
  if (manifest == manifests_.end()) return violate("output is delivered that no manifest names");
  const Epoch report = manifest->second.reports.at(slot);
  const auto file = files_.find({{delivery.manifest.generation, report}, slot});
  if (file == files_.end()) return violate("a manifest names a file that is not there");
  for (const Sealed& sealed : file->second.unsaved) {
    if (sealed.id <= *delivery.marker) continue;
    for (const OutputRow& row : sealed.rows) {
      const uint8_t before = visible_[row.key]++;
      if (row.count <= before) {
        violate(fmt::format("output doubled: split={} row={}", row.key, row.count));
      } else if (row.count > before + 1) {
        violate(fmt::format("output lost: split={} row={} after {}", row.key, row.count, before));
      }
    }
    markers_[slot] = sealed.id;
  }
}

void ClusterWorld::drop(Worker& worker, Generation generation) {
  worker.dropped = std::max(worker.dropped, generation);
  if (worker.tasks.has_value() && worker.tasks->generation <= generation) worker.tasks.reset();
  std::erase_if(worker.deliveries,
                [&](const Delivery& delivery) { return delivery.generation <= generation; });
}

// Whatever it runs, and forgets its connection.
void ClusterWorld::stop(uint32_t at) {
  Worker& worker = workers_[at];
  worker.tasks.reset();
  worker.deliveries.clear();
  worker.lease.reset();
  worker.hangs = false;
  worker.slow = false;
  if (Link* link = link_of(at)) {
    link->at_worker = false;
    link->down.clear();
  }
}

}  // namespace weir
