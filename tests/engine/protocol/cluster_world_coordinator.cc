// The coordinators of a ClusterWorld: what the loop of a coordinator does around the machines.
#include "engine/base/check.h"
#include "engine/base/match.h"
#include "tests/engine/protocol/cluster_world.h"

#include <algorithm>

namespace weir {

namespace {

constexpr int64_t kTerm = 10;

cluster::Settings cluster_settings(const ClusterWorld::Protections& protections) {
  const int64_t margin = protections.margin ? 4 : 0;
  return {.lease_us = 30, .margin_us = margin, .patience_us = 5, .term_us = kTerm};
}

JobMachine::Job job_settings(uint32_t parallelism) {
  JobMachine::Job job;
  job.parallelism = parallelism;
  job.settings.restart_pause = {1, 8};
  job.settings.restart_attempts = 1000;
  job.settings.store_pause = {1, 4};
  job.settings.max_prepare_us = 200;
  job.settings.max_start_us = 200;
  job.settings.max_replay_us = 200;
  job.settings.max_drop_us = 100;
  return job;
}

}  // namespace

// Where there was one before, its leases are waited out.
void ClusterWorld::add_coordinator() {
  cluster::Settings settings = cluster_settings(protections_);
  JobMachine::Job job = job_settings(parallelism_);
  if (!coordinators_.empty()) {
    job.old_leases_end_us =
        protections_.old_leases ? cluster::leases_end_us(settings, now_us_) : now_us_;
  }
  if (!protections_.confirms_term) settings.term_us.reset();
  coordinators_.push_back({.cluster = ClusterMachine(settings, now_us_),
                           .job = JobMachine(job),
                           .confirmed_us = now_us_});
}

void ClusterWorld::tell(uint32_t at, Mail mail) {
  coordinators_[at].mail.push_back(std::move(mail));
  if (!coordinators_[at].reads) read_mail(at);
}

void ClusterWorld::read_mail(uint32_t at) {
  coordinators_[at].reads = true;
  while (!coordinators_[at].mail.empty()) {
    Coordinator& coordinator = coordinators_[at];
    const Mail mail = std::move(coordinator.mail.front());
    coordinator.mail.pop_front();
    if (const auto* event = std::get_if<cluster::Event>(&mail)) {
      for (const auto& action : coordinator.cluster.step(*event, now_us_)) perform(at, action);
    } else if (const auto* of_job = std::get_if<job::Event>(&mail)) {
      for (const auto& action : coordinator.job.step(*of_job, now_us_)) perform(at, action);
    } else if (coordinator.life.has_value()) {
      hear_life(at, std::get<checkpoint::Event>(mail));
    }
  }
  Coordinator& coordinator = coordinators_[at];
  coordinator.reads = false;
  if (!std::exchange(coordinator.again, false)) return;
  coordinator.job = JobMachine(job_settings(parallelism_));
  coordinator.ended = false;
}

void ClusterWorld::hear_up(uint32_t at) {
  Link& link = links_[at];
  const Up message = link.up.front();
  link.up.pop_front();
  Coordinator& coordinator = coordinators_[link.coordinator];
  if (message.kind != Up::kHello) return hear(link.coordinator, link.number, message);
  link.number = WorkerId(++coordinator.workers);
  link.down.push_back({.kind = Down::kWelcome, .number = link.number.value()});
  cluster::WorkerJoined joined = {.worker = link.number, .slots = shape_->slots[link.worker]};
  if (message.number > 0) joined.before = WorkerId(message.number);
  tell(link.coordinator, cluster::Event(joined));
}

void ClusterWorld::hear(uint32_t at, WorkerId worker, const Up& message) {
  Generation generation = message.generation;
  if (!protections_.generation_check) generation = coordinators_[at].job.generation();
  const auto tell_job = [&](auto what) { tell(at, job::Event{generation, what}); };
  const auto tell_life = [&](auto what) {
    tell(at, checkpoint::Event{{generation, Epoch(message.number)}, what});
  };
  const TaskId task(message.place);
  switch (message.kind) {
    case Up::kHello: unreachable();
    case Up::kBeat: return tell(at, cluster::Event(cluster::Heartbeat{worker, message.number}));
    case Up::kDropped: return tell_job(job::Dropped{worker});
    case Up::kReplayed: return tell_job(job::Replayed{worker});
    case Up::kPrepared: return tell_job(job::Prepared{worker});
    case Up::kStarted: return tell_job(job::Started{worker});
    case Up::kFailed: return tell_job(job::WorkerFailed{worker, unavailable("a task failed")});
    case Up::kTaken: return tell_life(checkpoint::SnapshotTaken{task, {}});
    case Up::kFinished: return tell_life(checkpoint::TaskFinished{task, {}});
    case Up::kCommitted: return tell_life(checkpoint::OutputCommitted{SlotIndex(message.place)});
  }
  unreachable();
}

void ClusterWorld::send_down(uint32_t at, WorkerId worker, Down message) {
  for (Link& link : links_) {
    if (link.coordinator != at || link.number != worker || !link.at_coordinator) continue;
    link.down.push_back(message);
  }
}

void ClusterWorld::perform(uint32_t at, const cluster::Action& action) {
  std::visit(Match{
                 [&](const cluster::Renew& renew) {
                   send_down(at, renew.worker, {.kind = Down::kRenewed, .number = renew.beat});
                 },
                 [&](const cluster::WorkerLost& lost) {
                   for (Link& link : links_) {
                     if (link.coordinator != at || link.number != lost.worker) continue;
                     link.at_coordinator = false;
                     link.up.clear();
                   }
                   tell(at, job::Event{{}, job::WorkerLost{lost.worker}});
                   if (!protections_.waits_for_drop) {
                     tell(at, job::Event{{}, job::WorkerDead{lost.worker}});
                   }
                 },
                 [&](const cluster::WorkerDead& dead) {
                   tell(at, job::Event{{}, job::WorkerDead{dead.worker}});
                 },
                 [&](const cluster::Grant& grant) {
                   tell(at, job::Event{{}, job::Granted{grant.workers}});
                 },
                 [&](const cluster::NotYet& not_yet) {
                   tell(at, job::Event{{}, job::NotYet{not_yet.reason}});
                 },
             },
             action);
}

void ClusterWorld::perform(uint32_t at, const job::Action& action) {
  const auto tell_cluster = [&](auto event) { tell(at, cluster::Event(event)); };
  const auto store = [&](const auto&) { perform_store(at, action); };
  const auto order = [&](const auto&) { perform_order(at, action); };
  const auto life = [&](const auto&) { perform_life(at, action); };
  std::visit(Match{
                 [&](const job::Want& want) {
                   tell_cluster(cluster::Want{"job", want.parallelism});
                 },
                 [&](const job::Release&) { tell_cluster(cluster::Release{"job"}); },
                 [&](const job::GiveUp& give) { tell_cluster(cluster::WorkerBroken{give.worker}); },
                 [&](const job::TakeFence& fence) { store(fence); },
                 [&](const job::Look& look) { store(look); },
                 [&](const job::WriteBase& base) { store(base); },
                 [&](const job::AdoptSavepoint&) { unreachable(); },
                 [&](const job::LookAtFences& look) { store(look); },
                 [&](const job::WriteCommitRecord& mark) { store(mark); },
                 [&](const job::WriteSavepoint&) {},
                 [&](const job::RefuseSavepoints&) {},
                 [&](const job::Drop& drop) { order(drop); },
                 [&](const job::Replay& replay) { order(replay); },
                 [&](const job::Prepare& prepare) { order(prepare); },
                 [&](const job::Start& start) { order(start); },
                 [&](const job::Run& run) { life(run); },
                 [&](const job::TakeLast& last) { life(last); },
                 [&](const job::EndLife& end) { life(end); },
                 [&](const job::Ended& ended) { this->ended(at, ended); },
             },
             action.what);
}

void ClusterWorld::perform_store(uint32_t at, const job::Action& action) {
  Call made = {.kind = Call::kLook, .coordinator = at, .generation = action.generation};
  if (std::holds_alternative<job::TakeFence>(action.what)) {
    made.kind = Call::kFence;
  } else if (const auto* base = std::get_if<job::WriteBase>(&action.what)) {
    made.kind = Call::kBase;
    made.checkpoint = base->checkpoint;
  } else if (std::holds_alternative<job::LookAtFences>(action.what)) {
    made.kind = Call::kFences;
  } else if (const auto* mark = std::get_if<job::WriteCommitRecord>(&action.what)) {
    made.kind = Call::kMark;
    made.checkpoint = mark->checkpoint;
  }
  call(std::move(made));
}

void ClusterWorld::perform_order(uint32_t at, const job::Action& action) {
  if (const auto* drop = std::get_if<job::Drop>(&action.what)) {
    for (WorkerId worker : drop->workers) {
      send_down(at, worker, {.kind = Down::kDrop, .generation = action.generation});
      if (protections_.waits_for_drop) continue;
      tell(at, job::Event{action.generation, job::Dropped{worker}});
    }
  } else if (const auto* replay = std::get_if<job::Replay>(&action.what)) {
    Down message = {
        .kind = Down::kReplay, .generation = action.generation, .checkpoint = replay->checkpoint};
    const auto manifest = manifests_.find(replay->checkpoint);
    const size_t slots = manifest == manifests_.end() ? 0 : manifest->second.reports.size();
    for (uint32_t slot = 0; slot < slots; ++slot) message.places.push_back(slot);
    if (slots > 0) send_down(at, replay->worker, message);
  } else if (const auto* prepare = std::get_if<job::Prepare>(&action.what)) {
    const std::set<WorkerId> each(prepare->workers.begin(), prepare->workers.end());
    for (WorkerId worker : each) {
      Down message = {.kind = Down::kPrepare,
                      .generation = action.generation,
                      .checkpoint = prepare->from,
                      .parallelism = prepare->parallelism};
      for (uint32_t i = 0; i < prepare->workers.size(); ++i) {
        if (prepare->workers[i] == worker) message.places.push_back(i);
      }
      send_down(at, worker, message);
    }
  } else if (const auto* start = std::get_if<job::Start>(&action.what)) {
    check_prepared(at, *start);
    for (WorkerId worker : start->workers) {
      send_down(at, worker, {.kind = Down::kStart, .generation = action.generation});
    }
  }
}

// All tasks are there before any of them runs.
void ClusterWorld::check_prepared(uint32_t at, const job::Start& start) {
  for (const Link& link : links_) {
    if (link.coordinator != at || !link.at_worker || !link.at_coordinator) continue;
    const bool is_started =
        std::find(start.workers.begin(), start.workers.end(), link.number) != start.workers.end();
    const auto& tasks = workers_[link.worker].tasks;
    const Generation generation = coordinators_[at].job.generation();
    const bool is_there = tasks.has_value() && tasks->generation == generation;
    if (is_started && !is_there) violate("tasks are started before all are prepared");
  }
}

void ClusterWorld::perform_life(uint32_t at, const job::Action& action) {
  Coordinator& coordinator = coordinators_[at];
  if (const auto* run = std::get_if<job::Run>(&action.what)) {
    ++lives_;
    CheckpointMachine::Job job;
    job.base = run->base;
    job.tasks = coordinator.job.parallelism();
    job.slots = job.tasks;
    job.settings = {.interval_us = 10, .max_alignment_us = 300, .max_storing_us = 300};
    job.settings.max_abandoned = 1000;
    job.settings.retry_first_us = 2;
    job.settings.max_answer_us = 100;
    job.settings.max_attempts = 5;
    coordinator.life.emplace(job, now_us_);
    coordinator.begun_us = now_us_;
    coordinator.finals.clear();
  } else if (std::holds_alternative<job::TakeLast>(action.what)) {
    tell(at, checkpoint::Event{{action.generation, {}}, checkpoint::StopRequested{}});
  } else {
    coordinator.life.reset();
    for (Call& call : calls_) {
      const bool of_life = call.kind == Call::kManifest || call.kind == Call::kRecord;
      call.unheard = call.unheard || (of_life && call.coordinator == at);
    }
  }
}

void ClusterWorld::hear_life(uint32_t at, checkpoint::Event event) {
  Coordinator& coordinator = coordinators_[at];
  CheckpointMachine& life = *coordinator.life;
  if (const auto* finished = std::get_if<checkpoint::TaskFinished>(&event.what)) {
    if (event.id.generation == life.current().generation) {
      coordinator.finals.emplace(finished->task.value(), event.id.epoch);
    }
  }
  const CheckpointId before = life.current();
  const checkpoint::Phase phase = life.phase();
  const std::vector<checkpoint::Action> actions = life.step(event, now_us_);
  if (life.current() != before) coordinator.begun_us = now_us_;
  if (life.phase() != phase) coordinator.orders = 0;
  for (const checkpoint::Action& action : actions) perform(at, action);
}

void ClusterWorld::perform(uint32_t at, const checkpoint::Action& action) {
  const Generation generation = action.id.generation;
  const auto tell_job = [&](auto what) { tell(at, job::Event{generation, std::move(what)}); };
  std::visit(
      Match{
          [&](const checkpoint::InjectBarriers&) { inject(at, action); },
          [&](const checkpoint::CancelEpoch&) { inject(at, action); },
          [&](const checkpoint::StoreManifest& store) {
            call({.kind = Call::kManifest,
                  .coordinator = at,
                  .generation = generation,
                  .checkpoint = action.id,
                  .manifest = {store.reports, store.finished}});
          },
          [&](const checkpoint::CommitOutput& order) { order_commit(at, action.id, order.slots); },
          [&](const checkpoint::WriteCommitRecord&) {
            ++coordinators_[at].orders;
            call({.kind = Call::kRecord,
                  .coordinator = at,
                  .generation = generation,
                  .checkpoint = action.id});
          },
          [&](const checkpoint::Collect&) {
            ++completed_;
            collect(action.id);
            tell_job(job::CheckpointCompleted{action.id.epoch});
          },
          [&](const checkpoint::Finished& finished) {
            tell_job(job::LifeFinished{finished.input_ended});
          },
          [&](const checkpoint::RecoverJob& recover) { tell_job(job::LifeFailed{recover.reason}); },
          [&](const checkpoint::FailJob& fail) { tell_job(job::LifeFailed{fail.reason}); },
      },
      action.what);
}

// Barriers, or that they are cancelled.
void ClusterWorld::inject(uint32_t at, const checkpoint::Action& action) {
  const auto* barriers = std::get_if<checkpoint::InjectBarriers>(&action.what);
  const auto& placement = coordinators_[at].job.placement();
  for (WorkerId worker : std::set<WorkerId>(placement.begin(), placement.end())) {
    send_down(at, worker,
              {.kind = barriers != nullptr ? Down::kInject : Down::kCancel,
               .generation = action.id.generation,
               .number = action.id.epoch.value(),
               .last = barriers != nullptr && barriers->last});
  }
}

void ClusterWorld::order_commit(uint32_t at, CheckpointId id, const std::vector<SlotIndex>& slots) {
  Coordinator& coordinator = coordinators_[at];
  ++coordinator.orders;
  Down message = {.kind = Down::kCommit, .generation = id.generation, .number = id.epoch.value()};
  job::DeliveryOrdered ordered;
  const auto& placement = coordinator.job.placement();
  for (SlotIndex slot : slots) {
    message.places.push_back(slot.value());
    ordered.workers.push_back(placement[slot.value()]);
  }
  if (protections_.waits_for_delivery) tell(at, job::Event{id.generation, ordered});
  for (WorkerId worker : std::set<WorkerId>(placement.begin(), placement.end())) {
    send_down(at, worker, message);
  }
}

void ClusterWorld::ended(uint32_t at, const job::Ended& ended) {
  Coordinator& coordinator = coordinators_[at];
  coordinator.ended = true;
  const Generation next(coordinator.job.generation().value() + 1);
  switch (ended.outcome) {
    case job::Outcome::kFinished:
      finished_ = true;
      past_ = std::max(past_, next);
      return;
    case job::Outcome::kStopped:
      past_ = std::max(past_, next);
      coordinator.again = true;
      return;
    case job::Outcome::kStoodDown: return;
    case job::Outcome::kCancelled:
    case job::Outcome::kFailed:
      return violate("the job ended: " + (ended.error.has_value() ? ended.error->message : ""));
  }
  unreachable();
}

}  // namespace weir
