#include "tests/engine/protocol/cluster_world.h"

#include "engine/base/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {

namespace {

constexpr int kCalmSteps = 5'000;

}  // namespace

ClusterWorld::ClusterWorld(const Shape& shape, const Budget& budget, const Protections& protections)
    : shape_(&shape),
      protections_(protections),
      budget_(budget),
      parallelism_(shape.parallelism),
      workers_(shape.slots.size()),
      visible_(shape.rows.size()) {
  add_coordinator();
}

void ClusterWorld::violate(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

void ClusterWorld::apply(const Choice& choice) {
  const uint32_t at = choice.at;
  switch (choice.kind) {
    case Choice::kUp: hear_up(at); break;
    case Choice::kDown: hear_down(at); break;
    case Choice::kGone: {
      links_[at].at_coordinator = false;
      const Link& link = links_[at];
      if (link.number == WorkerId() || !coordinators_[link.coordinator].alive) break;
      tell(link.coordinator, cluster::Event(cluster::WorkerBroken{link.number}));
      break;
    }
    case Choice::kNotice: stop(links_[at].worker); break;
    case Choice::kDial: dial(at); break;
    case Choice::kBeat: {
      Worker& worker = workers_[at];
      worker.lease->sent(++worker.beats, clock_of_workers());
      send_up(at, {.kind = Up::kBeat, .number = worker.beats});
      break;
    }
    case Choice::kExpire: stop(at); break;
    case Choice::kStray: {
      const Stray stray = strays_[at];
      strays_.erase(strays_.begin() + at);
      if (coordinators_[stray.coordinator].alive) {
        hear(stray.coordinator, stray.number, stray.message);
      }
      break;
    }
    case Choice::kStore: store(at); break;
    case Choice::kWake: wake(at); break;
    case Choice::kConfirm: confirm(at); break;
    case Choice::kDeliver: deliver(at); break;
    case Choice::kRow: read_row(at); break;
    case Choice::kTime: now_us_ = *next_time(); break;
    case Choice::kHeal: heal(at); break;
    case Choice::kFault:
      --budget_[static_cast<size_t>(choice.fault)];
      apply_fault(choice);
      break;
  }
  sweep_links();
}

// Both ends know that it is gone. What was sent before may still arrive.
void ClusterWorld::sweep_links() {
  for (Link& link : links_) {
    if (!link.at_coordinator) link.up.clear();
    if (!link.at_worker) link.down.clear();
  }
  std::erase_if(links_, [](const Link& link) { return !link.at_coordinator && !link.at_worker; });
}

void ClusterWorld::apply_fault(const Choice& choice) {
  const uint32_t at = choice.at;
  const auto newest = static_cast<uint32_t>(coordinators_.size() - 1);
  switch (choice.fault) {
    case Fault::kCrash:
      coordinators_[newest].alive = false;
      for (Link& link : links_) {
        if (link.coordinator == newest) link.at_coordinator = false;
      }
      return add_coordinator();
    case Fault::kTakeover: return add_coordinator();
    case Fault::kStall: coordinators_[at].stalled = true; return;
    case Fault::kKill: {
      stop(at);
      workers_[at] = {};
      return;
    }
    case Fault::kHang: workers_[at].hangs = true; return;
    case Fault::kSlow: workers_[at].slow = true; return;
    case Fault::kBreak: return break_link(at);
    case Fault::kCutUp: links_[at].cut_up = true; return;
    case Fault::kCutDown: links_[at].cut_down = true; return;
    case Fault::kRepeat: {
      const Link& link = links_[at];
      strays_.push_back({link.coordinator, link.number, link.up.front()});
      return;
    }
    case Fault::kHurry: now_us_ = *next_time(); return;
    case Fault::kStoreLost:
    case Fault::kStoreFail: {
      const Call call = calls_[at];
      calls_.erase(calls_.begin() + at);
      return refuse(call);
    }
    case Fault::kStoreLate: {
      const Call call = calls_[at];
      calls_[at].late = true;
      calls_[at].unheard = true;
      return refuse(call);
    }
    case Fault::kTaskFail:
      return send_up(at, {.kind = Up::kFailed, .generation = workers_[at].tasks->generation});
    case Fault::kRescale:
      parallelism_ = 1 + parallelism_ % (shape_->slots.size() > 1 ? 3 : 2);
      return tell(newest, job::Event{{}, job::RescaleRequested{parallelism_}});
    case Fault::kStop: return tell(newest, job::Event{{}, job::StopRequested{}});
  }
  unreachable();
}

// What is under way is lost; each end notices by and by.
void ClusterWorld::break_link(uint32_t at) {
  Link broken = links_[at];
  links_[at].at_worker = false;
  links_[at].up.clear();
  broken.at_coordinator = false;
  broken.down.clear();
  links_.push_back(std::move(broken));
}

// Coordinators are numbered behind the workers.
void ClusterWorld::heal(uint32_t at) {
  if (at >= workers_.size()) {
    coordinators_[at - workers_.size()].stalled = false;
    return;
  }
  workers_[at].hangs = false;
  workers_[at].slow = false;
  for (Link& link : links_) {
    if (link.worker == at) link.cut_up = link.cut_down = false;
  }
}

// Whoever is not the newest any more goes.
void ClusterWorld::confirm(uint32_t at) {
  if (at + 1 == coordinators_.size()) {
    coordinators_[at].confirmed_us = now_us_;
    return tell(at, cluster::Event(cluster::TermConfirmed{now_us_}));
  }
  coordinators_[at].alive = false;
  for (Link& link : links_) {
    if (link.coordinator == at) link.at_coordinator = false;
  }
}

void ClusterWorld::wake(uint32_t at) {
  Coordinator& coordinator = coordinators_[at];
  const auto is_due = [&](std::optional<int64_t> at_us) {
    return at_us.value_or(INT64_MAX) <= now_us_;
  };
  const Generation generation = coordinator.job.generation();
  if (is_due(coordinator.cluster.next_wakeup())) {
    coordinator.mail.push_back(cluster::Event(cluster::Tick{}));
  }
  if (is_due(coordinator.job.next_wakeup())) {
    coordinator.mail.push_back(job::Event{generation, job::Tick{}});
  }
  if (coordinator.life.has_value() && is_due(coordinator.life->next_wakeup())) {
    rows_taken_ = false;
    coordinator.mail.push_back(checkpoint::Event{{generation, {}}, checkpoint::Tick{}});
  }
  read_mail(at);
}

void ClusterWorld::step_calmly() {
  const Budget budget = std::exchange(budget_, Budget{});
  const std::vector<Choice> all = choices();
  if (all.empty()) {
    violate("nothing happens any more, and the job has not finished");
  } else {
    apply(all.front());
  }
  budget_ = budget;
}

void ClusterWorld::calm_down(std::unordered_set<size_t>* known) {
  budget_ = {};
  for (uint32_t i = 0; i < workers_.size() + coordinators_.size(); ++i) heal(i);
  for (Call& call : calls_) call.late = false;
  std::vector<size_t> path;  // Known from now on, if it comes to a good end.
  for (int i = 0; i < kCalmSteps && violation_.empty() && !finished_; ++i) {
    if (known != nullptr) {
      path.push_back(std::hash<std::string>()(key()));
      if (known->contains(path.back())) return known->insert(path.begin(), path.end());
    }
    step_calmly();
  }
  if (!violation_.empty()) return;
  if (!finished_) return violate("the job does not finish, although nothing fails any more");
  if (visible_ != shape_->rows) return violate("the job has finished, and output is missing");
  if (known != nullptr) known->insert(path.begin(), path.end());
}

std::string ClusterWorld::describe(const Choice& choice) const {
  constexpr const char* kNames[] = {"up link",
                                    "down link",
                                    "gone: link",
                                    "notice: link",
                                    "dial: worker",
                                    "beat: worker",
                                    "expire: worker",
                                    "stray",
                                    "store call",
                                    "wake coordinator",
                                    "confirm coordinator",
                                    "deliver: worker",
                                    "row: worker",
                                    "time",
                                    "heal",
                                    "fault"};
  constexpr const char* kFaultNames[] = {
      "CRASH",      "TAKEOVER",   "STALL",     "KILL",    "HANG",  "SLOW",
      "BREAK",      "CUT UP",     "CUT DOWN",  "REPEAT",  "HURRY", "STORE LOST",
      "STORE FAIL", "STORE LATE", "TASK FAIL", "RESCALE", "STOP"};
  constexpr const char* kUps[] = {"hello",   "beat",   "dropped", "replayed", "prepared",
                                  "started", "failed", "taken",   "finished", "committed"};
  constexpr const char* kDowns[] = {"welcome", "renewed", "drop",   "replay", "prepare",
                                    "start",   "inject",  "cancel", "commit"};
  constexpr const char* kCalls[] = {"fence", "look",     "base",  "fences",
                                    "mark",  "manifest", "record"};
  const uint32_t at = choice.at;
  if (choice.is_fault()) {
    return fmt::format("{} {}", kFaultNames[static_cast<size_t>(choice.fault)], at);
  }
  std::string text = fmt::format("{} {}", kNames[choice.kind], at);
  if (choice.kind == Choice::kUp) {
    const Link& link = links_[at];
    text += fmt::format(": {} {}/{} worker {} to {}", kUps[link.up.front().kind],
                        link.up.front().generation.value(), link.up.front().number, link.worker,
                        link.coordinator);
  } else if (choice.kind == Choice::kDown) {
    const Link& link = links_[at];
    text += fmt::format(": {} {}/{} worker {} from {}", kDowns[link.down.front().kind],
                        link.down.front().generation.value(), link.down.front().number, link.worker,
                        link.coordinator);
  } else if (choice.kind == Choice::kStore) {
    const Call& call = calls_[at];
    text += fmt::format(": {} {} of {}{}", kCalls[call.kind], call.generation.value(),
                        call.coordinator, call.answer.has_value() ? ", answer" : "");
  } else if (choice.kind == Choice::kTime) {
    text = fmt::format("time: {} to {}", now_us_, *next_time());
  } else if (choice.kind == Choice::kWake) {
    text += fmt::format(": job {}", job::to_text(coordinators_[at].job.phase()));
  }
  return text;
}

}  // namespace weir
