#include "engine/protocol/cluster.h"

#include "engine/base/check.h"
#include "engine/base/match.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

namespace {

std::string count_of(uint64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

int64_t cluster::leases_end_us(const Settings& settings, int64_t over_us) {
  return over_us + settings.term_us.value_or(0) + settings.lease_us + settings.margin_us;
}

ClusterMachine::ClusterMachine(const cluster::Settings& settings, int64_t now_us)
    : settings_(settings), confirmed_us_(now_us) {
  CHECK(settings.lease_us > 0);
  CHECK(settings.margin_us >= 0);
}

std::vector<cluster::Action> ClusterMachine::step(const cluster::Event& event, int64_t now_us) {
  hear(event, now_us);
  pass_time(now_us);
  serve(now_us);
  return std::exchange(actions_, {});
}

void ClusterMachine::hear(const cluster::Event& event, int64_t now_us) {
  std::visit(Match{
                 [&](const cluster::WorkerJoined& joined) { join(joined, now_us); },
                 [&](const cluster::Heartbeat& heartbeat) { beat(heartbeat, now_us); },
                 [&](const cluster::WorkerBroken& broken) { lose(broken.worker); },
                 [&](const cluster::WorkerLeft& left) { bury(left.worker); },
                 [&](const cluster::Want& wanted) { want(wanted, now_us); },
                 [&](const cluster::Release& release) { jobs_.erase(release.job); },
                 [&](const cluster::TermConfirmed& confirmed) {
                   confirmed_us_ = std::max(confirmed_us_, confirmed.asked_us);
                 },
                 [](const cluster::Tick&) {},
             },
             event);
}

void ClusterMachine::join(const cluster::WorkerJoined& joined, int64_t now_us) {
  if (joined.before.has_value()) bury(*joined.before);
  CHECK(!workers_.contains(joined.worker));
  workers_[joined.worker] = {.slots = joined.slots, .renewed_us = now_us};
}

void ClusterMachine::beat(const cluster::Heartbeat& heartbeat, int64_t now_us) {
  const auto worker = workers_.find(heartbeat.worker);
  if (worker == workers_.end() || worker->second.lost) return;
  // It has stopped by itself, or is about to.
  if (now_us >= worker->second.renewed_us + settings_.lease_us) return;
  if (settings_.term_us.has_value() && now_us >= confirmed_us_ + *settings_.term_us) return;
  worker->second.renewed_us = now_us;
  actions_.emplace_back(cluster::Renew{heartbeat.worker, heartbeat.beat});
}

void ClusterMachine::pass_time(int64_t now_us) {
  std::vector<WorkerId> lost;
  std::vector<WorkerId> dead;
  for (const auto& [id, worker] : workers_) {
    const int64_t lease_end_us = worker.renewed_us + settings_.lease_us;
    if (now_us >= lease_end_us) lost.push_back(id);
    if (now_us >= lease_end_us + settings_.margin_us) dead.push_back(id);
  }
  for (WorkerId id : lost) lose(id);
  for (WorkerId id : dead) bury(id);
}

void ClusterMachine::lose(WorkerId id) {
  const auto worker = workers_.find(id);
  if (worker == workers_.end() || worker->second.lost) return;
  worker->second.lost = true;
  cluster::WorkerLost lost;
  lost.worker = id;
  for (const auto& [name, job] : jobs_) {
    const bool ran_there =
        std::find(job.workers.begin(), job.workers.end(), id) != job.workers.end();
    if (ran_there && !job.waits) lost.jobs.push_back(name);
  }
  actions_.emplace_back(std::move(lost));
}

void ClusterMachine::bury(WorkerId id) {
  lose(id);
  if (workers_.erase(id) > 0) actions_.emplace_back(cluster::WorkerDead{id});
}

void ClusterMachine::want(const cluster::Want& wanted, int64_t now_us) {
  CHECK(wanted.parallelism > 0);
  const auto [job, is_new] = jobs_.try_emplace(wanted.job);
  if (is_new) job->second.asked = ++asked_;
  job->second.parallelism = wanted.parallelism;
  job->second.waits = true;
  job->second.waits_since_us = now_us;
  job->second.reason.clear();
}

std::vector<std::pair<uint64_t, std::string>> ClusterMachine::waiting() const {
  std::vector<std::pair<uint64_t, std::string>> waiting;
  for (const auto& [name, job] : jobs_) {
    if (job.waits) waiting.emplace_back(job.asked, name);
  }
  std::sort(waiting.begin(), waiting.end());
  return waiting;
}

void ClusterMachine::serve(int64_t now_us) {
  std::string first;  // That does not fit, and is to be served before those behind it.
  held_back_until_us_.reset();
  for (const auto& [asked, name] : waiting()) {
    if (!first.empty()) break;
    Job& job = jobs_.at(name);
    std::vector<WorkerId> workers = place(job, free_slots(name));
    const int64_t patience_ends_us = job.waits_since_us + settings_.patience_us;
    if (!workers.empty()) {
      job.workers = std::move(workers);
      job.waits = false;
      actions_.emplace_back(cluster::Grant{name, job.workers});
    } else if (now_us < patience_ends_us) {
      first = name;
      held_back_until_us_ = patience_ends_us;
    }
  }
  bool is_behind = false;
  for (const auto& [asked, name] : waiting()) {
    Job& job = jobs_.at(name);
    std::string reason = reason_of(job);
    if (is_behind) {
      reason = fmt::format("needs {}, and job {}, which asked before, is served first",
                           count_of(job.parallelism, "slot"), first);
    }
    is_behind = is_behind || name == first;
    if (reason == job.reason) continue;
    job.reason = reason;
    actions_.emplace_back(cluster::NotYet{name, reason});
  }
}

// Of workers that get work, as if `except` had none of their slots.
std::map<WorkerId, uint32_t> ClusterMachine::free_slots(const std::string& except) const {
  std::map<WorkerId, uint32_t> free;
  for (const auto& [id, worker] : workers_) {
    if (!worker.lost) free[id] = worker.slots;
  }
  for (const auto& [name, job] : jobs_) {
    if (job.waits || name == except) continue;
    for (WorkerId id : job.workers) {
      const auto slots = free.find(id);
      if (slots == free.end()) continue;
      CHECK(slots->second > 0);
      --slots->second;
    }
  }
  return free;
}

// By instance; empty if there are too few slots.
std::vector<WorkerId> ClusterMachine::place(const Job& job,
                                            std::map<WorkerId, uint32_t> free) const {
  uint64_t sum = 0;
  for (const auto& [id, slots] : free) sum += slots;
  if (sum < job.parallelism) return {};
  std::vector<std::optional<WorkerId>> places(job.parallelism);
  for (uint32_t i = 0; i < job.parallelism && i < job.workers.size(); ++i) {
    const auto before = free.find(job.workers[i]);
    if (before == free.end() || before->second == 0) continue;
    places[i] = before->first;
    --before->second;
  }
  const auto is_less_used = [&](const auto& a, const auto& b) {
    const uint64_t slots_a = workers_.at(a.first).slots;
    const uint64_t slots_b = workers_.at(b.first).slots;
    return (slots_a - a.second) * slots_b < (slots_b - b.second) * slots_a;
  };
  std::vector<WorkerId> workers;
  for (const std::optional<WorkerId>& before : places) {
    workers.push_back(before.value_or(WorkerId()));
    if (before.has_value()) continue;
    std::erase_if(free, [](const auto& entry) { return entry.second == 0; });
    const auto least = std::min_element(free.begin(), free.end(), is_less_used);
    CHECK(least != free.end());
    --least->second;
    workers.back() = least->first;
  }
  return workers;
}

std::string ClusterMachine::reason_of(const Job& job) const {
  const std::string needs = "needs " + count_of(job.parallelism, "slot");
  uint64_t slots = 0;
  uint64_t free = 0;
  uint64_t workers = 0;
  for (const cluster::WorkerView& worker : this->workers()) {
    if (worker.lost) continue;
    ++workers;
    slots += worker.slots;
    free += worker.slots - worker.used;
  }
  if (workers == 0) return needs + ", and there is no worker";
  return fmt::format("{}, {} of {} {} free on {}", needs, free, slots, free == 1 ? "is" : "are",
                     count_of(workers, "worker"));
}

bool ClusterMachine::would_fit(const std::string& job, uint32_t parallelism) const {
  Job instead;
  instead.parallelism = parallelism;
  return !place(instead, free_slots(job)).empty();
}

std::optional<int64_t> ClusterMachine::next_wakeup() const {
  std::optional<int64_t> next;
  const auto sooner = [&](int64_t at_us) { next = std::min(next.value_or(at_us), at_us); };
  for (const auto& [id, worker] : workers_) {
    sooner(worker.renewed_us + settings_.lease_us + (worker.lost ? settings_.margin_us : 0));
  }
  if (held_back_until_us_.has_value()) sooner(*held_back_until_us_);
  return next;
}

std::vector<cluster::WorkerView> ClusterMachine::workers() const {
  std::vector<cluster::WorkerView> views;
  for (const auto& [id, worker] : workers_) {
    cluster::WorkerView view = {.worker = id, .slots = worker.slots, .lost = worker.lost};
    view.dead_us = worker.renewed_us + settings_.lease_us + settings_.margin_us;
    for (const auto& [name, job] : jobs_) {
      if (job.waits) continue;
      view.used += static_cast<uint32_t>(std::count(job.workers.begin(), job.workers.end(), id));
    }
    views.push_back(view);
  }
  return views;
}

std::string ClusterMachine::state_text(int64_t now_us) const {
  std::string text;
  if (settings_.term_us.has_value()) text = fmt::format("confirmed={} ", confirmed_us_ - now_us);
  for (const auto& [id, worker] : workers_) {
    text += fmt::format("worker={} slots={} lost={} renewed={} ", id.value(), worker.slots,
                        worker.lost, worker.renewed_us - now_us);
  }
  for (const auto& [name, job] : jobs_) {
    text += fmt::format("job={} asked={} slots={}", name, job.asked, job.parallelism);
    if (job.waits) text += fmt::format(" since={} {}", job.waits_since_us - now_us, job.reason);
    for (WorkerId id : job.workers) text += fmt::format(" {}", id.value());
    text += " ";
  }
  return text;
}

}  // namespace weir
