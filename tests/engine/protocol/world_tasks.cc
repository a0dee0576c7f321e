// The tasks of a World.
#include "engine/base/check.h"
#include "tests/engine/protocol/world.h"

#include <algorithm>

namespace weir {

void World::take(uint32_t at, uint32_t input) {
  if (at < shape_->sources()) return read_row(at);
  Task& task = tasks_[at];
  const auto item = task.inputs[input].front();
  task.inputs[input].pop_front();
  if (const uint8_t* key = std::get_if<uint8_t>(&item)) {
    ++task.received[input];
    count(task, *key);
  } else if (const Epoch* epoch = std::get_if<Epoch>(&item)) {
    task.aligner->barrier(input, *epoch);
  } else {
    task.aligner->ended(input);
  }
  const std::optional<Epoch> aligned = task.aligner->aligned();
  if (aligned.has_value()) snapshot(at, *aligned, false);
  if (task.aligner->all_ended()) finish_task(at, Epoch(task.aligner->last().value() + 1));
}

void World::read_row(uint32_t at) {
  rows_taken_ = true;
  Task& task = tasks_[at];
  const auto& keys = shape_->keys[at];
  if (task.position == keys.size()) {
    task.ended = true;
    forward(at, End{});
    return finish_task(at, Epoch(task.last.value() + 1));
  }
  const uint8_t key = keys[task.position++];
  if (sinks_ == 0) return count(task, key);
  const uint32_t sink = key % sinks_;
  ++task.sent[sink];
  tasks_[shape_->sources() + sink].inputs[at].push_back(key);
}

void World::count(Task& task, uint8_t key) { task.open.push_back({key, ++task.counts[key]}); }

void World::forward(uint32_t at, std::variant<uint8_t, Epoch, End> what) {
  for (uint32_t sink = 0; sink < sinks_; ++sink) {
    tasks_[shape_->sources() + sink].inputs[at].push_back(what);
  }
}

void World::snapshot(uint32_t at, Epoch epoch, bool final) {
  Task& task = tasks_[at];
  if (!task.open.empty()) {
    task.unsaved.push_back({{task.generation, epoch}, std::move(task.open)});
    task.open.clear();
  }
  task.uploads.push_back({epoch, {task.position, task.counts, task.unsaved, rows_of(at)}, final});
  if (!protections_.persist_before_ack) report(at, task.uploads.back());
}

void World::finish_task(uint32_t at, Epoch epoch) {
  tasks_[at].final = epoch;
  snapshot(at, epoch, true);
}

void World::upload(uint32_t at) {
  Task& task = tasks_[at];
  const Upload upload = std::move(task.uploads.front());
  task.uploads.pop_front();
  files_[{{task.generation, upload.epoch}, at}] = upload.snapshot;
  if (protections_.persist_before_ack) report(at, upload);
}

void World::fill_up(uint32_t at) {
  Task& task = tasks_[at];
  const CheckpointId id = {task.generation, task.uploads.front().epoch};
  task.uploads.pop_front();
  send_event(id, {{}, checkpoint::SnapshotFailed{TaskId(at), unavailable("full")}});
}

void World::report(uint32_t at, const Upload& upload) {
  const CheckpointId id = {tasks_[at].generation, upload.epoch};
  if (upload.final) {
    send_event(id, {{}, checkpoint::TaskFinished{TaskId(at), upload.snapshot.rows}});
  } else {
    send_event(id, {{}, checkpoint::SnapshotTaken{TaskId(at), upload.snapshot.rows}});
  }
}

std::vector<checkpoint::EdgeRows> World::rows_of(uint32_t at) const {
  std::vector<checkpoint::EdgeRows> rows;
  const Task& task = tasks_[at];
  for (uint32_t sink = 0; sink < task.sent.size(); ++sink) {
    rows.push_back({.edge = EdgeIndex(at * sinks_ + sink), .sent = task.sent[sink]});
  }
  for (uint32_t source = 0; source < task.received.size(); ++source) {
    const uint32_t edge = source * sinks_ + (at - shape_->sources());
    rows.push_back({.edge = EdgeIndex(edge), .received = task.received[source]});
  }
  return rows;
}

void World::tell_task(const Message& message) {
  if (message.to >= tasks_.size()) return;
  Task& task = tasks_[message.to];
  if (!task.alive) return;
  if (protections_.generation_check && message.id.generation != task.generation) return;
  switch (message.kind) {
    case Message::kInject: return inject(message.to, message);
    case Message::kCancel: return cancel(task, message.id.epoch);
    case Message::kCommit:
      if (message.id.epoch < task.ordered) return;
      task.ordered = message.id.epoch;
      std::erase_if(task.unsaved,
                    [&](const Sealed& sealed) { return sealed.id.epoch <= message.id.epoch; });
      if (message.flag) {
        begin_delivery(message.id, sinks_ == 0 ? message.to : message.to - shape_->sources(),
                       std::nullopt);
      }
      return;
    default: unreachable();
  }
}

void World::inject(uint32_t at, const Message& message) {
  Task& task = tasks_[at];
  if (task.final.has_value()) {
    if (task.uploads.empty()) report(at, {*task.final, {.rows = rows_of(at)}, true});
    return;
  }
  if (task.aligner.has_value() || message.id.epoch <= task.last) return;
  task.last = message.id.epoch;
  snapshot(at, task.last, false);
  forward(at, task.last);
  task.stopped = task.stopped || message.flag;
}

void World::cancel(Task& task, Epoch epoch) {
  if (task.aligner.has_value()) task.aligner->cancel(epoch);
  task.last = std::max(task.last, epoch);
  if (!protections_.kept_segments) task.unsaved.clear();
}

}  // namespace weir
