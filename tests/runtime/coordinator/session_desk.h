// What a coordinator says over its sessions, and workers of the same process that answer some of
// them.
#pragma once

#include "engine/sql/sql.h"
#include "runtime/coordinator/coordinator.h"
#include "runtime/worker/worker.h"
#include "tests/runtime/coordinator/played_job.h"
#include "tests/runtime/coordinator/stored_graph.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

namespace weir {

class SessionDesk {
 public:
  explicit SessionDesk(const cluster::Settings& settings = {.lease_us = 3'600 * kSecond})
      : lease_us(settings.lease_us), settings_(settings) {
    begin();
  }
  ~SessionDesk() {
    end();
    workers_.clear();
  }

  void end() {
    set_alive(false);
    coordinator.reset();
  }

  // The next coordinator on this store. What workers say meanwhile is lost.
  void begin() {
    end();
    Result<std::unique_ptr<Coordinator>> begun =
        Coordinator::begin({.store = &store,
                            .store_name = "the store",
                            .savepoints = "savepoints",
                            .version = "7",
                            .read_job = read_job,
                            .read_expression = sql_expression,
                            .settings = settings_,
                            .ended_jobs_max = ended_jobs_max,
                            .link = link(),
                            .job_changed = [](const std::string&, const JobEvent&) {},
                            .note = [this](const std::string& event,
                                           const std::string&) { note([&] { ++notes_[event]; }); },
                            .stood_down = [this](const Error& e) { note([&] { ended_ = e; }); }});
    INFO((begun.ok() ? "" : begun.error().message));
    REQUIRE(begun.ok());
    coordinator = std::move(begun).value();
    set_alive(true);
  }

  void hello(SessionId session, uint32_t slots = 1) {
    const std::string number = std::to_string(session.value());
    coordinator->hello(session, {.version = "7",
                                 .exchange_address = "exchange-" + number,
                                 .http_address = "http-" + number,
                                 .slots = slots});
  }
  // One that runs what it is ordered.
  void add_worker(SessionId session, uint32_t slots) {
    const auto tell = [this](const auto& what) {
      const std::shared_lock lock(alive_mutex_);
      if (alive_) what();
    };
    WorkerLink link{
        .connect = [this, tell, session, slots] { tell([&] { hello(session, slots); }); },
        .send =
            [this, tell, session](const FromWorker& report) {
              tell([&] { coordinator->heard(session, report); });
            },
        .beat = [this, tell,
                 session](uint64_t beat) { tell([&] { coordinator->heartbeat(session, beat); }); }};
    auto worker = std::make_unique<Worker>(
        WorkerSetup{.connectors = tables.factory(),
                    .open_store = [this](const Welcome&) -> Result<std::shared_ptr<SnapshotStore>> {
                      return std::shared_ptr<SnapshotStore>(std::shared_ptr<void>(), &store);
                    },
                    .link = std::move(link),
                    .note = [](const std::string&, const std::string&) {},
                    .failed = [](const Error&) {}});
    Worker& made = *worker;
    note([&] { workers_[session] = std::move(worker); });
    made.start();
  }
  std::string submit(const std::string& name, uint32_t parallelism = 1) {
    const Answer<std::string> id = coordinator->submit({.name = name, .parallelism = parallelism});
    INFO((id.ok() ? "" : id.error().message));
    REQUIRE(id.ok());
    return *id;
  }
  JobView job(const std::string& name) { return coordinator->job(name).value(); }
  void cancel(const std::string& id) {
    REQUIRE(coordinator->cancel(id).ok());
    eventually([&] { return job(id).state == JobState::kCancelled; });
    // Its name is free once its end is known.
    eventually([&] { return !coordinator->rescale(id, 2).ok(); });
  }

  Welcome welcomed(SessionId session) {
    Welcome welcome;
    await([&] { return welcomes_.contains(session); }, [&] { welcome = welcomes_.at(session); });
    return welcome;
  }
  std::string refused(SessionId session) {
    std::string reason;
    await([&] { return refusals_.contains(session); }, [&] { reason = refusals_.at(session); });
    return reason;
  }
  // The next order of this kind; others are passed over.
  template <typename Order>
  std::pair<SessionId, Order> sent() {
    for (;;) {
      std::pair<SessionId, ToWorker> next;
      await([&] { return !orders_.empty(); },
            [&] {
              next = std::move(orders_.front());
              orders_.pop_front();
            });
      auto* order = std::get_if<Order>(&next.second.what);
      if (order != nullptr) return {next.first, std::move(*order)};
    }
  }
  Error stood_down() {
    std::optional<Error> error;
    await([&] { return ended_.has_value(); }, [&] { error = ended_; });
    return *error;
  }
  std::vector<uint64_t> renewed() {
    const std::lock_guard lock(mutex_);
    return renewals_;
  }
  std::vector<SessionId> closed() {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  size_t refusals() {
    const std::lock_guard lock(mutex_);
    return refusals_.size();
  }
  int noted(const std::string& event) {
    const std::lock_guard lock(mutex_);
    return notes_[event];
  }

  const int64_t lease_us;
  size_t ended_jobs_max = 100;  // Of the next coordinator.
  TroubledStore store;
  Tables tables;
  std::unique_ptr<Coordinator> coordinator;

 private:
  void set_alive(bool alive) {
    const std::unique_lock nobody_speaks(alive_mutex_);
    alive_ = alive;
  }

  static Answer<JobGraph> read_job(const SubmitRequest& request) {
    if (request.name == "unreadable") return Refusal{RefusalKind::kUser, "not SQL"};
    JobGraph graph = as_stored(setup_of({.interval_us = 10'000}).graph);
    for (Vertex& vertex : graph.vertices) {
      if (request.name == "reads elsewhere" && vertex.id == "in") vertex.id = "elsewhere";
    }
    graph.options.job_name = request.name;
    graph.options.parallelism = request.parallelism;
    return graph;
  }

  CoordinatorLink link() {
    return {.welcome =
                [this](SessionId session, const Welcome& welcome) {
                  note([&] { welcomes_[session] = welcome; });
                  if (Worker* worker = worker_of(session)) worker->welcomed(welcome);
                },
            .refuse = [this](SessionId session,
                             const std::string& why) { note([&] { refusals_[session] = why; }); },
            .send =
                [this](SessionId session, const ToWorker& order) {
                  Worker* worker = worker_of(session);
                  if (worker != nullptr) return worker->heard(order);
                  note([&] { orders_.emplace_back(session, order); });
                },
            .renew =
                [this](SessionId session, uint64_t beat) {
                  note([&] { renewals_.push_back(beat); });
                  if (Worker* worker = worker_of(session)) worker->renewed(beat);
                },
            .close = [this](SessionId session) { note([&] { closed_.push_back(session); }); }};
  }
  Worker* worker_of(SessionId session) {
    const std::lock_guard lock(mutex_);
    const auto found = workers_.find(session);
    return found == workers_.end() ? nullptr : found->second.get();
  }
  template <typename What>
  void note(What what) {
    const std::lock_guard lock(mutex_);
    what();
    changed_.notify_all();
  }
  template <typename Condition, typename What>
  void await(Condition holds, What then) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::microseconds(kWatchdogMicros), holds));
    then();
  }

  const cluster::Settings settings_;
  std::shared_mutex alive_mutex_;  // Held while workers speak.
  bool alive_ = false;             // There is a coordinator. Guarded by alive_mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::map<SessionId, Welcome> welcomes_;
  std::map<SessionId, std::string> refusals_;
  std::deque<std::pair<SessionId, ToWorker>> orders_;
  std::vector<uint64_t> renewals_;
  std::vector<SessionId> closed_;
  std::map<std::string, int> notes_;
  std::optional<Error> ended_;
  std::map<SessionId, std::unique_ptr<Worker>> workers_;
};

}  // namespace weir
