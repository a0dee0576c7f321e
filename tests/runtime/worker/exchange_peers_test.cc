// Two workers over two exchanges, and the coordinator's half of one job: rows go from worker to
// worker by key.
#include "runtime/worker/exchange_peers.h"

#include "runtime/coordinator/job_control.h"
#include "runtime/local/volatile_store.h"
#include "tests/runtime/coordinator/played_cluster.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace weir {
namespace {

class TwoWorkers {
 public:
  TwoWorkers() {
    for (const WorkerId id : {WorkerId(1), WorkerId(2)}) add(id);
  }
  // Parts report to the job, and the job orders them about.
  ~TwoWorkers() {
    if (control != nullptr) control->close();
    members_.clear();
    control.reset();
  }

  void begin(PlannedJob job) {
    job.graph.options.checkpoint_interval = 20'000;
    JobSetup setup{.id = "j", .graph = job.graph, .options = job.options, .batch_rows = 7};
    setup.settings.restart_pause = {1, 1};
    ClusterPort port = cluster.port();
    port.send = [this](WorkerId to, ToWorker order) {
      members_.at(to)->worker->heard(std::move(order));
    };
    port.exchange_address = [this](WorkerId of) { return members_.at(of)->exchange->address(); };
    control = JobControl::begin(std::move(setup), store, std::move(port)).value();
    start();  // Orders come to a worker that was welcomed.
    grant();
  }
  void grant() {
    CHECK(cluster.wanted() == 2);
    control->tell(job::Granted{{WorkerId(1), WorkerId(2)}});
  }

  Tables tables;
  VolatileStore store;
  PlayedCluster cluster;
  std::unique_ptr<JobControl> control;

 private:
  struct Member {
    std::unique_ptr<Exchange> exchange;
    std::unique_ptr<Worker> worker;
  };

  void add(WorkerId id) {
    auto member = std::make_unique<Member>();
    member->exchange = Exchange::listen("127.0.0.1:0", {}).value();
    WorkerLink link{.connect = [] {},
                    .send = [this, id](const FromWorker& report) { control->hear(id, report); },
                    .beat = [](uint64_t) {}};
    member->worker = std::make_unique<Worker>(
        WorkerSetup{.connectors = tables.factory(),
                    .peers = peers_over(*member->exchange),
                    .open_store = [this](const Welcome&) -> Result<std::shared_ptr<SnapshotStore>> {
                      return std::shared_ptr<SnapshotStore>(std::shared_ptr<void>(), &store);
                    },
                    .link = std::move(link),
                    .note = [](const std::string&, const std::string&) {},
                    .failed = [](const Error&) {}});
    members_[id] = std::move(member);
  }
  void start() {
    for (auto& [id, member] : members_) {
      member->worker->start();
      member->worker->welcomed({.worker = id.value(), .lease_us = 3'600 * kSecond});
    }
  }

  std::map<WorkerId, std::unique_ptr<Member>> members_;
};

// What one worker makes of the same rows.
std::vector<std::string> counted_by_one() {
  Tables tables;
  tables.sources["in"].splits = four_splits(200);
  run_to_the_end(counting_graph().job(1), tables);
  return sorted(tables.written("out").delivered);
}

TEST_CASE("TwoWorkersCountWhatOneCounts") {
  TwoWorkers two;
  two.tables.sources["in"].splits = four_splits(200);
  two.begin(counting_graph().job(2));
  CHECK(two.cluster.ended().state == JobState::kFinished);
  CHECK(sorted(two.tables.written("out").delivered) == counted_by_one());
  const PlannedJob job = counting_graph().job(2);
  CHECK(unbalanced(make_plan(job.graph, job.options), two.control->reports()).empty());
}

TEST_CASE("ALifeThatFailsOnOneWorkerGoesOnOnBoth") {
  TwoWorkers two;
  auto breaks = std::make_shared<std::atomic<int>>(1);
  two.tables.sources["in"] = {
      .splits = four_splits(200), .breaks_after = 50, .breaks_left = std::move(breaks)};
  two.begin(counting_graph().job(2));
  two.grant();
  CHECK(two.cluster.ended().state == JobState::kFinished);
  CHECK(two.control->view().restarts_total == 1);
  CHECK(sorted(two.tables.written("out").delivered) == counted_by_one());
}

}  // namespace
}  // namespace weir
