#include "engine/protocol/job.h"

#include "engine/base/check.h"
#include "engine/base/match.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

using job::Outcome;
using job::Phase;

namespace {

// The phases in which an event is heard; empty for events that are heard in all of them.
std::vector<Phase> phases_of(const job::Event& event) {
  using When = std::vector<Phase>;
  const When in_life = {Phase::kReplaying, Phase::kPreparing, Phase::kStarting, Phase::kRunning};
  return std::visit(Match{
                        [](const job::Granted&) -> When { return {Phase::kWaiting}; },
                        [](const job::NotYet&) -> When { return {Phase::kWaiting}; },
                        [](const job::WorkerLost&) -> When { return {}; },
                        [](const job::WorkerDead&) -> When { return {}; },
                        [](const job::StopRequested&) -> When { return {}; },
                        [](const job::CancelRequested&) -> When { return {}; },
                        [](const job::SavepointRequested&) -> When { return {}; },
                        [](const job::RescaleRequested&) -> When { return {}; },
                        [](const job::Fenced&) -> When { return {Phase::kFencing}; },
                        [](const job::Looked&) -> When { return {Phase::kLooking}; },
                        [](const job::BaseWritten&) -> When { return {Phase::kBasing}; },
                        [](const job::SavepointAdopted&) -> When { return {Phase::kBasing}; },
                        [](const job::FencesSeen&) -> When {
                          return {Phase::kConfirming, Phase::kAsking};
                        },
                        [](const job::CommitRecordWritten&) -> When { return {Phase::kMarking}; },
                        [](const job::StoreFailed&) -> When {
                          return {Phase::kFencing,    Phase::kLooking, Phase::kBasing,
                                  Phase::kConfirming, Phase::kMarking, Phase::kAsking};
                        },
                        [](const job::SavepointWritten&) -> When { return {Phase::kSaving}; },
                        [](const job::SavepointFailed&) -> When { return {Phase::kSaving}; },
                        [](const job::Prepared&) -> When { return {Phase::kPreparing}; },
                        [](const job::Started&) -> When { return {Phase::kStarting}; },
                        [](const job::Replayed&) -> When { return {Phase::kReplaying}; },
                        [&](const job::WorkerFailed&) -> When { return in_life; },
                        [](const job::Dropped&) -> When { return {}; },
                        [](const job::DeliveryOrdered&) -> When { return {Phase::kRunning}; },
                        [](const job::CheckpointCompleted&) -> When { return {Phase::kRunning}; },
                        [](const job::LifeFinished&) -> When { return {Phase::kRunning}; },
                        [](const job::LifeFailed&) -> When { return {Phase::kRunning}; },
                        [](const job::Tick&) -> When { return {}; },
                    },
                    event.what);
}

// Whether it speaks of a life.
bool has_generation(const job::Event& event) {
  return std::visit(
      []<typename What>(const What&) {
        return !std::is_same_v<What, job::Granted> && !std::is_same_v<What, job::NotYet> &&
               !std::is_same_v<What, job::WorkerLost> && !std::is_same_v<What, job::WorkerDead> &&
               !std::is_same_v<What, job::StopRequested> &&
               !std::is_same_v<What, job::CancelRequested> &&
               !std::is_same_v<What, job::SavepointRequested> &&
               !std::is_same_v<What, job::RescaleRequested> && !std::is_same_v<What, job::Tick>;
      },
      event.what);
}

}  // namespace

int64_t job::Pause::after(uint32_t failures) const {
  CHECK(failures > 0);
  return std::min(max_us, first_us << std::min(failures - 1, 20u));
}

JobMachine::JobMachine(const Job& job)
    : job_(job),
      parallelism_(job.parallelism),
      old_leases_over_(!job.old_leases_end_us.has_value()),
      wanted_(job.parallelism) {
  CHECK(job.parallelism > 0);
  CHECK(job.settings.restart_pause.first_us > 0);
  CHECK(job.settings.store_pause.first_us > 0);
}

std::vector<job::Action> JobMachine::step(const job::Event& event, int64_t now_us) {
  if (!begun_) wait();
  begun_ = true;
  if (!is_foreign(event)) hear(event, now_us);
  pass_time(now_us);
  return std::exchange(actions_, {});
}

// Of another life of the job, of a phase that is over, or of a worker that has nothing to do with
// this life: late, repeated, or sent by somebody who does not know yet that the world went on.
bool JobMachine::is_foreign(const job::Event& event) const {
  if (phase_ == Phase::kOver) return true;
  const std::vector<Phase> phases = phases_of(event);
  const bool in_phase = std::find(phases.begin(), phases.end(), phase_) != phases.end();
  if (!phases.empty() && !in_phase) return true;
  if (std::holds_alternative<job::Fenced>(event.what)) return event.generation <= generation_;
  if (const auto* dropped = std::get_if<job::Dropped>(&event.what)) {
    const auto worker = workers_.find(dropped->worker);
    return worker == workers_.end() || !worker->second.told.has_value() ||
           event.generation < worker->second.generation;
  }
  return has_generation(event) && event.generation != generation_;
}

void JobMachine::hear(const job::Event& event, int64_t now_us) {
  const auto hear_store = [&] { this->hear_store(event, now_us); };
  std::visit(
      Match{
          [&](const job::Granted& granted) {
            if (granted.workers.size() != parallelism_) return;  // Of what we wanted before.
            placement_ = granted.workers;
            trouble_.clear();
            call(Phase::kFencing);
          },
          [&](const job::NotYet& not_yet) {
            trouble_ = not_yet.reason;
            if (stop_) stop_requested(save_, now_us);
          },
          [&](const job::WorkerLost& lost) { this->lost(lost.worker, now_us); },
          [&](const job::WorkerDead& dead) { workers_.erase(dead.worker); },
          [&](const job::StopRequested& stop) { stop_requested(stop.save, now_us); },
          [&](const job::CancelRequested&) { cancel_requested(now_us); },
          [&](const job::SavepointRequested& savepoint) {
            savepoints_.push_back(savepoint.request);
          },
          [&](const job::RescaleRequested& rescale) { rescale_requested(rescale.parallelism); },
          [&](const job::Fenced&) { hear_store(); },
          [&](const job::Looked&) { hear_store(); },
          [&](const job::BaseWritten&) { hear_store(); },
          [&](const job::SavepointAdopted&) { hear_store(); },
          [&](const job::FencesSeen&) { hear_store(); },
          [&](const job::CommitRecordWritten&) { hear_store(); },
          [&](const job::StoreFailed& failed) { store_failed(failed.error, now_us); },
          [&](const job::SavepointWritten&) { end(*outcome_, {}, now_us); },
          [&](const job::SavepointFailed& failed) { end(*outcome_, failed.error, now_us); },
          [&](const job::Prepared& prepared) { answered(prepared.worker, now_us); },
          [&](const job::Started& started) { answered(started.worker, now_us); },
          [&](const job::Replayed& replayed) { answered(replayed.worker, now_us); },
          [&](const job::WorkerFailed& failed) { life_failed(failed.error, now_us); },
          [&](const job::Dropped& dropped) { workers_.erase(dropped.worker); },
          [&](const job::DeliveryOrdered& ordered) {
            for (WorkerId id : ordered.workers) {
              const auto worker = workers_.find(id);
              CHECK(worker != workers_.end());
              worker->second.delivering = true;
            }
          },
          [&](const job::CheckpointCompleted& complete) { completed(complete.epoch); },
          [&](const job::LifeFinished& finished) { life_finished(finished.input_ended, now_us); },
          [&](const job::LifeFailed& failed) { life_failed(failed.error, now_us); },
          [](const job::Tick&) {},
      },
      event.what);
}

void JobMachine::pass_time(int64_t now_us) {
  if (deadline_us_.has_value() && now_us >= *deadline_us_) {
    deadline_us_.reset();
    const auto failed = [&](const char* what) {
      std::string late;
      for (WorkerId worker : awaited_) late += fmt::format(" {}", worker.value());
      life_failed(unavailable(fmt::format("workers did not {} in time: generation={} workers={}",
                                          what, generation_.value(), late.substr(1))),
                  now_us);
    };
    switch (phase_) {
      case Phase::kFencing:
      case Phase::kLooking:
      case Phase::kBasing:
      case Phase::kConfirming:
      case Phase::kMarking:
      case Phase::kAsking: call(phase_); break;
      case Phase::kReplaying: failed("deliver the output of a checkpoint again"); break;
      case Phase::kPreparing: failed("make their tasks"); break;
      case Phase::kStarting: failed("restore and start their tasks"); break;
      case Phase::kPausing: wait(); break;
      case Phase::kWaiting: stop_requested(save_, now_us); break;
      case Phase::kStopping:
      case Phase::kRunning:
      case Phase::kSaving:
      case Phase::kEnding:
      case Phase::kOver: unreachable();
    }
  }
  if (phase_ != Phase::kStopping && phase_ != Phase::kEnding) return;
  if (!is_stopped(now_us)) return;
  if (phase_ == Phase::kEnding) return finish_end();
  call(Phase::kLooking);
}

std::optional<int64_t> JobMachine::next_wakeup() const {
  if (!begun_) return 0;
  std::optional<int64_t> next = deadline_us_;
  if (phase_ != Phase::kStopping && phase_ != Phase::kEnding) return next;
  const auto sooner = [&](int64_t at_us) { next = std::min(next.value_or(at_us), at_us); };
  if (!old_leases_over_) sooner(*job_.old_leases_end_us);
  for (const auto& [id, worker] : workers_) {
    if (worker.told.has_value() && !worker.lost) sooner(worker.told_us + job_.settings.max_drop_us);
  }
  return next;
}

void JobMachine::stop_requested(bool save, int64_t now_us) {
  if (outcome_.has_value()) return;
  stop_ = true;
  save_ = save_ || save;
  if (phase_ == Phase::kRunning) return take_last_if_wanted();
  if (phase_ == Phase::kPausing) return wait();
  // It does not get its slots.
  if (phase_ != Phase::kWaiting || trouble_.empty()) return;
  // Or not yet: workers that were the former coordinator's come to this one within their leases.
  const bool is_theirs = job_.old_leases_end_us.has_value() && generation_ == Generation();
  if (is_theirs && now_us < *job_.old_leases_end_us) {
    deadline_us_ = job_.old_leases_end_us;
    return;
  }
  end(Outcome::kStopped,
      unavailable("the job was waiting for slots and took no last checkpoint: it stopped at its "
                  "newest complete one, if there is one, whose output may not be delivered yet"),
      now_us);
}

void JobMachine::cancel_requested(int64_t now_us) {
  if (phase_ == Phase::kEnding) return;
  if (phase_ == Phase::kSaving) {
    return end(*outcome_, unavailable("the savepoint was not waited for: the job was cancelled"),
               now_us);
  }
  if (!outcome_.has_value()) end(Outcome::kCancelled, {}, now_us);
}

void JobMachine::rescale_requested(uint32_t parallelism) {
  CHECK(parallelism > 0);
  if (stop_ || outcome_.has_value()) return;
  wanted_ = parallelism;
  if (phase_ == Phase::kRunning) return take_last_if_wanted();
  if (phase_ == Phase::kWaiting && wanted_ != parallelism_) wait();
}

// What it may still do is thought of when its tasks are to be stopped.
void JobMachine::lost(WorkerId id, int64_t now_us) {
  const auto worker = workers_.find(id);
  if (worker != workers_.end()) worker->second.lost = true;
  if (std::find(placement_.begin(), placement_.end(), id) == placement_.end()) return;
  switch (phase_) {
    case Phase::kFencing:
    case Phase::kLooking:
    case Phase::kBasing:
    case Phase::kConfirming:
    case Phase::kMarking: displaced_ = true; return;
    case Phase::kStopping: return wait();
    case Phase::kReplaying:
    case Phase::kPreparing:
    case Phase::kStarting:
    case Phase::kRunning:
      return life_failed(unavailable(fmt::format("worker {} was lost: generation={}", id.value(),
                                                 generation_.value())),
                         now_us);
    case Phase::kWaiting:
    case Phase::kAsking:
    case Phase::kPausing:
    case Phase::kSaving:
    case Phase::kEnding:
    case Phase::kOver: return;
  }
  unreachable();
}

void JobMachine::run(int64_t now_us) {
  phase_ = Phase::kRunning;
  deadline_us_.reset();
  running_since_us_ = now_us;
  checkpoints_ = 0;
  act(job::Run{{generation_, from_.has_value() ? from_->epoch : Epoch(0)}});
  take_last_if_wanted();
}

void JobMachine::take_last_if_wanted() {
  CHECK(phase_ == Phase::kRunning);
  if (taking_last_ || (!stop_ && wanted_ == parallelism_)) return;
  taking_last_ = true;
  act(job::TakeLast{});
}

void JobMachine::completed(Epoch epoch) {
  from_ = {generation_, epoch};
  for (auto& [id, worker] : workers_) {
    if (worker.generation == generation_) worker.delivering = false;
  }
  if (++checkpoints_ >= job_.settings.good_checkpoints) failures_ = 0;
  if (savepoints_.empty()) return;
  act(job::WriteSavepoint{.checkpoint = *from_, .requests = std::exchange(savepoints_, {})});
}

void JobMachine::life_finished(bool input_ended, int64_t now_us) {
  CHECK(input_ended || taking_last_);
  if (!input_ended && !stop_) {
    act(job::EndLife{.again_us = now_us});
    drop_tasks(generation_, now_us);
    return wait();
  }
  outcome_ = input_ended ? Outcome::kFinished : Outcome::kStopped;
  if (!save_) return end(*outcome_, {}, now_us);
  CHECK(from_.has_value());
  phase_ = Phase::kSaving;
  act(job::WriteSavepoint{.checkpoint = *from_, .requests = {}, .last = true});
}

bool JobMachine::in_life() const {
  return phase_ == Phase::kReplaying || phase_ == Phase::kMarking || phase_ == Phase::kPreparing ||
         phase_ == Phase::kStarting || phase_ == Phase::kRunning || phase_ == Phase::kSaving;
}

void JobMachine::life_failed(const Error& error, int64_t now_us) {
  CHECK(in_life());
  const bool ran_well =
      phase_ == Phase::kRunning && now_us - running_since_us_ >= job_.settings.good_us;
  failures_ = ran_well ? 1 : failures_ + 1;
  switch (error.kind) {
    case ErrorKind::kUser:
    case ErrorKind::kBadData:
    case ErrorKind::kCorrupt: return end(Outcome::kFailed, error, now_us);
    case ErrorKind::kUnavailable:
    case ErrorKind::kFenced: break;  // By whom, shows when we ask.
  }
  if (job_.settings.restart_attempts == 0) return end(Outcome::kFailed, error, now_us);
  if (failures_ > job_.settings.restart_attempts) {
    return end(Outcome::kFailed,
               unavailable(fmt::format("the job failed {} times in a row, and is given up; the "
                                       "last time, generation={}, because: {}",
                                       failures_, generation_.value(), error.message)),
               now_us);
  }
  again_us_ = now_us + job_.settings.restart_pause.after(failures_);
  act(job::EndLife{.failure = error, .failures = failures_, .again_us = again_us_});
  drop_tasks(generation_, now_us);
  call(Phase::kAsking);
}

void JobMachine::end(Outcome outcome, std::optional<Error> error, int64_t now_us) {
  if (in_life()) {
    const bool failed = outcome == Outcome::kFailed;
    act(job::EndLife{.failure = failed ? error : std::nullopt, .failures = failures_});
  }
  outcome_ = outcome;
  error_ = std::move(error);
  // Whoever ran the job before is to complete no more checkpoints of it.
  const bool is_theirs = job_.old_leases_end_us.has_value() && generation_ == Generation();
  if (is_theirs && (outcome == Outcome::kStopped || outcome == Outcome::kCancelled)) {
    if (phase_ != Phase::kFencing) call(Phase::kFencing);
    return;
  }
  stop(Phase::kEnding, now_us);
}

void JobMachine::finish_end() {
  if (!savepoints_.empty()) {
    act(job::RefuseSavepoints{std::exchange(savepoints_, {}),
                              unavailable("the job has ended, and there is no checkpoint that "
                                          "was complete after the savepoint was asked for")});
  }
  act(job::Release{});
  act(job::Ended{*outcome_, error_});
  phase_ = Phase::kOver;
  placement_.clear();
  workers_.clear();
}

}  // namespace weir
