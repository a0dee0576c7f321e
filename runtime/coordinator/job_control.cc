#include "runtime/coordinator/job_control.h"

#include "engine/base/fail_point.h"
#include "runtime/coordinator/recovery.h"
#include "runtime/messages/clock.h"
#include "state/savepoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kForeverMicros = int64_t{365} * 24 * 3600 * 1'000'000;

JobMachine::Job machine_job(const JobSetup& setup, const std::optional<Origin>& origin) {
  return {.parallelism = setup.options.parallelism,
          .savepoint = origin.has_value() ? origin->id : setup.savepoint_id,
          .old_leases_end_us = setup.old_leases_end_us,
          .settings = setup.settings};
}

}  // namespace

Result<std::unique_ptr<JobControl>> JobControl::begin(JobSetup setup, SnapshotStore& store,
                                                      ClusterPort port) {
  std::optional<Origin> origin;
  if (!setup.savepoint.empty() && !setup.savepoint_id.has_value()) {
    const Manifest manifest = TRY(read_savepoint(setup.savepoint));
    origin = {manifest.lineage, manifest.id};
  }
  std::unique_ptr<JobControl> control(
      new JobControl(std::move(setup), store, std::move(port), std::move(origin)));
  control->thread_ = std::thread([raw = control.get()] { raw->run(); });
  return control;
}

JobControl::JobControl(JobSetup setup, SnapshotStore& store, ClusterPort port,
                       std::optional<Origin> origin)
    : setup_(std::move(setup)),
      origin_(std::move(origin)),
      store_(store),
      port_(std::move(port)),
      history_(store, setup_.id),
      machine_(machine_job(setup_, origin_)) {
  view_.id = setup_.id;
  view_.name = setup_.graph.options.job_name;
  view_.submitted_at = setup_.submitted_at;
  view_.since = setup_.submitted_at;
  view_.parallelism = setup_.options.parallelism;
}

JobControl::~JobControl() { close(); }

void JobControl::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void JobControl::give(Mail mail) {
  const std::lock_guard lock(mutex_);
  mail_.push_back(std::move(mail));
  changed_.notify_all();
}

void JobControl::tell(decltype(job::Event::what) event) { give(std::move(event)); }

void JobControl::hear(WorkerId from, FromWorker report) { give(Report{from, std::move(report)}); }

bool JobControl::is_over() const {
  const std::lock_guard lock(mutex_);
  return thread_over_;
}

void JobControl::run() {
  step({{}, job::Tick{}});
  while (!over_) {
    std::optional<Mail> mail = next_mail();
    if (mail.has_value()) {
      handle(std::move(*mail));
    } else {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
    }
    tick();
    show();
  }
  const std::lock_guard lock(mutex_);
  thread_over_ = true;
}

// Absent: there is none, and somebody wants to know the time, or it is over.
std::optional<JobControl::Mail> JobControl::next_mail() {
  std::optional<int64_t> at = machine_.next_wakeup();
  if (LifeControl* life = running()) {
    const std::optional<int64_t> tick = life->next_wakeup();
    if (tick.has_value()) at = std::min(at.value_or(*tick), *tick);
  }
  std::unique_lock lock(mutex_);
  const auto has_news = [this] { return closed_ || !mail_.empty(); };
  if (at.has_value()) {
    const int64_t wait = std::clamp<int64_t>(*at - monotonic_micros(), 0, kForeverMicros);
    changed_.wait_for(lock, std::chrono::microseconds(wait), has_news);
  } else {
    changed_.wait(lock, has_news);
  }
  if (closed_ || mail_.empty()) return std::nullopt;
  Mail mail = std::move(mail_.front());
  mail_.pop_front();
  return mail;
}

void JobControl::tick() {
  const int64_t now = monotonic_micros();
  LifeControl* life = running();
  if (life != nullptr && life->next_wakeup().value_or(now + 1) <= now) {
    life->tick(now);
    follow_life();
  }
  if (machine_.next_wakeup().value_or(now + 1) <= now) step({{}, job::Tick{}});
}

void JobControl::handle(Mail mail) {
  if (auto* report = std::get_if<Report>(&mail)) return handle_report(*report);
  step({{}, std::get<decltype(job::Event::what)>(std::move(mail))});
}

void JobControl::handle_report(const Report& report) {
  const Generation generation = report.report.generation;
  const auto& what = report.report.what;
  if (std::holds_alternative<report::Dropped>(what)) {
    return step({generation, job::Dropped{report.from}});
  }
  if (running_ == nullptr || generation != machine_.generation()) return;
  const auto peer = std::find(running_->peers.begin(), running_->peers.end(), report.from);
  if (peer == running_->peers.end()) return;
  const PeerIndex index(static_cast<uint32_t>(peer - running_->peers.begin()));
  // What the tasks say when they are dropped comes after the life.
  if (running_->is_over && !std::holds_alternative<report::Progress>(what)) return;
  if (const auto* progress = std::get_if<report::Progress>(&what)) {
    return show_progress(index, *progress);
  }
  running_->control->hear(index, what, monotonic_micros());
  if (const auto* prepared = std::get_if<report::Prepared>(&what)) {
    show_memory(index, *prepared);
    step({generation, job::Prepared{report.from}});
  } else if (std::holds_alternative<report::Started>(what)) {
    step({generation, job::Started{report.from}});
  } else if (std::holds_alternative<report::Replayed>(what)) {
    FAIL_POINT("recovery.replayed");
    step({generation, job::Replayed{report.from}});
  } else if (const auto* failed = std::get_if<report::Failed>(&what)) {
    step({generation, job::WorkerFailed{report.from, failed->error}});
  } else if (const auto* task = std::get_if<report::TaskFailed>(&what)) {
    step({generation, job::WorkerFailed{report.from, task->error}});
  }
  follow_life();
}

LifeControl* JobControl::running() const {
  return running_ == nullptr || running_->is_over ? nullptr : running_->control.get();
}

// What has become of the life is told to the machine.
void JobControl::follow_life() {
  LifeControl* life = running();
  if (life == nullptr || life->checkpoints() == nullptr) return;
  const Generation generation = machine_.generation();
  note_checkpoints(*life->checkpoints());
  const std::optional<CheckpointId>& completed = life->checkpoints()->completed();
  if (completed.has_value() && completed != told_complete_) {
    told_complete_ = completed;
    {
      const std::lock_guard lock(mutex_);
      newest_ = completed;
    }
    step({generation, job::CheckpointCompleted{completed->epoch}});
  }
  const CheckpointEnd* end = life->ended();
  if (end == nullptr || running() == nullptr) return;
  if (end->status.ok()) {
    step({generation, job::LifeFinished{end->input_ended}});
  } else {
    step({generation, job::LifeFailed{end->status.error()}});
  }
}

void JobControl::step(job::Event event) {
  events_due_.push_back(std::move(event));
  if (stepping_) return;
  stepping_ = true;
  while (!events_due_.empty()) {
    const job::Event next = std::move(events_due_.front());
    events_due_.pop_front();
    for (const job::Action& action : machine_.step(next, monotonic_micros())) {
      std::visit([&](const auto& what) { perform(action.generation, what); }, action.what);
    }
  }
  stepping_ = false;
}

}  // namespace weir
