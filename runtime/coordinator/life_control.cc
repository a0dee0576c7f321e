#include "runtime/coordinator/life_control.h"

#include "runtime/coordinator/state_fit.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kForeverMicros = int64_t{365} * 24 * 3600 * 1'000'000;

}  // namespace

LifeControl::LifeControl(const Plan& plan, JobHistory& history, LifeSetup setup, Send send)
    : plan_(plan),
      history_(history),
      setup_(std::move(setup)),
      send_(std::move(send)),
      splits_known_(setup_.peers.size()) {}

void LifeControl::replay(PeerIndex by) {
  send_(by, order::Replay{setup_.graph, setup_.options, setup_.life.from->id});
}

void LifeControl::prepare() {
  order::Prepare life{.graph = setup_.graph,
                      .options = setup_.options,
                      .batch_rows = setup_.batch_rows,
                      .peers = setup_.peers,
                      .placement = setup_.placement,
                      .lineage = setup_.life.lineage,
                      .with_state = setup_.is_kept};
  if (setup_.life.from.has_value()) life.from = setup_.life.from->id;
  for (uint32_t peer = 0; peer < setup_.peers.size(); ++peer) {
    life.self = PeerIndex(peer);
    send_(life.self, life);
  }
}

Status LifeControl::start() {
  if (setup_.life.from.has_value()) {
    TRY(check_fit(*setup_.life.from, plan_, tables_));
  }
  // A job that nobody continues and that ends by itself is one epoch long, if its output may wait.
  has_epochs_ = setup_.is_kept || !is_bounded_ || waits_in_memory_;
  order_all(order::Start{splits_});
  splits_read_ = splits_.size();
  std::fill(splits_known_.begin(), splits_known_.end(), splits_.size());
  return {};
}

void LifeControl::hear(PeerIndex from, const decltype(FromWorker::what)& report, int64_t now_us) {
  if (const auto* prepared = std::get_if<report::Prepared>(&report)) {
    take_in(*prepared);
  } else if (const auto* found = std::get_if<report::SplitsFound>(&report)) {
    take_in(*found);
  } else if (const auto* known = std::get_if<report::SplitsKnown>(&report)) {
    take_in(from, *known);
  } else if (const auto* standings = std::get_if<report::Standings>(&report)) {
    pass_on(from, *standings);
  } else if (checkpoints_.has_value()) {
    checkpoints_->hear(report, now_us);
  } else {
    early_.push_back(report);
  }
}

void LifeControl::take_in(const report::Prepared& prepared) {
  tables_.insert(tables_.end(), prepared.tables.begin(), prepared.tables.end());
  splits_.insert(splits_.end(), prepared.splits.begin(), prepared.splits.end());
  is_bounded_ = is_bounded_ && prepared.is_bounded;
  waits_in_memory_ = waits_in_memory_ || prepared.waits_in_memory;
}

void LifeControl::run(int64_t now_us) {
  const Life& life = setup_.life;
  CheckpointSetup setup{.base = {.generation = life.generation, .epoch = {}},
                        .lineage = life.lineage,
                        .script = plan_.options.job_name,
                        .placement = setup_.placement,
                        .peers = static_cast<uint32_t>(setup_.peers.size())};
  setup.settings.interval_us = has_epochs_ ? plan_.options.checkpoint_interval : kForeverMicros;
  // Why: docs/decisions/0025-first-checkpoints-come-early.md
  setup.settings.first_interval_us = std::max(setup.settings.interval_us / 10, int64_t{1});
  setup.settings.max_alignment_us = plan_.options.max_alignment;
  if (life.from.has_value()) {
    setup.base.epoch = life.from->id.epoch;
    setup.parent = life.from->id;
  }
  checkpoints_.emplace(plan_, history_, std::move(setup), send_, now_us);
  for (const auto& report : std::exchange(early_, {})) checkpoints_->hear(report, now_us);
  if (stop_requested_) checkpoints_->request_stop(now_us);
}

// All workers are to know a split's name before any row of it can reach them.
void LifeControl::take_in(const report::SplitsFound& found) {
  splits_.insert(splits_.end(), found.splits.begin(), found.splits.end());
  order_all(order::KnowSplits{found.splits});
}

void LifeControl::take_in(PeerIndex from, const report::SplitsKnown& known) {
  splits_known_[from.value()] = known.known;
  const uint64_t by_all = *std::min_element(splits_known_.begin(), splits_known_.end());
  if (by_all == splits_read_) return;
  splits_read_ = by_all;
  order_all(order::ReadSplits{by_all});
}

void LifeControl::pass_on(PeerIndex from, const report::Standings& standings) {
  for (uint32_t peer = 0; peer < setup_.peers.size(); ++peer) {
    if (PeerIndex(peer) != from) send_(PeerIndex(peer), order::Standings{standings.readers});
  }
}

void LifeControl::request_stop(int64_t now_us) {
  stop_requested_ = true;
  if (checkpoints_.has_value()) checkpoints_->request_stop(now_us);
}

void LifeControl::tick(int64_t now_us) {
  if (checkpoints_.has_value()) checkpoints_->tick(now_us);
}

std::optional<int64_t> LifeControl::next_wakeup() const {
  return checkpoints_.has_value() ? checkpoints_->next_wakeup() : std::nullopt;
}

const CheckpointEnd* LifeControl::ended() const {
  if (!checkpoints_.has_value() || !checkpoints_->ended().has_value()) return nullptr;
  return &*checkpoints_->ended();
}

}  // namespace weir
