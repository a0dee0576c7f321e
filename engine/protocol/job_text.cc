// A JobMachine and its words, for people.
#include "engine/base/check.h"
#include "engine/protocol/job.h"

#include <fmt/format.h>

namespace weir {

const char* job::to_text(Phase phase) {
  switch (phase) {
    case Phase::kWaiting: return "waiting";
    case Phase::kFencing: return "fencing";
    case Phase::kStopping: return "stopping";
    case Phase::kLooking: return "looking";
    case Phase::kBasing: return "basing";
    case Phase::kConfirming: return "confirming";
    case Phase::kReplaying: return "replaying";
    case Phase::kMarking: return "marking";
    case Phase::kPreparing: return "preparing";
    case Phase::kStarting: return "starting";
    case Phase::kRunning: return "running";
    case Phase::kAsking: return "asking";
    case Phase::kPausing: return "pausing";
    case Phase::kSaving: return "saving";
    case Phase::kEnding: return "ending";
    case Phase::kOver: return "over";
  }
  unreachable();
}

const char* job::to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFinished: return "finished";
    case Outcome::kStopped: return "stopped";
    case Outcome::kCancelled: return "cancelled";
    case Outcome::kFailed: return "failed";
    case Outcome::kStoodDown: return "stood_down";
  }
  unreachable();
}

std::string JobMachine::state_text(int64_t now_us) const {
  std::string text = fmt::format("{} generation={} slots={}/{}", job::to_text(phase_),
                                 generation_.value(), parallelism_, wanted_);
  const auto add = [&](const char* name, auto value) {
    fmt::format_to(std::back_inserter(text), " {}={}", name, value);
  };
  if (deadline_us_.has_value()) add("deadline", *deadline_us_ - now_us);
  if (!old_leases_over_) add("old_leases", *job_.old_leases_end_us - now_us);
  if (phase_ == job::Phase::kRunning) add("ran", now_us - running_since_us_);
  if (phase_ == job::Phase::kAsking) add("again", again_us_ - now_us);
  if (from_.has_value()) {
    text += fmt::format(" from={}/{}", from_->generation.value(), from_->epoch.value());
  }
  add("flags", replay_ + 2 * last_ + 4 * calling_ + 16 * displaced_ + 32 * stop_ + 64 * save_ +
                   128 * taking_last_ + 256 * begun_);
  add("failures", failures_);
  add("store_failures", store_failures_);
  add("checkpoints", checkpoints_);
  add("savepoints", savepoints_.size());
  if (outcome_.has_value()) add("outcome", job::to_text(*outcome_));
  if (!trouble_.empty()) add("trouble", trouble_);
  for (WorkerId id : placement_) add("at", id.value());
  for (WorkerId id : awaited_) add("awaits", id.value());
  for (const auto& [id, worker] : workers_) {
    text += fmt::format(" worker={} generation={} delivering={} lost={}", id.value(),
                        worker.generation.value(), worker.delivering, worker.lost);
    if (!worker.told.has_value()) continue;
    add("told", worker.told->value());
    add("told_us", worker.told_us - now_us);
  }
  return text;
}

}  // namespace weir
