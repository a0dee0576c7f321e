#include "runtime/coordinator/seat.h"

#include "runtime/coordinator/api.h"

#include <mutex>
#include <utility>

namespace weir {

Seat::Seat(std::string version, TurnAway turn_away)
    : turn_away_(std::move(turn_away)), standby_(std::move(version)) {}

void Seat::put(std::unique_ptr<Coordinator> coordinator) {
  const std::unique_lock lock(mutex_);
  CHECK(coordinator_ == nullptr);
  coordinator_ = std::move(coordinator);
}

std::unique_ptr<Coordinator> Seat::take() {
  const std::unique_lock lock(mutex_);
  return std::move(coordinator_);
}

void Seat::stand_down(const Error& why) {
  const std::shared_lock lock(mutex_);
  if (coordinator_ != nullptr) coordinator_->stand_down(why);
}

void Seat::hello(SessionId session, const Hello& hello) {
  const std::shared_lock lock(mutex_);
  if (coordinator_ != nullptr) return coordinator_->hello(session, hello);
  turn_away_(session, standby_.reason());
}

void Seat::heard(SessionId session, FromWorker report) {
  const std::shared_lock lock(mutex_);
  if (coordinator_ != nullptr) coordinator_->heard(session, std::move(report));
}

void Seat::heartbeat(SessionId session, uint64_t beat) {
  const std::shared_lock lock(mutex_);
  if (coordinator_ != nullptr) coordinator_->heartbeat(session, beat);
}

void Seat::broken(SessionId session, const Error& reason) {
  const std::shared_lock lock(mutex_);
  if (coordinator_ != nullptr) coordinator_->broken(session, reason);
}

ApiReply Seat::answer(const ApiRequest& request) {
  const std::shared_lock lock(mutex_);
  if (coordinator_ != nullptr) return handle_api(*coordinator_, request);
  return handle_api(standby_, request);
}

}  // namespace weir
