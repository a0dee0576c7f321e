// What may happen next in a ClusterWorld.
#include "engine/base/check.h"
#include "tests/engine/protocol/cluster_world.h"

#include <algorithm>

namespace weir {

std::vector<ClusterWorld::Choice> ClusterWorld::choices() const {
  std::vector<Choice> list;
  if (!violation_.empty()) return list;
  list_work(list, false);
  const bool busy = !list.empty();
  // A calm world takes a checkpoint when rows have come since the last one, and else goes on.
  const bool time_first = rows_taken_ && !busy && next_time().has_value();
  if (time_first) list.push_back({Choice::kTime});
  list_rows(list, false);
  if (!time_first && !busy && next_time().has_value()) list.push_back({Choice::kTime});
  list_work(list, true);
  list_rows(list, true);
  for (uint32_t i = 0; i < workers_.size() + coordinators_.size(); ++i) {
    const bool is_slow = i < workers_.size() ? workers_[i].hangs || workers_[i].slow
                                             : coordinators_[i - workers_.size()].stalled;
    const bool is_cut = std::any_of(links_.begin(), links_.end(), [&](const Link& link) {
      return link.worker == i && (link.cut_up || link.cut_down);
    });
    if (is_slow || is_cut) list.push_back({Choice::kHeal, i});
  }
  list_faults(list, busy);
  return list;
}

std::optional<int64_t> ClusterWorld::wakeup(const Coordinator& coordinator) const {
  std::optional<int64_t> next = coordinator.cluster.next_wakeup();
  const auto sooner = [&](std::optional<int64_t> at_us) {
    if (at_us.has_value()) next = std::min(next.value_or(*at_us), *at_us);
  };
  if (!coordinator.ended) sooner(coordinator.job.next_wakeup());
  if (coordinator.life.has_value()) sooner(coordinator.life->next_wakeup());
  return next;
}

// When somebody wants to do something next. Absent: never.
std::optional<int64_t> ClusterWorld::next_time() const {
  std::optional<int64_t> next;
  const auto sooner = [&](std::optional<int64_t> at_us) {
    if (!at_us.has_value() || *at_us <= now_us_) return;
    next = std::min(next.value_or(*at_us), *at_us);
  };
  for (const Coordinator& coordinator : coordinators_) {
    if (!coordinator.alive) continue;
    sooner(wakeup(coordinator));
    if (protections_.confirms_term) sooner(coordinator.confirmed_us + 5);
  }
  for (const Worker& worker : workers_) {
    if (!worker.lease.has_value()) continue;
    // The first moment at which its slow clock shows that.
    sooner((worker.lease->next_wakeup() * 10 + 8) / 9);
    sooner((worker.lease->ends_us() * 10 + 8) / 9);
  }
  return next;
}

// Of those that are slow, or of those that are not.
void ClusterWorld::list_work(std::vector<Choice>& list, bool slow) const {
  for (uint32_t i = 0; i < calls_.size(); ++i) {
    const Call& call = calls_[i];
    const bool waits = call.answer.has_value() && coordinators_[call.coordinator].stalled;
    if ((call.late || waits) == slow) list.push_back({Choice::kStore, i});
  }
  for (uint32_t i = 0; slow && i < strays_.size(); ++i) list.push_back({Choice::kStray, i});
  for (uint32_t i = 0; i < coordinators_.size(); ++i) {
    const Coordinator& coordinator = coordinators_[i];
    if (!coordinator.alive || coordinator.stalled != slow) continue;
    if (wakeup(coordinator).value_or(INT64_MAX) <= now_us_) list.push_back({Choice::kWake, i});
    const bool due = now_us_ >= coordinator.confirmed_us + 5;
    if (protections_.confirms_term && due) list.push_back({Choice::kConfirm, i});
  }
  list_links(list, slow);
  list_workers(list, slow);
}

void ClusterWorld::list_links(std::vector<Choice>& list, bool slow) const {
  for (uint32_t i = 0; i < links_.size(); ++i) {
    const Link& link = links_[i];
    const bool hangs = workers_[link.worker].hangs && link.at_worker;
    const Coordinator& coordinator = coordinators_[link.coordinator];
    if (!link.cut_up && !hangs && coordinator.stalled == slow && link.at_coordinator) {
      if (!link.up.empty()) {
        list.push_back({Choice::kUp, i});
      } else if (!link.at_worker) {
        list.push_back({Choice::kGone, i});
      }
    }
    if (link.cut_down || hangs || slow || !link.at_worker) continue;
    if (!link.down.empty()) {
      list.push_back({Choice::kDown, i});
    } else if (!link.at_coordinator) {
      list.push_back({Choice::kNotice, i});
    }
  }
}

void ClusterWorld::list_workers(std::vector<Choice>& list, bool slow) const {
  for (uint32_t i = 0; i < workers_.size(); ++i) {
    const Worker& worker = workers_[i];
    if (!slow) {
      if (is_expired(worker)) {
        list.push_back({Choice::kExpire, i});
        continue;
      }
      if (link_of(i) == nullptr) list.push_back({Choice::kDial, i});
      const bool due = worker.lease.has_value() && worker.lease->beat_due(clock_of_workers());
      if (due) list.push_back({Choice::kBeat, i});
    }
    const bool may_deliver = !worker.deliveries.empty() && !is_expired(worker);
    if (may_deliver && (worker.hangs || worker.slow) == slow) list.push_back({Choice::kDeliver, i});
  }
}

void ClusterWorld::list_rows(std::vector<Choice>& list, bool slow) const {
  for (uint32_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i].hangs == slow && has_row(workers_[i])) list.push_back({Choice::kRow, i});
  }
}

void ClusterWorld::list_faults(std::vector<Choice>& list, bool busy) const {
  const auto newest = static_cast<uint32_t>(coordinators_.size() - 1);
  const auto add = [&](Fault fault, uint32_t at) {
    if (left(fault)) list.push_back({Choice::kFault, at, fault});
  };
  if (finished_) return;
  add(Fault::kCrash, newest);
  add(Fault::kTakeover, newest);
  if (!coordinators_[newest].ended) add(Fault::kRescale, newest);
  if (!coordinators_[newest].ended) add(Fault::kStop, newest);
  if (busy && next_time().has_value()) add(Fault::kHurry, 0);
  for (uint32_t i = 0; i <= newest; ++i) {
    if (coordinators_[i].alive && !coordinators_[i].stalled) add(Fault::kStall, i);
  }
  for (uint32_t i = 0; i < workers_.size(); ++i) {
    const Worker& worker = workers_[i];
    if (worker.lease.has_value()) add(Fault::kKill, i);
    if (worker.lease.has_value() && !worker.hangs) add(Fault::kHang, i);
    if (worker.lease.has_value() && !worker.slow) add(Fault::kSlow, i);
    if (worker.tasks.has_value() && worker.tasks->started) add(Fault::kTaskFail, i);
  }
  for (uint32_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i].unheard) continue;
    if (calls_[i].answer.has_value()) {
      add(Fault::kStoreLost, i);
    } else {
      add(Fault::kStoreFail, i);
      add(Fault::kStoreLate, i);
    }
  }
  list_link_faults(list);
}

void ClusterWorld::list_link_faults(std::vector<Choice>& list) const {
  const auto add = [&](Fault fault, uint32_t at) {
    if (left(fault)) list.push_back({Choice::kFault, at, fault});
  };
  for (uint32_t i = 0; i < links_.size(); ++i) {
    const Link& link = links_[i];
    if (!link.up.empty() && link.up.front().kind != Up::kHello) add(Fault::kRepeat, i);
    if (!link.at_coordinator || !link.at_worker) continue;
    add(Fault::kBreak, i);
    if (!link.cut_up) add(Fault::kCutUp, i);
    if (!link.cut_down) add(Fault::kCutDown, i);
  }
}

}  // namespace weir
