// The cluster that a JobControl runs on, played by a test: it remembers what the job asks for, and
// the test waits for what it expects.
#pragma once

#include "runtime/coordinator/job_control.h"
#include "runtime/messages/clock.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

// Waits for what nobody tells about.
template <typename Condition>
void eventually(Condition holds) {
  const int64_t until = monotonic_micros() + kWatchdogMicros;
  while (!holds()) {
    REQUIRE(monotonic_micros() < until);
    std::this_thread::yield();
  }
}

class PlayedCluster {
 public:
  template <typename Order>
  struct Sent {
    WorkerId to;
    Generation generation;
    Order order;
  };
  struct Ended {
    std::optional<JobState> state;
    std::optional<Error> error;
  };

  ClusterPort port() {
    return {.want = [this](uint32_t parallelism) { note([&] { wants_.push_back(parallelism); }); },
            .release = [this] { note([&] { ++released_; }); },
            .give_up = [this](WorkerId worker,
                              const Error&) { note([&] { given_up_.push_back(worker); }); },
            .send =
                [this](WorkerId to, ToWorker order) {
                  note([&] { orders_.emplace_back(to, std::move(order)); });
                },
            .exchange_address =
                [](WorkerId worker) { return "host-" + std::to_string(worker.value()); },
            .leads = [this]() -> Result<bool> { return !is_superseded; },
            .has_ended = [this]() -> Result<bool> { return has_ended_elsewhere.load(); },
            .changed = [this](const JobEvent& event) { note([&] { events_.push_back(event); }); },
            .ended =
                [this](std::optional<JobState> state, const std::optional<Error>& error) {
                  note([&] { ended_ = {state, error}; });
                }};
  }

  // How many slots the job wants next.
  uint32_t wanted() {
    std::unique_lock lock(mutex_);
    await(lock, [this] { return !wants_.empty(); });
    const uint32_t parallelism = wants_.front();
    wants_.pop_front();
    return parallelism;
  }
  // The next order of this kind; those before it are passed over.
  template <typename Order>
  Sent<Order> sent() {
    std::unique_lock lock(mutex_);
    for (;;) {
      await(lock, [this] { return !orders_.empty(); });
      auto [to, next] = std::move(orders_.front());
      orders_.pop_front();
      auto* order = std::get_if<Order>(&next.what);
      if (order != nullptr) return {to, next.generation, std::move(*order)};
    }
  }
  WorkerId given_up() {
    std::unique_lock lock(mutex_);
    await(lock, [this] { return !given_up_.empty(); });
    return given_up_.front();
  }
  Ended ended() {
    std::unique_lock lock(mutex_);
    await(lock, [this] { return ended_.has_value(); });
    return *ended_;
  }
  // Until the job is in this state.
  JobEvent in(JobState state) {
    std::unique_lock lock(mutex_);
    await(lock, [&] { return !events_.empty() && events_.back().state == state; });
    return events_.back();
  }
  // Until it says this of its state.
  void says(const std::string& reason) {
    std::unique_lock lock(mutex_);
    await(lock, [&] { return !events_.empty() && events_.back().reason == reason; });
  }
  // Whether a later coordinator has begun its term.
  std::atomic<bool> is_superseded = false;
  std::atomic<bool> has_ended_elsewhere = false;

  int released() const {
    const std::lock_guard lock(mutex_);
    return released_;
  }

 private:
  template <typename What>
  void note(What what) {
    const std::lock_guard lock(mutex_);
    what();
    changed_.notify_all();
  }
  template <typename Condition>
  void await(std::unique_lock<std::mutex>& lock, Condition holds) {
    const bool held = changed_.wait_for(lock, std::chrono::microseconds(kWatchdogMicros), holds);
    for (const JobEvent& event : events_)
      UNSCOPED_INFO(state_name(event.state) << " " << event.reason);
    REQUIRE(held);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<uint32_t> wants_;
  std::deque<std::pair<WorkerId, ToWorker>> orders_;
  std::vector<WorkerId> given_up_;
  std::vector<JobEvent> events_;
  std::optional<Ended> ended_;
  int released_ = 0;
};

}  // namespace weir
