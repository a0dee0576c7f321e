// The checkpoint protocol.
//
//   Phase       Leaves when                  Then                        On time-out
//   ----------  ---------------------------  -------------------------- ---------------------------
//   idle        the interval has elapsed     next epoch: inject          (none)
//                                            barriers
//   aligning    every task has reported      store the manifest          abandon the epoch: tasks
//                                                                        release their inputs and
//                                                                        report what they wrote
//                                                                        again with the next; idle
//   storing     the manifest is stored       tell sinks to commit        outcome unknown: recover
//                                                                        the job, and look
//   committing  every slot has committed     write the CommitRecord      repeat the order; then
//                                                                        recover, which replays it
//   marking     the CommitRecord is written  idle; older epochs may be   repeat; a commit replayed
//                                            removed                     later does no harm
//
// One epoch in flight. An epoch that is abandoned, because a task cannot take part, because some do
// not report in time, or because it is certain that its manifest was not stored, is never taken up
// again: the next one has the next number. A failed task recovers the job in every phase; what
// recovery then finds depends only on what is durable (recovery.h).
//
// A life begins with short intervals, so that its first output does not wait for a whole one.
//
// A job ends with an epoch too: one that is stopped takes a last one at once, and when all tasks
// have finished, their final reports are the last epoch, without barriers.
#include "engine/protocol/checkpoint.h"

#include "engine/base/check.h"
#include "engine/base/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

namespace weir {

namespace checkpoint {
namespace {

// The one phase in which an event about the epoch in flight is heard; absent for events that are
// heard in all of them.
std::optional<Phase> phase_of(const Event& event) {
  using When = std::optional<Phase>;
  return std::visit(Match{
                        [](const SnapshotTaken&) -> When { return Phase::kAligning; },
                        [](const SnapshotFailed&) -> When { return Phase::kAligning; },
                        [](const ManifestStored&) -> When { return Phase::kStoring; },
                        [](const ManifestFailed&) -> When { return Phase::kStoring; },
                        [](const ManifestUnknown&) -> When { return Phase::kStoring; },
                        [](const OutputCommitted&) -> When { return Phase::kCommitting; },
                        [](const CommitFailed&) -> When { return Phase::kCommitting; },
                        [](const CommitMarked&) -> When { return Phase::kMarking; },
                        [](const MarkFailed&) -> When { return Phase::kMarking; },
                        [](const TaskFinished&) -> When { return {}; },
                        [](const StopRequested&) -> When { return {}; },
                        [](const TaskFailed&) -> When { return {}; },
                        [](const Tick&) -> When { return {}; },
                    },
                    event.what);
}

// The edges that lost or made rows, or "".
std::string describe_gaps(const std::map<EdgeIndex, EdgeRows>& edges) {
  std::string gaps;
  for (const auto& [edge, rows] : edges) {
    if (rows.sent == rows.received) continue;
    gaps += fmt::format(" edge={} sent={} received={}", edge.value(), rows.sent, rows.received);
  }
  return gaps;
}

template <typename Id>
std::string describe(const std::vector<Id>& ids) {
  std::string text;
  for (Id id : ids) text += fmt::format("{}{}", text.empty() ? "" : ",", id.value());
  return text;
}

}  // namespace

const char* to_text(Phase phase) {
  switch (phase) {
    case Phase::kIdle: return "idle";
    case Phase::kAligning: return "aligning";
    case Phase::kStoring: return "storing";
    case Phase::kCommitting: return "committing";
    case Phase::kMarking: return "marking";
    case Phase::kOver: return "over";
  }
  unreachable();
}

}  // namespace checkpoint

using checkpoint::Phase;

CheckpointMachine::CheckpointMachine(const Job& job, int64_t now_us)
    : job_(job),
      epoch_(job.base.epoch),
      tasks_(job.tasks),
      interval_us_(std::min(job.settings.first_interval_us, job.settings.interval_us)),
      next_start_us_(now_us + interval_us_) {
  CHECK(job.tasks > 0);
  CHECK(interval_us_ > 0);
  CHECK(job.settings.retry_first_us > 0);
}

std::vector<checkpoint::Action> CheckpointMachine::step(const checkpoint::Event& event,
                                                        int64_t now_us) {
  if (!is_foreign(event)) hear(event, now_us);
  pass_time(now_us);
  return std::exchange(actions_, {});
}

std::optional<int64_t> CheckpointMachine::next_wakeup() const {
  if (phase_ == Phase::kOver) return std::nullopt;
  return phase_ == Phase::kIdle ? next_start_us_ : deadline_us_;
}

// Of another life of the job, of an epoch that is not in flight, or of something that its phase has
// done already: late, repeated, or sent by somebody who does not know yet that the world went on.
bool CheckpointMachine::is_foreign(const checkpoint::Event& event) const {
  if (event.id.generation != job_.base.generation) return true;
  const std::optional<Phase> phase = checkpoint::phase_of(event);
  return phase.has_value() && (event.id.epoch != epoch_ || phase != phase_);
}

void CheckpointMachine::hear(const checkpoint::Event& event, int64_t now_us) {
  if (phase_ == Phase::kOver) return;
  const auto task_at = [&](TaskId id) -> Task& {
    CHECK(id.value() < tasks_.size());
    return tasks_[id.value()];
  };
  std::visit(Match{
                 [&](const checkpoint::SnapshotTaken& taken) {
                   task_at(taken.task).taken = {event.id.epoch, taken.rows};
                   store_if_aligned(now_us);
                 },
                 [&](const checkpoint::TaskFinished& finished) {
                   Task& task = task_at(finished.task);
                   if (!task.final.has_value()) task.final = {event.id.epoch, finished.rows};
                   if (all_finished()) next_start_us_ = std::min(next_start_us_, now_us);
                   if (phase_ == Phase::kAligning) store_if_aligned(now_us);
                 },
                 [&](const checkpoint::SnapshotFailed& failed) { abandon(failed.error); },
                 [&](const checkpoint::ManifestStored&) { commit(now_us); },
                 [&](const checkpoint::ManifestFailed& failed) { abandon(failed.error); },
                 [&](const checkpoint::ManifestUnknown& unknown) { recover(unknown.error); },
                 [&](const checkpoint::OutputCommitted& committed) {
                   CHECK(committed.slot.value() < committed_.size());
                   committed_[committed.slot.value()] = true;
                   mark_if_committed(now_us);
                 },
                 [&](const checkpoint::CommitFailed& failed) {
                   CHECK(failed.slot.value() < committed_.size());
                   if (!committed_[failed.slot.value()]) order_failed(failed.error, now_us);
                 },
                 [&](const checkpoint::CommitMarked&) { complete(); },
                 [&](const checkpoint::MarkFailed& failed) { order_failed(failed.error, now_us); },
                 [&](const checkpoint::StopRequested&) {
                   stopping_ = true;
                   next_start_us_ = std::min(next_start_us_, now_us);
                 },
                 [&](const checkpoint::TaskFailed& failed) { recover(failed.error); },
                 [](const checkpoint::Tick&) {},
             },
             event.what);
}

void CheckpointMachine::pass_time(int64_t now_us) {
  if (now_us < next_wakeup().value_or(INT64_MAX)) return;
  switch (phase_) {
    case Phase::kIdle: return begin(now_us);
    case Phase::kAligning:
      return abandon(unavailable(fmt::format(
          "cannot align the barriers of a checkpoint in time: generation={} epoch={} "
          "max_ms={} tasks that did not report={}",
          current().generation.value(), epoch_.value(), job_.settings.max_alignment_us / 1000,
          checkpoint::describe(tasks_awaited()))));
    case Phase::kStoring:
      return recover(unavailable(fmt::format(
          "cannot tell whether a manifest was stored: generation={} epoch={} max_ms={}",
          current().generation.value(), epoch_.value(), job_.settings.max_storing_us / 1000)));
    case Phase::kCommitting:
    case Phase::kMarking: return give_order(now_us);
    case Phase::kOver: return;
  }
  unreachable();
}

void CheckpointMachine::begin(int64_t now_us) {
  CHECK(phase_ == Phase::kIdle);
  phase_ = Phase::kAligning;
  epoch_ = Epoch(epoch_.value() + 1);
  interval_us_ = std::min(2 * interval_us_, job_.settings.interval_us);
  next_start_us_ = now_us + interval_us_;
  deadline_us_ = now_us + job_.settings.max_alignment_us;
  last_ = stopping_;
  for (Task& task : tasks_) task.taken.reset();
  if (!all_finished()) act(checkpoint::InjectBarriers{.last = last_});
  store_if_aligned(now_us);
}

const CheckpointMachine::Report* CheckpointMachine::report_of(const Task& task) const {
  if (task.taken.has_value()) return &*task.taken;
  return task.final.has_value() && task.final->epoch <= epoch_ ? &*task.final : nullptr;
}

bool CheckpointMachine::all_finished() const {
  return std::all_of(tasks_.begin(), tasks_.end(),
                     [](const Task& task) { return task.final.has_value(); });
}

void CheckpointMachine::store_if_aligned(int64_t now_us) {
  CHECK(phase_ == Phase::kAligning);
  checkpoint::StoreManifest manifest = {.finished = true};
  std::map<EdgeIndex, checkpoint::EdgeRows> edges;
  for (const Task& task : tasks_) {
    const Report* report = report_of(task);
    if (report == nullptr) return;
    manifest.reports.push_back(report->epoch);
    manifest.finished = manifest.finished && !task.taken.has_value();
    for (const checkpoint::EdgeRows& rows : report->rows) {
      checkpoint::EdgeRows& sum = edges.try_emplace(rows.edge, rows.edge).first->second;
      sum.sent += rows.sent;
      sum.received += rows.received;
    }
  }
  const std::string gaps = checkpoint::describe_gaps(edges);
  if (!gaps.empty()) {
    return fail(
        corrupt(fmt::format("rows were lost or made between tasks: generation={} epoch={}{}",
                            current().generation.value(), epoch_.value(), gaps)));
  }
  phase_ = Phase::kStoring;
  finished_ = manifest.finished;
  deadline_us_ = now_us + job_.settings.max_storing_us;
  act(std::move(manifest));
}

void CheckpointMachine::abandon(Error reason) {
  CHECK(phase_ == Phase::kAligning || phase_ == Phase::kStoring);
  ++abandoned_;
  phase_ = Phase::kIdle;
  const std::string text = reason.message;
  act(checkpoint::CancelEpoch{std::move(reason)});
  if (abandoned_ < job_.settings.max_abandoned) return;
  fail(
      user_error(fmt::format("{} checkpoints in a row were abandoned, and the job does not go on "
                             "without them; the last one, generation={} epoch={}, because: {}",
                             abandoned_, current().generation.value(), epoch_.value(), text)));
}

void CheckpointMachine::commit(int64_t now_us) {
  CHECK(phase_ == Phase::kStoring);
  phase_ = Phase::kCommitting;
  abandoned_ = 0;
  attempts_ = 0;
  committed_.assign(job_.slots, false);
  give_order(now_us);
  mark_if_committed(now_us);
}

void CheckpointMachine::mark_if_committed(int64_t now_us) {
  CHECK(phase_ == Phase::kCommitting);
  if (!slots_awaited().empty()) return;
  phase_ = Phase::kMarking;
  attempts_ = 0;
  give_order(now_us);
}

void CheckpointMachine::give_order(int64_t now_us) {
  CHECK(phase_ == Phase::kCommitting || phase_ == Phase::kMarking);
  if (attempts_ == job_.settings.max_attempts) {
    return recover(unavailable(fmt::format(
        "cannot commit the output of a checkpoint: generation={} epoch={} attempts={} slots={}: {}",
        current().generation.value(), epoch_.value(), attempts_,
        checkpoint::describe(slots_awaited()), trouble_)));
  }
  ++attempts_;
  deadline_us_ = now_us + job_.settings.max_answer_us;
  trouble_ = "no answer";
  if (phase_ == Phase::kMarking) return act(checkpoint::WriteCommitRecord{});
  act(checkpoint::CommitOutput{slots_awaited()});
}

void CheckpointMachine::order_failed(const Error& error, int64_t now_us) {
  switch (error.kind) {
    case ErrorKind::kUnavailable: {
      const uint32_t doublings = std::min(attempts_ - 1, 20u);
      const int64_t pause_us =
          std::min(job_.settings.retry_max_us, job_.settings.retry_first_us << doublings);
      deadline_us_ = std::min(deadline_us_, now_us + pause_us);
      trouble_ = error.message;
      return;
    }
    case ErrorKind::kFenced:  // By whom, shows when it asks for the next generation.
      return recover(error);
    case ErrorKind::kUser:
    case ErrorKind::kBadData:
    case ErrorKind::kCorrupt: return fail(error);
  }
  unreachable();
}

void CheckpointMachine::complete() {
  CHECK(phase_ == Phase::kMarking);
  act(checkpoint::Collect{});
  phase_ = Phase::kIdle;
  if (!finished_ && !last_) return;
  act(checkpoint::Finished{.input_ended = finished_});
  phase_ = Phase::kOver;
}

void CheckpointMachine::recover(Error reason) {
  act(checkpoint::RecoverJob{std::move(reason)});
  phase_ = Phase::kOver;
}

void CheckpointMachine::fail(Error reason) {
  act(checkpoint::FailJob{std::move(reason)});
  phase_ = Phase::kOver;
}

std::vector<TaskId> CheckpointMachine::tasks_awaited() const {
  std::vector<TaskId> awaited;
  if (phase_ != Phase::kAligning) return awaited;
  for (uint32_t i = 0; i < tasks_.size(); ++i) {
    if (report_of(tasks_[i]) == nullptr) awaited.push_back(TaskId(i));
  }
  return awaited;
}

std::vector<SlotIndex> CheckpointMachine::slots_awaited() const {
  std::vector<SlotIndex> awaited;
  if (phase_ != Phase::kCommitting) return awaited;
  for (uint32_t i = 0; i < committed_.size(); ++i) {
    if (!committed_[i]) awaited.push_back(SlotIndex(i));
  }
  return awaited;
}

}  // namespace weir
