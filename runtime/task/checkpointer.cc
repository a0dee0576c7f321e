#include "runtime/task/checkpointer.h"

#include "engine/base/fail_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kRefreshMicros = int64_t{24} * 3600 * 1'000'000;  // Sink::refresh

int64_t monotonic_micros() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

CheckpointMachine::Job machine_job(const Plan& plan, const CheckpointSetup& setup) {
  CheckpointMachine::Job job{.base = setup.base, .tasks = 0, .settings = setup.settings};
  for (const ChainPlan& chain : plan.chains) {
    job.tasks += chain.parallelism;
    for (const StagePlan& stage : chain.stages) {
      if (std::holds_alternative<SinkSpec>(stage.spec)) job.slots += chain.parallelism;
    }
  }
  return job;
}

}  // namespace

Checkpointer::Checkpointer(const Plan& plan, const JobTasks& tasks, JobHistory& history,
                           CheckpointSetup setup, std::function<void()> wake_tasks,
                           std::function<void(CheckpointEnd)> ended)
    : history_(history),
      setup_(std::move(setup)),
      key_groups_(plan.key_groups),
      parallelism_(plan.options.parallelism.value_or(1)),
      wake_tasks_(std::move(wake_tasks)),
      ended_(std::move(ended)),
      machine_(machine_job(plan, setup_), monotonic_micros()),
      parent_(setup_.parent),
      refreshed_at_(monotonic_micros()) {
  for (const JobTasks::ByInstance& chain : tasks.chains()) {
    for (size_t i = 0; i < chain.size(); ++i) add_task(*chain[i], static_cast<uint32_t>(i));
  }
}

void Checkpointer::add_task(Task& task, uint32_t instance) {
  const std::vector<StagePlan>& stages = task.chain().stages;
  TaskEntry entry{
      .task = &task, .chain = stages.back().id, .instance = instance, .first_slot = slots_.size()};
  if (task.source() != nullptr) entry.source = stages[0].id;
  size_t next_sink = 0;  // A task has its sinks in the order of the stages.
  for (const StagePlan& stage : stages) {
    if (!std::holds_alternative<SinkSpec>(stage.spec)) continue;
    Slot& slot = slots_.emplace_back();
    slot.name = {.sink = stage.id, .slot = instance};
    slot.sink = &task.sinks()[next_sink++]->sink();
  }
  const size_t number = tasks_.size();
  tasks_.push_back(std::move(entry));
  const CheckpointId next{setup_.base.generation, Epoch(setup_.base.epoch.value() + 1)};
  task.take_checkpoints(next, setup_.with_state, [this, number](TaskCheckpoint taken) {
    const std::lock_guard lock(mutex_);
    mail_.push_back({.task = number, .taken = std::move(taken)});
    changed_.notify_one();
  });
}

Checkpointer::~Checkpointer() { close(); }

void Checkpointer::start() {
  thread_ = std::thread([this] { run(); });
}

void Checkpointer::request_stop() {
  const std::lock_guard lock(mutex_);
  mail_.push_back({});
  changed_.notify_one();
}

void Checkpointer::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::run() {
  while (!over_) {
    handle(next_mail());
    while (!events_.empty() && !over_) {
      const checkpoint::Event event = std::move(events_.front());
      events_.pop_front();
      for (const checkpoint::Action& action : machine_.step(event, monotonic_micros())) {
        perform(action);
      }
    }
  }
}

// Absent: there is none, and the machine wants to know the time, or it is over.
std::optional<Checkpointer::Mail> Checkpointer::next_mail() {
  std::unique_lock lock(mutex_);
  const auto has_news = [this] { return closed_ || !mail_.empty(); };
  if (const std::optional<int64_t> at = machine_.next_wakeup()) {
    const int64_t wait = std::max<int64_t>(*at - monotonic_micros(), 0);
    changed_.wait_for(lock, std::chrono::microseconds(wait), has_news);
  } else {
    changed_.wait(lock, has_news);
  }
  over_ = closed_;
  if (closed_ || mail_.empty()) return std::nullopt;
  Mail mail = std::move(mail_.front());
  mail_.pop_front();
  return mail;
}

void Checkpointer::handle(std::optional<Mail> mail) {
  if (!mail.has_value()) {
    events_.push_back({machine_.current(), checkpoint::Tick{}});
  } else if (!mail->taken.has_value()) {
    events_.push_back({machine_.current(), checkpoint::StopRequested{}});
  } else {
    FAIL_POINT("checkpoint.reported");
    keep_output(tasks_[mail->task], *mail->taken);
    const CheckpointId id{setup_.base.generation, mail->taken->epoch};
    events_.push_back(report(mail->task, *std::move(mail->taken), id));
  }
}

void Checkpointer::keep_output(const TaskEntry& entry, TaskCheckpoint& taken) {
  const CheckpointId id{setup_.base.generation, taken.epoch};
  for (size_t i = 0; i < taken.segments.size(); ++i) {
    Segment& segment = taken.segments[i];
    if (segment.contents.empty()) continue;
    slots_[entry.first_slot + i].undelivered.push_back({.id = id, .segment = std::move(segment)});
  }
}

// Makes durable what a task handed over for checkpoint `id`, and what failed to become it before.
checkpoint::Event Checkpointer::report(size_t task, TaskCheckpoint taken, CheckpointId id) {
  TaskEntry& entry = tasks_[task];
  const TaskId task_id(static_cast<uint32_t>(task));
  const Status stored = store(entry, taken);
  if (!stored.ok()) {
    if (taken.final) entry.unsaved = std::move(taken);
    return {id, checkpoint::SnapshotFailed{task_id, stored.error()}};
  }
  if (taken.final) return {id, checkpoint::TaskFinished{task_id, std::move(taken.rows)}};
  return {id, checkpoint::SnapshotTaken{task_id, std::move(taken.rows)}};
}

Status Checkpointer::store(TaskEntry& entry, TaskCheckpoint& taken) {
  const CheckpointId id{setup_.base.generation, taken.epoch};
  TaskSnapshot snapshot{.chain = entry.chain, .instance = entry.instance, .source = entry.source};
  for (auto& [table, signature] : entry.task->state().signatures()) {
    snapshot.tables.push_back({table, std::move(signature)});
  }
  snapshot.splits = taken.splits;
  snapshot.watermarks = taken.watermarks;
  in_flight_.insert(id);
  if (!taken.state.empty()) {
    snapshot.files.push_back(
        TRY(history_.put_file(id, entry.chain, entry.instance, "state", taken.state)));
  }
  for (size_t i = 0; i < entry.task->sinks().size(); ++i) {
    Slot& slot = slots_[entry.first_slot + i];
    for (Undelivered& output : slot.undelivered) {
      if (output.stored.has_value()) continue;
      output.stored = TRY(history_.put_file(output.id, entry.chain, entry.instance,
                                            "output." + slot.name.sink, output.segment.contents));
    }
  }
  FAIL_POINT("checkpoint.task_stored");
  entry.reports[taken.epoch] = std::move(snapshot);
  return {};
}

void Checkpointer::perform(const checkpoint::Action& action) {
  if (const auto* barriers = std::get_if<checkpoint::InjectBarriers>(&action.what)) {
    inject(action.id, barriers->last);
  } else if (std::holds_alternative<checkpoint::CancelEpoch>(action.what)) {
    ++given_up_;
    for (const TaskEntry& entry : tasks_) entry.task->cancel(action.id.epoch);
    wake_tasks_();
  } else if (const auto* manifest = std::get_if<checkpoint::StoreManifest>(&action.what)) {
    store_manifest(action.id, *manifest);
  } else if (const auto* output = std::get_if<checkpoint::CommitOutput>(&action.what)) {
    commit(action.id, output->slots);
  } else if (std::holds_alternative<checkpoint::WriteCommitRecord>(action.what)) {
    FAIL_POINT("checkpoint.committed_due");
    const Status marked = history_.put_committed(action.id);
    FAIL_POINT("checkpoint.committed");
    if (marked.ok())
      events_.push_back({action.id, checkpoint::CommitMarked{}});
    else
      events_.push_back({action.id, checkpoint::MarkFailed{marked.error()}});
  } else if (std::holds_alternative<checkpoint::Collect>(action.what)) {
    // What could not be removed now is removed another time.
    (void)history_.collect(action.id.generation, in_flight_);
    FAIL_POINT("checkpoint.collected");
    refresh_slots();
  } else if (const auto* finished = std::get_if<checkpoint::Finished>(&action.what)) {
    end({.status = {}, .input_ended = finished->input_ended});
  } else if (const auto* recover = std::get_if<checkpoint::RecoverJob>(&action.what)) {
    end({.status = recover->reason});
  } else {
    end({.status = std::get<checkpoint::FailJob>(action.what).reason});
  }
}

void Checkpointer::inject(CheckpointId id, bool last) {
  for (size_t i = 0; i < tasks_.size(); ++i) {
    tasks_[i].task->inject(id.epoch, last);
    std::optional<TaskCheckpoint> unsaved = std::exchange(tasks_[i].unsaved, std::nullopt);
    if (unsaved.has_value()) events_.push_back(report(i, *std::move(unsaved), id));
  }
  wake_tasks_();
  FAIL_POINT("checkpoint.injected");
}

void Checkpointer::store_manifest(CheckpointId id, const checkpoint::StoreManifest& order) {
  FAIL_POINT("checkpoint.manifest_due");
  const Status stored = history_.put_manifest(manifest(id, order));
  FAIL_POINT("checkpoint.manifest_stored");
  if (stored.ok()) {
    ++taken_;
    parent_ = id;
    in_flight_.erase(in_flight_.begin(), in_flight_.upper_bound(id));
    for (size_t i = 0; i < tasks_.size(); ++i) {
      auto& reports = tasks_[i].reports;
      reports.erase(reports.begin(), reports.lower_bound(order.reports[i]));
    }
    events_.push_back({id, checkpoint::ManifestStored{}});
  } else {
    events_.push_back({id, checkpoint::ManifestUnknown{stored.error()}});
  }
}

Manifest Checkpointer::manifest(CheckpointId id, const checkpoint::StoreManifest& order) const {
  Manifest manifest{.id = id,
                    .parent = parent_,
                    .lineage = setup_.lineage,
                    .script = setup_.script,
                    .key_groups = key_groups_,
                    .parallelism = parallelism_,
                    .finished = order.finished};
  for (size_t i = 0; i < tasks_.size(); ++i) {
    manifest.tasks.push_back(tasks_[i].reports.at(order.reports[i]));
  }
  manifest.slots = setup_.slots_before;
  for (const Slot& slot : slots_) {
    const auto known = std::find(manifest.slots.begin(), manifest.slots.end(), slot.name);
    SlotOutput& output =
        known == manifest.slots.end() ? manifest.slots.emplace_back(slot.name) : *known;
    for (const Undelivered& one : slot.undelivered) {
      if (one.id > id) break;
      output.sealed.push_back(
          {.id = one.id, .rows = one.segment.rows, .contents = one.stored.value()});
    }
  }
  return manifest;
}

void Checkpointer::commit(CheckpointId id, const std::vector<SlotIndex>& slots) {
  for (const SlotIndex index : slots) {
    Slot& slot = slots_[index.value()];
    Status delivered;
    while (!slot.undelivered.empty() && delivered.ok()) {
      const Undelivered& first = slot.undelivered.front();
      if (first.id > id) break;
      FAIL_POINT("checkpoint.delivery_due");
      delivered = slot.sink->deliver(first.id, first.segment);
      FAIL_POINT("checkpoint.delivered");
      if (delivered.ok()) slot.undelivered.erase(slot.undelivered.begin());
    }
    if (delivered.ok())
      events_.push_back({id, checkpoint::OutputCommitted{index}});
    else
      events_.push_back({id, checkpoint::CommitFailed{index, delivered.error()}});
  }
}

// What cannot be reached today is renewed tomorrow, long before it is forgotten. What is forgotten
// already ends the job: nobody may go on as if it were not.
void Checkpointer::refresh_slots() {
  const int64_t now = monotonic_micros();
  if (now - refreshed_at_ < kRefreshMicros) return;
  refreshed_at_ = now;
  for (const Slot& slot : slots_) {
    const Status renewed = slot.sink->refresh();
    if (!renewed.ok() && renewed.error().kind != ErrorKind::kUnavailable) {
      return end({.status = renewed.error()});
    }
  }
}

void Checkpointer::end(CheckpointEnd how) {
  FAIL_POINT("checkpoint.ended");
  over_ = true;
  ended_(std::move(how));
}

}  // namespace weir
