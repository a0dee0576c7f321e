// One worker made by hand: what its reports become in manifests, and what it is ordered.
#include "runtime/coordinator/checkpoint_control.h"

#include "runtime/local/volatile_store.h"
#include "tests/runtime/local/jobs.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

class OneWorker {
 public:
  OneWorker() {
    generation = history.fence().value();
    REQUIRE(history.write_base(generation, std::nullopt).ok());
    control.emplace(
        plan, history,
        CheckpointSetup{
            .base = {generation, Epoch(0)}, .lineage = "l", .placement = {PeerIndex(0)}},
        [this](PeerIndex, decltype(ToWorker::what) order) { told.push_back(std::move(order)); }, 0);
  }

  template <typename T>
  T take() {
    REQUIRE_FALSE(told.empty());
    const T order = std::get<T>(std::move(told.front()));
    told.erase(told.begin());
    return order;
  }
  // The next epoch, and what the task seals for it.
  Epoch inject() {
    now = control->next_wakeup().value();
    control->tick(now);
    return take<order::Inject>().epoch;
  }
  void report(Epoch epoch, std::vector<SlotOutput::Sealed> sealed) {
    report::SnapshotTaken taken{.task = TaskId(0), .epoch = epoch};
    taken.outputs.emplace_back(SlotIndex(0), std::move(sealed));
    control->hear(taken, now);
  }
  SlotOutput::Sealed sealed(Epoch epoch) {
    const CheckpointId id{generation, epoch};
    return {id, 1, history.put_file(id, "out", 0, "output.out", "row").value()};
  }
  Manifest manifest(Epoch epoch) { return history.read_manifest({generation, epoch}).value(); }

  Plan plan = [] {
    Graph graph;
    graph.connect(graph.source("in"), graph.sink("out", table_schema()));
    return graph.plan(1);
  }();
  VolatileStore store;
  JobHistory history{store, "job"};
  Generation generation;
  std::vector<decltype(ToWorker::what)> told;
  int64_t now = 0;
  std::optional<CheckpointControl> control;
};

TEST_CASE("AManifestNamesWhatTheTasksReported") {
  OneWorker worker;
  const Epoch epoch = worker.inject();
  worker.report(epoch, {worker.sealed(epoch)});
  CHECK(worker.take<order::Commit>().slots.size() == 1);
  const Manifest manifest = worker.manifest(epoch);
  REQUIRE(manifest.slots.size() == 1);
  CHECK(manifest.slots[0].sink == "out");
  CHECK(manifest.slots[0].sealed.size() == 1);
  CHECK(worker.control->totals().taken == 1);
  REQUIRE(worker.control->last().has_value());
  CHECK(worker.control->last()->bytes == 3);
}

// Nobody injects the barrier of the last epoch: the tasks come to their end by themselves.
TEST_CASE("ACheckpointBeginsWithItsBarrierOrTheFirstTaskThatEnds") {
  constexpr int64_t kStart = 90'000'000;
  OneWorker worker;
  const Epoch first = worker.inject();
  const int64_t began = worker.now;
  worker.now += 3;
  worker.report(first, {});
  CHECK(worker.control->last()->began_us == began);
  CHECK(worker.control->last()->duration_us == 3);
  worker.control->hear(report::OutputCommitted{SlotIndex(0), first}, worker.now);
  worker.now += kStart;
  worker.control->hear(
      report::SnapshotTaken{.task = TaskId(0), .epoch = Epoch(first.value() + 1), .final = true},
      worker.now);
  CHECK(worker.control->last()->began_us == worker.now);
  CHECK(worker.control->last()->duration_us == 0);
}

// All tasks have ended: the epoch after one that was given up has neither barriers nor reports.
TEST_CASE("ACheckpointOfWhichNothingIsHeardBeginsWhenItIsStored") {
  OneWorker worker;
  const Epoch first = worker.inject();
  worker.control->hear(report::SnapshotFailed{TaskId(0), first, unavailable("full disk")},
                       worker.now);
  worker.take<order::Cancel>();
  worker.control->hear(report::SnapshotTaken{.task = TaskId(0), .epoch = first, .final = true},
                       worker.now);
  if (!worker.control->last().has_value()) {
    worker.now = worker.control->next_wakeup().value();
    worker.control->tick(worker.now);
  }
  REQUIRE(worker.control->last().has_value());
  CHECK(worker.control->last()->id.epoch > first);
  CHECK(worker.control->last()->began_us == worker.now);
}

TEST_CASE("OutputThatWasCommittedIsNotNamedAgain") {
  OneWorker worker;
  const Epoch first = worker.inject();
  worker.report(first, {worker.sealed(first)});
  worker.take<order::Commit>();
  worker.control->hear(report::OutputCommitted{SlotIndex(0), first}, worker.now);
  const Epoch second = worker.inject();
  worker.report(second, {});
  CHECK(worker.manifest(second).slots[0].sealed.empty());
}

TEST_CASE("AReportOfWhatTheJobDoesNotHaveEndsTheLife") {
  const auto ends = [](const decltype(FromWorker::what)& report) {
    OneWorker worker;
    worker.inject();
    worker.control->hear(report, worker.now);
    REQUIRE(worker.control->ended().has_value());
    return worker.control->ended()->status.error().kind;
  };
  const Epoch epoch(1);
  CHECK(ends(report::SnapshotTaken{.task = TaskId(1), .epoch = epoch}) == ErrorKind::kCorrupt);
  report::SnapshotTaken other_slot{.task = TaskId(0), .epoch = epoch};
  other_slot.outputs.emplace_back(SlotIndex(7), std::vector<SlotOutput::Sealed>());
  CHECK(ends(other_slot) == ErrorKind::kCorrupt);
  CHECK(ends(report::SnapshotFailed{TaskId(9), epoch, unavailable("")}) == ErrorKind::kCorrupt);
  CHECK(ends(report::OutputCommitted{SlotIndex(1), epoch}) == ErrorKind::kCorrupt);
  CHECK(ends(report::CommitFailed{SlotIndex(1), epoch, unavailable("")}) == ErrorKind::kCorrupt);
}

TEST_CASE("OutputOfAnAbandonedEpochGoesWithTheNext") {
  OneWorker worker;
  const Epoch first = worker.inject();
  worker.control->hear(report::SnapshotFailed{TaskId(0), first, unavailable("full disk")},
                       worker.now);
  CHECK(worker.take<order::Cancel>().epoch == first);
  CHECK(worker.control->totals().given_up == 1);
  const Epoch second = worker.inject();
  worker.report(second, {worker.sealed(first), worker.sealed(second)});
  CHECK(worker.manifest(second).slots[0].sealed.size() == 2);
}

}  // namespace
}  // namespace weir
