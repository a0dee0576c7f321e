#include "runtime/task/executor.h"

#include "runtime/messages/clock.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace weir {
namespace {

using std::chrono::microseconds;
using SteadyClock = std::chrono::steady_clock;

// How long to look for work before sleeping: a wake-up from sleep costs about as much. Only where
// work keeps coming so fast that looking pays, which is after kShortWaits waits in a row that were
// shorter than kShortWait: at a low rate looking would be most of what the engine does.
constexpr microseconds kSpin{30};
constexpr microseconds kShortWait{100};
constexpr int kShortWaits = 8;
constexpr int64_t kReportEveryMicros = 100'000;
// One task's turn: at most so many steps and so much time.
constexpr int kStepsInTurn = 64;
constexpr int64_t kTurnMicros = 1'000;
// A sleeper looks up at least so often.
constexpr int64_t kSleepMaxMicros = 200'000;

}  // namespace

class Executor::Loop {
 public:
  explicit Loop(Ended ended) : ended_(std::move(ended)) {}

  std::function<void()> add(Task& task) {
    entries_.push_back(std::make_unique<Entry>(task));
    Entry* entry = entries_.back().get();
    return [this, entry] { wake(*entry); };
  }

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  void wake_all() {
    for (const auto& entry : entries_) entry->ready.store(true);
    rouse();
  }

  void stop() {
    stopped_.store(true);
    rouse();
  }

  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Entry {
    explicit Entry(Task& t) : task(t) {}

    Task& task;
    std::atomic<bool> ready{true};
    bool ended = false;
    std::optional<int64_t> wake_at;  // Monotonic, as reported_at.
    int64_t reported_at = 0;
  };

  void wake(Entry& entry) {
    // Loading first keeps the line shared between the cores of a busy pair of tasks.
    if (!entry.ready.load()) entry.ready.store(true);
    if (sleeping_.load()) rouse();
  }

  void rouse() {
    boost::asio::post(io_, [] {});
  }

  void run() {
    size_t running = entries_.size();
    while (running != 0 && !stopped_.load()) {
      bool any = false;
      for (const auto& entry : entries_) {
        if (entry->ended || !is_due(*entry)) continue;
        any = true;
        turn(*entry);
        if (entry->ended) --running;
      }
      io_.restart();
      io_.poll();
      if (!any && running != 0) wait();
    }
  }

  bool is_due(Entry& entry) {
    if (entry.ready.load()) return true;
    return entry.wake_at.has_value() && *entry.wake_at <= monotonic_micros();
  }

  // Cleared before the work: a wake-up that comes during the last step makes the task ready again.
  void turn(Entry& entry) {
    entry.ready.store(false);
    entry.wake_at.reset();
    Instant now = instant_now();
    const int64_t began = now.monotonic;
    for (int steps = 0; steps < kStepsInTurn && now.monotonic - began < kTurnMicros; ++steps) {
      Result<StepResult> result = entry.task.step(now);
      if (!result.ok()) return end(entry, std::move(result).error());
      if (*result == StepResult::kFinished) return end(entry, {});
      if (*result == StepResult::kWaiting) {
        entry.wake_at = entry.task.wake_at();
        entry.task.add_busy(now.monotonic - began);
        return report(entry, now.monotonic);
      }
      now = instant_now();
    }
    entry.ready.store(true);
    entry.task.add_busy(now.monotonic - began);
    report(entry, now.monotonic);
  }

  void report(Entry& entry, int64_t now) {
    if (now - entry.reported_at < kReportEveryMicros) return;
    entry.reported_at = now;
    entry.task.publish_report(now);
  }

  void end(Entry& entry, Status status) {
    entry.ended = true;
    entry.task.publish_report(monotonic_micros());
    ended_(entry.task, std::move(status));
  }

  bool any_due() {
    return std::any_of(entries_.begin(), entries_.end(),
                       [this](const auto& e) { return !e->ended && is_due(*e); });
  }

  void wait() {
    const SteadyClock::time_point began = SteadyClock::now();
    const bool spins = short_waits_ >= kShortWaits;
    while (spins && SteadyClock::now() - began < kSpin) {
      if (any_due() || stopped_.load()) return;
    }
    wait_for_event();
    short_waits_ = SteadyClock::now() - began < kShortWait ? short_waits_ + 1 : 0;
    for (const auto& entry : entries_) {
      if (!entry->ended) report(*entry, monotonic_micros());
    }
  }

  void wait_for_event() {
    sleeping_.store(true);
    // Whoever made a task ready before it saw us sleeping must be seen here.
    if (!any_due() && !stopped_.load()) {
      const int64_t now = monotonic_micros();
      int64_t sleep = kSleepMaxMicros;
      for (const auto& entry : entries_) {
        if (entry->ended || !entry->wake_at.has_value()) continue;
        sleep = std::min(sleep, std::max<int64_t>(*entry->wake_at - now, 1));
      }
      // Without work of its own an io_context would return at once.
      const auto guard = boost::asio::make_work_guard(io_);
      io_.restart();
      io_.run_one_for(microseconds(sleep));
    }
    sleeping_.store(false);
  }

  const Ended ended_;
  std::vector<std::unique_ptr<Entry>> entries_;
  boost::asio::io_context io_{1};
  int short_waits_ = 0;  // In a row, up to now.
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

Executor::Executor(Ended ended) : loop_(std::make_unique<Loop>(std::move(ended))) {}
Executor::~Executor() {
  loop_->stop();
  loop_->join();
}
std::function<void()> Executor::add(Task& task) { return loop_->add(task); }
void Executor::start() { loop_->start(); }
void Executor::wake_all() { loop_->wake_all(); }
void Executor::stop() { loop_->stop(); }
void Executor::join() { loop_->join(); }

}  // namespace weir
