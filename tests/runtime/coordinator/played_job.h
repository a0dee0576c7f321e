// One job on a cluster that the test plays: a table copied into another, so that it is one task
// and one slot of a sink for each instance.
#pragma once

#include "runtime/coordinator/job_control.h"
#include "runtime/local/volatile_store.h"
#include "tests/runtime/coordinator/played_cluster.h"
#include "tests/runtime/local/jobs.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir {

inline constexpr WorkerId kOne{1};
inline constexpr WorkerId kTwo{2};

// Fails so many of the next calls.
class TroubledStore : public VolatileStore {
 public:
  Status put(const std::string& name, std::string_view bytes) override {
    if (fails()) return trouble();
    return VolatileStore::put(name, bytes);
  }
  Result<PutIfAbsent> put_if_absent(const std::string& name, std::string_view bytes) override {
    if (fails()) return trouble();
    return VolatileStore::put_if_absent(name, bytes);
  }
  Result<std::optional<std::string>> get(const std::string& name) override {
    if (fails()) return trouble();
    return VolatileStore::get(name);
  }
  Result<std::vector<std::string>> list(const std::string& prefix) override {
    if (fails()) return trouble();
    return VolatileStore::list(prefix);
  }

  static Error trouble() { return unavailable("the store does not answer"); }
  std::atomic<int> failures = 0;

 private:
  bool fails() { return failures.load() > 0 && failures.fetch_sub(1) > 0; }
};

struct JobWish {
  uint32_t parallelism = 1;
  int64_t interval_us = int64_t{3'600} * kSecond;
  uint32_t restart_attempts = 10;
  int64_t max_drop_us = 3'600 * kSecond;
  std::string savepoint = {};
  bool forks = false;
  std::optional<int64_t> old_leases_end_us = {};
};

inline JobSetup setup_of(const JobWish& wish) {
  Graph graph;
  graph.connect(graph.source("in"), graph.sink("out", table_schema()));
  PlannedJob job = graph.job(wish.parallelism);
  job.graph.options.job_name = "copy";
  job.graph.options.checkpoint_interval = wish.interval_us;
  JobSetup setup{.id = "j",
                 .graph = job.graph,
                 .options = job.options,
                 .savepoint = wish.savepoint,
                 .forks = wish.forks,
                 .old_leases_end_us = wish.old_leases_end_us,
                 .submitted_at = 5};
  setup.settings.restart_pause = {1, 1};
  setup.settings.store_pause = {1, 1};
  setup.settings.restart_attempts = wish.restart_attempts;
  setup.settings.max_drop_us = wish.max_drop_us;
  return setup;
}

class PlayedJob {
 public:
  explicit PlayedJob(const JobWish& wish = {}, int store_failures = 0) : setup(setup_of(wish)) {
    store.failures = store_failures;
    Result<std::unique_ptr<JobControl>> begun = JobControl::begin(setup, store, cluster.port());
    INFO((begun.ok() ? "" : begun.error().message));
    REQUIRE(begun.ok());
    control = std::move(begun).value();
  }

  void grant(std::vector<WorkerId> workers) {
    by_instance = std::move(workers);
    control->tell(job::Granted{by_instance});
  }
  void say(WorkerId worker, decltype(FromWorker::what) what) {
    control->hear(worker, {"j", generation, std::move(what)});
  }
  // All workers make their tasks.
  void prepare() {
    for (size_t i = 0; i < workers(); ++i) {
      const auto prepare = cluster.sent<order::Prepare>();
      generation = prepare.generation;
      say(prepare.to, report::Prepared{.is_bounded = false});
    }
    is_prepared = true;
  }
  // All workers start them; made before, if they are not.
  void start() {
    if (!is_prepared) prepare();
    is_prepared = false;
    for (size_t i = 0; i < workers(); ++i) say(cluster.sent<order::Start>().to, report::Started{});
  }
  // From its wish for slots until it runs.
  void run(std::vector<WorkerId> granted = {kOne}) {
    CHECK(cluster.wanted() == granted.size());
    grant(std::move(granted));
    start();
    cluster.in(JobState::kRunning);
  }
  // Of the next epoch, by all tasks.
  Epoch snapshot(bool* is_last = nullptr) {
    const order::Inject inject = cluster.sent<order::Inject>().order;
    if (is_last != nullptr) *is_last = inject.last;
    for (size_t task = 0; task < by_instance.size(); ++task) {
      say(by_instance[task], report::SnapshotTaken{.task = TaskId(static_cast<uint32_t>(task)),
                                                   .epoch = inject.epoch,
                                                   .snapshot = {.source = "in"}});
    }
    return inject.epoch;
  }
  // All workers deliver.
  void commit() {
    for (size_t i = 0; i < workers(); ++i) {
      const auto commit = cluster.sent<order::Commit>();
      for (const SlotIndex slot : commit.order.slots) {
        say(commit.to, report::OutputCommitted{slot, commit.order.epoch});
      }
    }
  }
  // A whole one; whether it was the last.
  bool checkpoint() {
    bool is_last = false;
    snapshot(&is_last);
    commit();
    return is_last;
  }
  // The next worker that is to drop its tasks does.
  WorkerId drop() {
    const auto drop = cluster.sent<order::Drop>();
    control->hear(drop.to, {"j", drop.generation, report::Dropped{}});
    return drop.to;
  }

  const JobSetup setup;
  TroubledStore store;
  PlayedCluster cluster;
  std::unique_ptr<JobControl> control;
  std::vector<WorkerId> by_instance;
  Generation generation;
  bool is_prepared = false;

 private:
  size_t workers() const {
    std::vector<WorkerId> each = by_instance;
    std::sort(each.begin(), each.end());
    return static_cast<size_t>(std::unique(each.begin(), each.end()) - each.begin());
  }
};

}  // namespace weir
