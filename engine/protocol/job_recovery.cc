// How a JobMachine begins a life: from waiting for slots until all tasks run.
#include "engine/base/check.h"
#include "engine/base/match.h"
#include "engine/protocol/job.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

using job::Outcome;
using job::Phase;

void JobMachine::wait() {
  CHECK(!calling_);
  parallelism_ = wanted_;
  placement_.clear();
  awaited_.clear();
  displaced_ = false;
  taking_last_ = false;
  deadline_us_.reset();
  trouble_.clear();
  phase_ = Phase::kWaiting;
  act(job::Want{parallelism_});
}

// Enters the phase with its call of the store, or makes that call again.
void JobMachine::call(Phase phase) {
  CHECK(!calling_);
  if (phase != phase_) store_failures_ = 0;
  phase_ = phase;
  calling_ = true;
  deadline_us_.reset();
  switch (phase) {
    case Phase::kFencing: {
      job::TakeFence fence;
      if (job_.savepoint.has_value()) fence.above = job_.savepoint->generation;
      return act(fence);
    }
    case Phase::kLooking: return act(job::Look{});
    case Phase::kBasing:
      if (!from_.has_value() && job_.savepoint.has_value()) return act(job::AdoptSavepoint{});
      return act(job::WriteBase{from_});
    case Phase::kConfirming:
    case Phase::kAsking: return act(job::LookAtFences{});
    case Phase::kMarking: return act(job::WriteCommitRecord{*from_});
    default: unreachable();
  }
}

void JobMachine::store_failed(const Error& error, int64_t now_us) {
  calling_ = false;
  switch (error.kind) {
    case ErrorKind::kUnavailable: break;
    case ErrorKind::kFenced:
      if (phase_ == Phase::kFencing) return end(Outcome::kStoodDown, {}, now_us);
      again_us_ = now_us + job_.settings.restart_pause.after(1);
      return call(Phase::kAsking);
    case ErrorKind::kUser:
    case ErrorKind::kBadData:
    case ErrorKind::kCorrupt: return end(Outcome::kFailed, error, now_us);
  }
  trouble_ = error.message;
  if (displaced_) return wait();
  deadline_us_ = now_us + job_.settings.store_pause.after(++store_failures_);
}

void JobMachine::hear_store(const job::Event& event, int64_t now_us) {
  calling_ = false;
  trouble_.clear();
  if (std::holds_alternative<job::Fenced>(event.what)) return fenced(event.generation, now_us);
  if (const auto* seen = std::get_if<job::FencesSeen>(&event.what)) {
    return fences_seen(*seen, now_us);
  }
  if (displaced_) return wait();
  if (const auto* looked = std::get_if<job::Looked>(&event.what)) {
    from_ = looked->checkpoint;
    replay_ = looked->checkpoint.has_value() && !looked->committed;
    last_ = looked->finished;
    return call(Phase::kBasing);
  }
  if (const auto* adopted = std::get_if<job::SavepointAdopted>(&event.what)) {
    from_ = adopted->checkpoint;
    return call(Phase::kConfirming);
  }
  if (std::holds_alternative<job::BaseWritten>(event.what)) return call(Phase::kConfirming);
  CHECK(std::holds_alternative<job::CommitRecordWritten>(event.what));
  if (last_) return end(Outcome::kFinished, {}, now_us);
  prepare(now_us);
}

void JobMachine::fenced(Generation generation, int64_t now_us) {
  generation_ = generation;
  if (outcome_.has_value()) return stop(Phase::kEnding, now_us);
  if (displaced_) return wait();
  stop(Phase::kStopping, now_us);
}

void JobMachine::fences_seen(const job::FencesSeen& seen, int64_t now_us) {
  const bool confirming = phase_ == Phase::kConfirming;
  if (seen.superseded && (seen.newer || !confirming)) return end(Outcome::kStoodDown, {}, now_us);
  if (displaced_) return wait();
  // By an older coordinator, which is the past and will notice.
  if (confirming && seen.newer) return wait();
  if (confirming) return replay_or_prepare(now_us);
  phase_ = Phase::kPausing;
  deadline_us_ = again_us_;
}

void JobMachine::stop(Phase phase, int64_t now_us) {
  phase_ = phase;
  calling_ = false;  // Nothing hears the answer any more, and nothing else will be asked.
  deadline_us_.reset();
  awaited_.clear();
  const bool fenced_first = phase == Phase::kStopping;
  drop_tasks(fenced_first ? Generation(generation_.value() - 1) : generation_, now_us);
}

// Of this generation and all before it.
void JobMachine::drop_tasks(Generation generation, int64_t now_us) {
  job::Drop drop;
  for (auto& [id, worker] : workers_) {
    if (worker.lost || worker.told >= worker.generation) continue;
    CHECK(worker.generation <= generation);
    worker.told = generation;
    worker.told_us = now_us;
    drop.workers.push_back(id);
  }
  if (!drop.workers.empty()) actions_.push_back({generation, std::move(drop)});
}

// Whether no worker runs anything of earlier lives that could be noticed.
bool JobMachine::is_stopped(int64_t now_us) {
  old_leases_over_ = old_leases_over_ || now_us >= *job_.old_leases_end_us;
  bool stopped = old_leases_over_;
  for (auto& [id, worker] : workers_) {
    const bool is_harmless = worker.lost && !worker.delivering && !job_.settings.waits_for_leases;
    stopped = stopped && is_harmless;
    if (worker.lost || now_us < worker.told_us + job_.settings.max_drop_us) continue;
    worker.told_us = now_us;
    act(job::GiveUp{id, unavailable(fmt::format("worker {} did not drop its tasks in time: "
                                                "generation={} max_ms={}",
                                                id.value(), worker.generation.value(),
                                                job_.settings.max_drop_us / 1000))});
  }
  return stopped;
}

void JobMachine::replay_or_prepare(int64_t now_us) {
  if (replay_) return replay(now_us);
  if (last_) return end(Outcome::kFinished, {}, now_us);
  prepare(now_us);
}

void JobMachine::replay(int64_t now_us) {
  phase_ = Phase::kReplaying;
  deadline_us_ = now_us + job_.settings.max_replay_us;
  const WorkerId worker = placement_.front();
  give(worker);
  workers_.at(worker).delivering = true;
  awaited_ = {worker};
  act(job::Replay{worker, *from_});
}

void JobMachine::prepare(int64_t now_us) {
  phase_ = Phase::kPreparing;
  deadline_us_ = now_us + job_.settings.max_prepare_us;
  awaited_ = {placement_.begin(), placement_.end()};
  for (WorkerId worker : awaited_) give(worker);
  act(job::Prepare{.workers = placement_, .parallelism = parallelism_, .from = from_});
}

void JobMachine::give(WorkerId worker) { workers_[worker].generation = generation_; }

void JobMachine::answered(WorkerId worker, int64_t now_us) {
  awaited_.erase(worker);
  if (phase_ == Phase::kReplaying && awaited_.empty()) {
    workers_.at(worker).delivering = false;
    return call(Phase::kMarking);
  }
  if (!awaited_.empty()) return;
  if (phase_ == Phase::kStarting) return run(now_us);
  CHECK(phase_ == Phase::kPreparing);
  phase_ = Phase::kStarting;
  deadline_us_ = now_us + job_.settings.max_start_us;
  awaited_ = {placement_.begin(), placement_.end()};
  act(job::Start{{awaited_.begin(), awaited_.end()}});
}

std::vector<WorkerId> JobMachine::workers_awaited() const {
  if (phase_ != Phase::kStopping && phase_ != Phase::kEnding) {
    return {awaited_.begin(), awaited_.end()};
  }
  std::vector<WorkerId> workers;
  for (const auto& [id, worker] : workers_) workers.push_back(id);
  return workers;
}

}  // namespace weir
