// The part of JobControl that does what its machine wants.
#include "engine/base/fail_point.h"
#include "engine/plan/numbering.h"
#include "runtime/coordinator/job_control.h"
#include "runtime/coordinator/recovery.h"
#include "runtime/messages/clock.h"
#include "state/savepoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {

PlannedJob JobControl::planned(uint32_t parallelism) const {
  PlannedJob job{setup_.graph, setup_.options};
  job.graph.options.parallelism = parallelism;
  job.options.parallelism = parallelism;
  return job;
}

// Answers a call of the store: with what it gave, or why it failed.
template <typename What>
void JobControl::answer(Generation generation, const Status& status, What what) {
  if (status.ok()) {
    step({generation, std::move(what)});
  } else {
    step({generation, job::StoreFailed{history_.as_seen_by(generation, status.error())}});
  }
}

void JobControl::perform(Generation, const job::Want& want) { port_.want(want.parallelism); }

void JobControl::perform(Generation, const job::Release&) { port_.release(); }

void JobControl::perform(Generation, const job::GiveUp& given_up) {
  port_.give_up(given_up.worker, given_up.reason);
}

void JobControl::perform(Generation generation, const job::TakeFence& fence) {
  const Result<bool> leads = port_.leads ? port_.leads() : Result<bool>(true);
  if (!leads.ok()) return step({generation, job::StoreFailed{leads.error()}});
  if (!*leads) {
    Error stale{ErrorKind::kFenced, "a later coordinator runs this job: " + setup_.id};
    return step({generation, job::StoreFailed{std::move(stale)}});
  }
  const Result<Generation> taken = history_.fence(fence.above);
  if (!taken.ok()) return step({generation, job::StoreFailed{taken.error()}});
  FAIL_POINT("recovery.fenced");
  step({*taken, job::Fenced{}});
}

void JobControl::perform(Generation generation, const job::Look&) {
  const PlannedJob job = planned(machine_.parallelism());
  Result<std::optional<RecoveryPoint>> looked =
      look_back(history_, make_plan(job.graph, job.options), generation);
  if (looked.ok() && looked->has_value() && origin_.has_value()) {
    const Status descends = check_descent((*looked)->manifest, *origin_, setup_.forks);
    if (!descends.ok()) looked = descends.error();
  }
  // Only now: what was removed after this is nothing that was not seen.
  const Result<bool> has_ended = port_.has_ended ? port_.has_ended() : Result<bool>(false);
  if (!has_ended.ok()) return step({generation, job::StoreFailed{has_ended.error()}});
  if (*has_ended) {
    Error stale{ErrorKind::kFenced, "a later coordinator has ended this job: " + setup_.id};
    return step({generation, job::StoreFailed{std::move(stale)}});
  }
  if (!looked.ok()) {
    return step({generation, job::StoreFailed{history_.as_seen_by(generation, looked.error())}});
  }
  point_ = std::move(looked).value();
  job::Looked seen;
  const std::lock_guard lock(mutex_);
  if (point_.has_value()) {
    lineage_ = point_->manifest.lineage;
    newest_ = point_->manifest.id;
    seen = {point_->manifest.id, point_->committed, point_->manifest.finished};
  } else if (lineage_.empty()) {
    lineage_ = new_lineage();
  }
  step({generation, seen});
}

void JobControl::perform(Generation generation, const job::WriteBase& base) {
  const Status written = history_.write_base(generation, base.checkpoint);
  FAIL_POINT("recovery.base_written");
  answer(generation, written, job::BaseWritten{});
}

void JobControl::perform(Generation generation, const job::AdoptSavepoint&) {
  const Status adopted = adopt(generation);
  const CheckpointId id = point_.has_value() ? point_->manifest.id : CheckpointId{};
  answer(generation, adopted, job::SavepointAdopted{id});
}

Status JobControl::adopt(Generation generation) {
  const PlannedJob job = planned(machine_.parallelism());
  const std::unique_ptr<SnapshotStore> from = TRY(open_savepoint(setup_.savepoint));
  const Plan plan = make_plan(job.graph, job.options);
  const Manifest saved = TRY(read_fitting_savepoint(setup_.savepoint, plan, setup_.forks));
  std::optional<std::string> fork;
  if (setup_.forks) fork = new_lineage_of_fork({saved.lineage, saved.id});
  Result<Manifest> adopted = history_.adopt_savepoint(*from, generation, fork);
  if (!adopted.ok()) return about_savepoint(setup_.savepoint, std::move(adopted).error());
  Manifest manifest = std::move(adopted).value();
  const std::lock_guard lock(mutex_);
  lineage_ = manifest.lineage;
  newest_ = manifest.id;
  point_ = RecoveryPoint{.manifest = std::move(manifest), .committed = true};
  return {};
}

void JobControl::perform(Generation generation, const job::LookAtFences&) {
  const Result<bool> newer = history_.is_fenced(generation);
  if (!newer.ok()) return step({generation, job::StoreFailed{newer.error()}});
  const Result<bool> leads = port_.leads ? port_.leads() : Result<bool>(true);
  if (!leads.ok()) return step({generation, job::StoreFailed{leads.error()}});
  step({generation, job::FencesSeen{.newer = *newer, .superseded = !*leads}});
}

void JobControl::perform(Generation generation, const job::WriteCommitRecord& record) {
  const Status written = history_.put_committed(record.checkpoint);
  FAIL_POINT("recovery.committed");
  answer(generation, written, job::CommitRecordWritten{});
}

void JobControl::perform(Generation generation, const job::WriteSavepoint& savepoint) {
  std::vector<std::pair<uint64_t, std::string>> wanted;  // Folders, by number
  {
    const std::lock_guard lock(mutex_);
    const auto want = [&](uint64_t one) { wanted.emplace_back(one, savepoint_view(one).path); };
    for (const uint64_t request : savepoint.requests) want(request);
    if (savepoint.last) want(last_savepoint_);
  }
  std::optional<Error> failure;
  for (const auto& [request, folder] : wanted) {
    const Status written = write_savepoint(savepoint.checkpoint, folder);
    if (!written.ok()) failure = written.error();
    const std::lock_guard lock(mutex_);
    SavepointView& view = savepoint_view(request);
    view.state = written.ok() ? SavepointState::kComplete : SavepointState::kFailed;
    if (!written.ok()) view.reason = written.error().message;
  }
  if (!savepoint.last) return;
  if (failure.has_value()) return step({generation, job::SavepointFailed{*failure}});
  step({generation, job::SavepointWritten{}});
}

Status JobControl::write_savepoint(CheckpointId id, const std::string& folder) {
  const std::unique_ptr<SnapshotStore> to = TRY(open_directory_store(folder));
  const Manifest manifest = TRY(history_.read_manifest(id));
  return history_.write_savepoint(manifest, *to);
}

SavepointView& JobControl::savepoint_view(uint64_t id) { return view_.savepoints.at(id - 1); }

void JobControl::perform(Generation, const job::RefuseSavepoints& refused) {
  const std::lock_guard lock(mutex_);
  for (const uint64_t request : refused.requests) {
    SavepointView& view = savepoint_view(request);
    view.state = SavepointState::kFailed;
    view.reason = refused.reason.message;
  }
}

void JobControl::perform(Generation generation, const job::Drop& drop) {
  for (const WorkerId worker : drop.workers) {
    port_.send(worker, {setup_.id, generation, order::Drop{}});
  }
}

void JobControl::perform(Generation generation, const job::Replay& replay) {
  begin_life(generation, {replay.worker});
  running_->control->replay(PeerIndex(0));
}

void JobControl::perform(Generation generation, const job::Prepare& prepare) {
  begin_life(generation, prepare.workers);
  running_->control->prepare();
}

// `by_instance`: a worker may be there more than once.
void JobControl::begin_life(Generation generation, const std::vector<WorkerId>& by_instance) {
  const PlannedJob job = planned(machine_.parallelism());
  auto next = std::make_unique<Running>();
  next->plan = make_plan(job.graph, job.options);
  std::vector<PeerIndex> peer_of;  // By instance
  for (const WorkerId worker : by_instance) {
    const auto known = std::find(next->peers.begin(), next->peers.end(), worker);
    peer_of.emplace_back(static_cast<uint32_t>(known - next->peers.begin()));
    if (known == next->peers.end()) next->peers.push_back(worker);
  }
  for (const TaskPlace& place : task_places(next->plan)) {
    next->placement.push_back(peer_of[place.instance % peer_of.size()]);
  }
  LifeSetup life{.graph = job.graph,
                 .options = job.options,
                 .life = {.generation = generation, .lineage = lineage_},
                 .placement = next->placement,
                 .batch_rows = setup_.batch_rows,
                 .is_kept = setup_.is_kept};
  if (point_.has_value()) life.life.from = point_->manifest;
  for (const WorkerId worker : next->peers) life.peers.push_back(port_.exchange_address(worker));
  next->control = std::make_unique<LifeControl>(
      next->plan, history_, std::move(life), [this, generation](PeerIndex peer, auto order) {
        const WorkerId worker = running_->peers[peer.value()];
        if (std::holds_alternative<order::Commit>(order)) {
          step({generation, job::DeliveryOrdered{{worker}}});
        }
        port_.send(worker, {setup_.id, generation, std::move(order)});
      });
  told_complete_.reset();
  const std::lock_guard lock(mutex_);
  if (point_.has_value() && view_.generation == 0) restored_from_ = point_->manifest.id;
  running_ = std::move(next);
  given_up_ = 0;
  view_.generation = generation.value();
  view_.parallelism = machine_.parallelism();
  view_.steps = steps_of(running_->plan);
  // What the last life reported is nothing that this one has reached.
  view_.tasks.clear();
  view_.memory.clear();
  for (const WorkerId worker : running_->peers) {
    view_.memory.push_back({.worker = fmt::format("{}", worker.value())});
  }
  view_.watermark = kMinTime;
  view_.backlog.reset();
  view_.rates = {};
  totals_at_ = 0;
  reports_.clear();
  pressure_.clear();
}

void JobControl::perform(Generation generation, const job::Start&) {
  const Status started = running_->control->start();
  {
    const std::lock_guard lock(mutex_);
    has_epochs_ = running_->control->has_epochs();
  }
  if (started.ok()) return;
  step({generation, job::WorkerFailed{running_->peers[0], started.error()}});
}

void JobControl::perform(Generation, const job::Run&) {
  running_->control->run(monotonic_micros());
  follow_life();
}

void JobControl::perform(Generation, const job::TakeLast&) {
  running_->control->request_stop(monotonic_micros());
  follow_life();
}

void JobControl::perform(Generation, const job::EndLife& end) {
  const std::lock_guard lock(mutex_);
  if (running_ != nullptr) running_->is_over = true;
  if (!end.failure.has_value()) return;
  failure_ = end.failure;
  if (!end.again_us.has_value()) return;
  ++view_.restarts_total;
  view_.restarts.push_back({wall_clock_micros(), failure_->message});
  if (view_.restarts.size() > 100) view_.restarts.erase(view_.restarts.begin());
}

void JobControl::perform(Generation, const job::Ended& ended) {
  over_ = true;
  {
    const std::lock_guard lock(mutex_);
    outcome_ = ended.outcome;
    if (running_ != nullptr) running_->is_over = true;
    if (ended.error.has_value()) failure_ = ended.error;
    give_up_savepoints();
  }
  show();
  switch (ended.outcome) {
    case job::Outcome::kFinished: return port_.ended(JobState::kFinished, ended.error);
    case job::Outcome::kStopped: return port_.ended(JobState::kStopped, ended.error);
    case job::Outcome::kCancelled: return port_.ended(JobState::kCancelled, ended.error);
    case job::Outcome::kFailed: return port_.ended(JobState::kFailed, ended.error);
    case job::Outcome::kStoodDown: return port_.ended(std::nullopt, ended.error);
  }
  unreachable();
}

}  // namespace weir
