#include "runtime/coordinator/standby.h"

#include "runtime/messages/clock.h"

#include <fmt/format.h>

#include <utility>

namespace weir {

Standby::Standby(std::string version) : version_(std::move(version)), since_(wall_clock_micros()) {}

void Standby::follow(const std::string& leader) {
  const std::lock_guard lock(mutex_);
  leader_ = leader;
}

std::string Standby::reason() const {
  const std::lock_guard lock(mutex_);
  if (leader_.empty()) {
    return "this coordinator stands by, and none leads now: ask again in a few seconds";
  }
  return fmt::format(
      "this coordinator stands by: {} leads; name all coordinators, separated by commas", leader_);
}

Refusal Standby::refusal() const {
  return {.kind = RefusalKind::kUnavailable, .message = reason()};
}

Answer<std::string> Standby::submit(const SubmitRequest&) { return refusal(); }
Answer<std::vector<JobView>> Standby::jobs() { return refusal(); }
Answer<JobView> Standby::job(const std::string&) { return refusal(); }
Answer<SavepointView> Standby::stop(const PlaceForSavepoint&) { return refusal(); }
Answer<SavepointView> Standby::savepoint(const PlaceForSavepoint&) { return refusal(); }
Answer<Done> Standby::cancel(const std::string&) { return refusal(); }
Answer<Done> Standby::rescale(const std::string&, uint32_t) { return refusal(); }
Answer<PlanView> Standby::plan(const std::string&) { return refusal(); }
Answer<std::vector<CheckpointView>> Standby::checkpoints(const std::string&) { return refusal(); }
Answer<WhyView> Standby::why(const std::string&) { return refusal(); }
Answer<std::vector<JobEvent>> Standby::logs(const std::string&) { return refusal(); }

ClusterView Standby::cluster() {
  const std::lock_guard lock(mutex_);
  return {.version = version_, .is_leader = false, .leader = leader_, .since = since_};
}

}  // namespace weir
