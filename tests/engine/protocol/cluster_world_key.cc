// A text that is equal exactly for ClusterWorlds that may go on in the same ways. Times are counted
// from now on, so that what happened earlier does not matter.
#include "tests/engine/protocol/cluster_world.h"

#include <algorithm>

namespace weir {

namespace {

void put_generation(std::string& key, Generation generation) { put(key, generation.value()); }

void put_time(std::string& key, int64_t time_us) { put(key, time_us + 100'000); }

void put_segments(std::string& key, const std::vector<Sealed>& segments) {
  put(key, segments.size());
  for (const Sealed& sealed : segments) put(key, sealed);
}

void put_positions(std::string& key, const std::map<uint32_t, uint8_t>& positions) {
  put(key, positions.size());
  for (const auto& [split, position] : positions) put(key, split * 100 + position);
}

void put_maybe(std::string& key, const std::optional<CheckpointId>& id) {
  put(key, id.value_or(CheckpointId{Generation(1000), {}}));
}

template <typename Id>
void put_all(std::string& key, const std::vector<Id>& ids) {
  put(key, ids.size());
  for (Id id : ids) put(key, id.value());
}

}  // namespace

void ClusterWorld::write_worker_key(std::string& key, const Worker& worker) const {
  const int64_t clock = clock_of_workers();
  put(key,
      worker.hangs + 8 * worker.slow + 2 * worker.lease.has_value() + 4 * worker.tasks.has_value());
  put_generation(key, worker.dropped);
  put(key, worker.coordinator * 100 + worker.number.value_or(WorkerId()).value());
  if (worker.lease.has_value()) {
    put_time(key, worker.lease->ends_us() - clock);
    put_time(key, worker.lease->next_wakeup() - clock);
    put(key, worker.beats);
  } else {
    put_time(key, worker.hello_us - clock);
  }
  put(key, worker.deliveries.size());
  for (const Delivery& delivery : worker.deliveries) {
    put(key, delivery.manifest);
    put_generation(key, delivery.generation);
    put(key, delivery.slots.size() * 100 + delivery.slots.front());
    put_maybe(key, delivery.marker);
  }
  if (!worker.tasks.has_value()) return;
  put_generation(key, worker.tasks->generation);
  put(key, worker.tasks->parallelism * 2 + worker.tasks->started);
  put_maybe(key, worker.tasks->from);
  for (const Instance& instance : worker.tasks->instances) {
    put(key, instance.index * 2 + instance.stopped);
    put_positions(key, instance.positions);
    put(key, Sealed{{}, instance.open});
    put_segments(key, instance.unsaved);
    put(key, instance.last.value());
    put(key, instance.ordered.value());
    put(key, instance.final.value_or(Epoch(0)).value());
  }
}

void ClusterWorld::write_link_key(std::string& key, const Link& link) {
  put(key, link.coordinator * 100 + link.worker);
  put(key, link.number.value());
  put(key, link.at_coordinator + 2 * link.at_worker + 4 * link.cut_up + 8 * link.cut_down);
  put(key, link.up.size());
  for (const Up& message : link.up) {
    put(key, message.kind + 16 * message.place);
    put_generation(key, message.generation);
    put(key, message.number);
  }
  put(key, link.down.size());
  for (const Down& message : link.down) {
    put(key, message.kind + 16 * message.last);
    put_generation(key, message.generation);
    put(key, message.number);
    put_maybe(key, message.checkpoint);
    put(key, message.parallelism * 10 + message.places.size());
    for (uint32_t place : message.places) put(key, place);
  }
}

void ClusterWorld::write_coordinator_key(std::string& key, const Coordinator& coordinator) const {
  put(key, coordinator.alive + 2 * coordinator.stalled + 4 * coordinator.ended +
               8 * coordinator.life.has_value());
  if (!coordinator.alive) return;
  put(key, coordinator.workers);
  put_time(key, coordinator.confirmed_us - now_us_);
  key += coordinator.cluster.state_text(now_us_);
  key += coordinator.job.state_text(now_us_);
  if (!coordinator.life.has_value()) return;
  const CheckpointMachine& life = *coordinator.life;
  put(key, static_cast<uint64_t>(life.phase()));
  put(key, life.current());
  put_all(key, life.tasks_awaited());
  put_all(key, life.slots_awaited());
  put_time(key, life.next_wakeup().value_or(now_us_) - now_us_);
  put_time(key, coordinator.begun_us - now_us_);
  put(key, coordinator.orders);
  for (const auto& [task, epoch] : coordinator.finals) put(key, task * 1000 + epoch.value());
}

void ClusterWorld::write_store_key(std::string& key) const {
  put(key, calls_.size());
  for (const Call& call : calls_) {
    put(key, call.kind + 8 * call.late + 16 * call.written + 32 * call.answer.has_value() +
                 64 * call.fenced + 128 * call.unheard);
    put(key, call.coordinator);
    put_generation(key, call.generation);
    put(key, call.answer.has_value() ? call.answer->generation.value() : 0);
    put(key, call.answer.has_value() ? call.answer->what.index() : 0);
    put_maybe(key, call.checkpoint);
    put_all(key, call.manifest.reports);
  }
  put(key, fences_.size());
  for (Generation fence : fences_) put_generation(key, fence);
  put(key, bases_.size());
  for (const auto& [generation, base] : bases_) {
    put_generation(key, generation);
    put_maybe(key, base);
  }
  put(key, manifests_.size());
  for (const auto& [id, manifest] : manifests_) {
    put(key, id);
    put_all(key, manifest.reports);
  }
  put(key, commit_records_.size());
  for (CheckpointId id : commit_records_) put(key, id);
  for (const auto& [name, file] : files_) {
    put(key, name.id);
    put(key, name.instance);
    put_positions(key, file.positions);
    put_segments(key, file.unsaved);
  }
}

std::string ClusterWorld::key() const {
  std::string key;
  for (uint8_t left : budget_) put(key, left);
  for (const Coordinator& coordinator : coordinators_) write_coordinator_key(key, coordinator);
  for (const Worker& worker : workers_) write_worker_key(key, worker);
  put(key, links_.size());
  for (const Link& link : links_) write_link_key(key, link);
  put(key, strays_.size());
  for (const Stray& stray : strays_) {
    put(key, stray.coordinator * 100 + stray.number.value());
    put(key, stray.message.kind + 16 * stray.message.place);
    put_generation(key, stray.message.generation);
    put(key, stray.message.number);
  }
  write_store_key(key);
  for (const auto& [slot, marker] : markers_) put(key, marker);
  for (uint8_t rows : visible_) put(key, rows);
  put_generation(key, past_);
  put(key, parallelism_ * 4 + finished_ * 2 + rows_taken_);
  return key;
}

}  // namespace weir
