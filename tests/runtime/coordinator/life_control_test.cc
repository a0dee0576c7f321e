// Two workers that are only a list of what they were told, and answers made by hand.
#include "runtime/coordinator/life_control.h"

#include "runtime/local/volatile_store.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Order = decltype(ToWorker::what);
using Report = decltype(FromWorker::what);

JobSplit split_of_in(const std::string& name) {
  JobSplit split;
  split.step = "in";
  split.name = name;
  return split;
}

class TwoWorkers {
 public:
  TwoWorkers() {
    life.generation = history.fence().value();
    life.lineage = "l";
    REQUIRE(history.write_base(life.generation, std::nullopt).ok());
    control.emplace(
        plan, history,
        LifeSetup{.graph = job.graph,
                  .options = job.options,
                  .life = life,
                  .peers = {"a", "b"},
                  .placement = {PeerIndex(0), PeerIndex(1), PeerIndex(0), PeerIndex(1)},
                  .batch_rows = 8},
        [this](PeerIndex peer, Order order) { told[peer.value()].push_back(std::move(order)); });
  }

  void hear(uint32_t peer, const Report& report) { control->hear(PeerIndex(peer), report, now); }
  // The last thing that the worker was told.
  template <typename T>
  const T* last(uint32_t peer) const {
    return told[peer].empty() ? nullptr : std::get_if<T>(&told[peer].back());
  }
  void start() {
    control->prepare();
    hear(0, report::Prepared{.splits = {split_of_in("0")}});
    hear(1, report::Prepared{});
    REQUIRE(control->start().ok());
    hear(0, report::Started{});
    hear(1, report::Started{});
    control->run(now);
  }
  void all_tasks_report(Epoch epoch) {
    for (uint32_t task = 0; task < 4; ++task) {
      hear(task % 2, report::SnapshotTaken{.task = TaskId(task), .epoch = epoch});
    }
  }

  PlannedJob job = [] {
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()),
                  {.kind = DistributionKind::kRebalance});
    return graph.job(2);
  }();
  Plan plan = make_plan(job.graph, job.options);
  VolatileStore store;
  JobHistory history{store, "job"};
  Life life;
  std::vector<Order> told[2];
  int64_t now = 0;
  std::optional<LifeControl> control;
};

TEST_CASE("EveryWorkerIsToldItsPlaceAndAllSplits") {
  TwoWorkers workers;
  workers.control->prepare();
  REQUIRE(workers.last<order::Prepare>(1)->self == PeerIndex(1));
  CHECK(workers.last<order::Prepare>(1)->peers == std::vector<std::string>{"a", "b"});
  workers.hear(0, report::Prepared{.splits = {split_of_in("0")}});
  workers.hear(1, report::Prepared{.splits = {split_of_in("1")}});
  REQUIRE(workers.control->start().ok());
  CHECK(workers.last<order::Start>(1)->splits.size() == 2);
}

TEST_CASE("EveryWorkerHearsOfEverySplitBeforeOneReadsIt") {
  TwoWorkers workers;
  workers.start();
  CHECK(workers.control->checkpoints() != nullptr);
  workers.hear(0, report::SplitsFound{{split_of_in("1")}});
  REQUIRE(workers.last<order::KnowSplits>(1) != nullptr);
  workers.hear(0, report::SplitsKnown{2});
  CHECK(workers.last<order::ReadSplits>(0) == nullptr);
  workers.hear(1, report::SplitsKnown{2});
  REQUIRE(workers.last<order::ReadSplits>(0) != nullptr);
  CHECK(workers.last<order::ReadSplits>(0)->known == 2);
}

TEST_CASE("ReadersHearWhereThoseOfOtherWorkersStand") {
  TwoWorkers workers;
  workers.start();
  workers.hear(0, report::Standings{{{0, {.reading_at = 7}}}});
  REQUIRE(workers.last<order::Standings>(1) != nullptr);
  CHECK(workers.last<order::Standings>(1)->readers.at(0).reading_at == 7);
  CHECK(workers.last<order::Standings>(0) == nullptr);
}

TEST_CASE("AReportThatComesBeforeTheLifeRunsCounts") {
  TwoWorkers workers;
  workers.control->prepare();
  workers.hear(0, report::Prepared{});
  workers.hear(1, report::Prepared{});
  REQUIRE(workers.control->start().ok());
  for (uint32_t task = 0; task < 4; ++task) {
    workers.hear(task % 2,
                 report::SnapshotTaken{.task = TaskId(task), .epoch = Epoch(1), .final = true});
  }
  workers.control->run(workers.now);
  workers.control->tick(workers.control->next_wakeup().value());
  CHECK(workers.control->checkpoints()->totals().taken == 1);
}

TEST_CASE("AStopEndsWithALastCheckpoint") {
  TwoWorkers workers;
  workers.start();
  workers.control->request_stop(workers.now);
  const auto* barrier = workers.last<order::Inject>(0);
  REQUIRE(barrier != nullptr);
  CHECK(barrier->last);
  workers.all_tasks_report(barrier->epoch);
  const auto* commit = workers.last<order::Commit>(1);
  REQUIRE(commit != nullptr);
  CHECK(commit->slots == std::vector<SlotIndex>{SlotIndex(1)});
  workers.hear(0, report::OutputCommitted{SlotIndex(0), commit->epoch});
  workers.hear(1, report::OutputCommitted{SlotIndex(1), commit->epoch});
  REQUIRE(workers.control->ended() != nullptr);
  CHECK(workers.control->ended()->status.ok());
  CHECK(workers.history.look(workers.life.generation).value()->committed);
}

}  // namespace
}  // namespace weir
