// What a job says of itself, and what becomes of savepoints that are asked for.
#include "tests/runtime/coordinator/played_job.h"
#include "tests/state/store_folder.h"

namespace weir {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("AViewTellsWhatRuns") {
  PlayedJob job;
  CHECK(job.control->view().generation == 0);
  CHECK(job.control->view().submitted_at == 5);
  CHECK(job.control->lineage().empty());
  job.run();
  TaskReport report{.watermark = 70, .backlog = 9, .state_bytes = 3};
  report.stages = {{.id = "in"}, {.id = "out"}};
  report.stages[0].counters.rows_in = 12;
  job.say(kOne, report::Progress{{{0, report}}});
  eventually([&] { return !job.control->view().tasks.empty(); });
  const JobView view = job.control->view();
  CHECK(view.id == "j");
  CHECK(view.name == "copy");
  CHECK(view.state == JobState::kRunning);
  CHECK(view.steps.size() == 2);
  REQUIRE(view.tasks.size() == 1);
  CHECK(view.tasks[0].worker == "1");
  CHECK(view.tasks[0].report.stages == report.stages);
  CHECK(view.watermark == 70);
  CHECK(view.backlog == 9);
  CHECK(job.control->reports().at(0).state_bytes == 3);
  CHECK_FALSE(job.control->lineage().empty());
}

TEST_CASE("MemoryIsShownByWorker") {
  const MemoryShare share{.bytes = 7, .least_bytes = 3, .parts = {{"the process", 7}}};
  PlayedJob job({.parallelism = 2});
  CHECK(job.control->view().memory.empty());
  CHECK(job.cluster.wanted() == 2);
  job.grant({kOne, kTwo});
  for (int i = 0; i < 2; ++i) {
    const auto prepare = job.cluster.sent<order::Prepare>();
    job.generation = prepare.generation;
    report::Prepared prepared{.is_bounded = false};
    if (prepare.to == kTwo) prepared.memory = share;
    job.say(prepare.to, prepared);
  }
  job.is_prepared = true;
  job.start();
  job.cluster.in(JobState::kRunning);
  job.say(kOne, report::Progress{.tasks = {}, .peak_memory_bytes = 5});
  eventually([&] { return job.control->view().memory.at(0).peak_bytes == 5; });
  const std::vector<WorkerMemoryView> memory = job.control->view().memory;
  REQUIRE(memory.size() == 2);
  CHECK(memory[0] == WorkerMemoryView{.worker = "1", .peak_bytes = 5});
  CHECK(memory[1] == WorkerMemoryView{.worker = "2", .share = share});
}

TEST_CASE("ANewLifeHasReachedNothingYet") {
  PlayedJob job;
  job.run();
  job.say(kOne, report::Progress{{{0, TaskReport{.watermark = 70, .backlog = 9}}}});
  eventually([&] { return job.control->view().watermark == 70; });
  job.say(kOne, report::TaskFailed{TaskId(0), unavailable("split 0 does not answer")});
  job.drop();
  job.run();
  const JobView view = job.control->view();
  CHECK(view.generation == 2);
  CHECK(view.watermark == kMinTime);
  CHECK_FALSE(view.backlog.has_value());
}

// A worker that says what cannot be is not to bring the coordinator down.
TEST_CASE("TasksThatThePlanDoesNotHaveAreNotShown") {
  PlayedJob job;
  job.run();
  job.say(kOne, report::Progress{{{0, TaskReport()}, {1'000'000, TaskReport()}}});
  eventually([&] { return !job.control->view().tasks.empty(); });
  CHECK(job.control->view().tasks.size() == 1);
}

TEST_CASE("WhatTasksSayWhenTheyAreDroppedIsShown") {
  PlayedJob job;
  job.run();
  job.control->tell(job::CancelRequested{});
  job.cluster.sent<order::Drop>();
  job.say(kOne, report::Progress{{{0, TaskReport{.records_lost = 4}}}});
  job.say(kOne, report::Dropped{});
  job.cluster.ended();
  CHECK(job.control->reports().at(0).records_lost == 4);
}

TEST_CASE("CheckpointsAreShownNewestFirst") {
  PlayedJob job({.interval_us = 1'000});
  job.run();
  job.checkpoint();
  const Epoch second = job.cluster.sent<order::Inject>().order.epoch;
  job.say(kOne, report::SnapshotFailed{TaskId(0), second, unavailable("full disk")});
  job.checkpoint();
  eventually([&] { return job.control->checkpoints().size() >= 3; });
  const std::vector<CheckpointView> shown = job.control->checkpoints();
  CHECK(shown[0].id.epoch == Epoch(3));
  CHECK_FALSE(shown[0].failure.has_value());
  CHECK(shown[1].id.epoch == second);
  REQUIRE(shown[1].failure.has_value());
  CHECK_THAT(shown[1].failure->message, Catch::Contains("full disk"));
  CHECK(shown[2].id.epoch == Epoch(1));
  const JobView view = job.control->view();
  CHECK(view.checkpoints == 2);
  CHECK(view.checkpoints_given_up == 1);
  REQUIRE(view.last_checkpoint.has_value());
  CHECK(view.last_checkpoint->id.epoch == Epoch(3));
  REQUIRE(job.control->checkpoint_totals().has_value());
  CHECK(job.control->checkpoint_totals()->taken == 2);
}

TEST_CASE("WhyTellsWhatACheckpointWaitsFor") {
  PlayedJob job({.parallelism = 2, .interval_us = 1'000});
  job.run({kOne, kTwo});
  const Epoch epoch = job.cluster.sent<order::Inject>().order.epoch;
  job.say(kOne, report::SnapshotTaken{.task = TaskId(0), .epoch = epoch});
  const auto waits_for = [&](const Texts& texts) {
    eventually([&] { return job.control->why().checkpoint_waits_for == texts; });
  };
  waits_for({"barrier of task 1 (out#1) on worker 2"});
  job.say(kTwo, report::SnapshotTaken{.task = TaskId(1), .epoch = epoch});
  waits_for({"delivery of out, slot 0", "delivery of out, slot 1"});
  CHECK(job.control->why().checkpoint == "committing");
  job.commit();
  eventually([&] { return job.control->view().checkpoints == 1; });
}

TEST_CASE("WhyTellsWhereSplitsStand") {
  PlayedJob job;
  job.run();
  TaskReport report;
  report.splits = {{.table = "in", .split = "1"}, {.table = "in", .split = "0"}};
  job.say(kOne, report::Progress{{{0, report}}});
  eventually([&] { return job.control->why().splits.size() == 2; });
  CHECK(job.control->why().splits[0].split == "0");
}

TEST_CASE("AJobThatNobodyContinuesMayBeOneEpochLong") {
  JobSetup setup = setup_of({});
  setup.is_kept = false;
  VolatileStore store;
  PlayedCluster cluster;
  const auto control = JobControl::begin(setup, store, cluster.port()).value();
  cluster.wanted();
  control->tell(job::Granted{{kOne}});
  CHECK_FALSE(cluster.sent<order::Prepare>().order.with_state);
  control->hear(kOne, {"j", Generation(1), report::Prepared{.is_bounded = true}});
  cluster.sent<order::Start>();
  control->hear(kOne, {"j", Generation(1), report::Started{}});
  cluster.in(JobState::kRunning);
  CHECK_FALSE(control->checkpoint_totals().has_value());
}

TEST_CASE("APlanIsShownBeforeAnythingRuns") {
  PlayedJob job;
  CHECK_THAT(job.control->plan().text, Catch::Contains("out"));
}

TEST_CASE("AStoreThatDoesNotAnswerIsAskedAgainAndSaidSo") {
  PlayedJob job;
  job.store.failures = 1'000;
  job.cluster.wanted();
  job.grant({kOne});
  job.cluster.says("the store does not answer");
  CHECK(job.control->view().state == JobState::kStarting);
  job.start();
  job.cluster.in(JobState::kRunning);
  CHECK(job.control->view().reason.empty());
  CHECK(job.control->view().restarts_total == 0);
}

// A job that goes on for years changes its state without end.
TEST_CASE("OfTheHistoryOfAJobTheNewestIsKept") {
  PlayedJob job;
  job.cluster.wanted();
  for (int i = 0; i <= 1'500; ++i)
    job.control->tell(job::NotYet{"for reason " + std::to_string(i)});
  job.cluster.says("for reason 1500");
  const std::vector<JobEvent> events = job.control->events();
  CHECK(events.size() == 1'000);
  CHECK(events.back().reason == "for reason 1500");
}

TEST_CASE("ASavepointIsOfTheNextCheckpointThatIsComplete") {
  const StoreFolder folder;
  PlayedJob job({.interval_us = 1'000});
  job.run();
  const SavepointView asked = job.control->save(folder / "s");
  CHECK(asked.id == 1);
  CHECK(asked.state == SavepointState::kWaiting);
  CHECK(asked.path == folder / "s");
  const auto shown = [&] { return job.control->view().savepoints.at(0); };
  while (shown().state == SavepointState::kWaiting) job.checkpoint();
  CHECK(shown().state == SavepointState::kComplete);
  const auto from = open_savepoint(folder / "s").value();
  CHECK(read_savepoint(*from)->lineage == job.control->lineage());
}

TEST_CASE("ASavepointThatCannotBeWrittenIsNoFailureOfTheJob") {
  const StoreFolder folder;
  folder.write("file", "");
  PlayedJob job({.interval_us = 1'000});
  job.run();
  job.control->save(folder / "file/s");
  const auto shown = [&] { return job.control->view().savepoints.at(0); };
  while (shown().state == SavepointState::kWaiting) job.checkpoint();
  CHECK(shown().state == SavepointState::kFailed);
  CHECK_FALSE(shown().reason.empty());
  CHECK(job.control->view().state == JobState::kRunning);
}

// Many at once, while others are written: each is written or refused.
TEST_CASE("SavepointsMayBeAskedForWhileOthersAreWritten") {
  const StoreFolder folder;
  PlayedJob job({.interval_us = 1'000});
  job.run();
  std::thread asks([&] {
    for (int i = 0; i < 200; ++i) job.control->save(folder / ("s" + std::to_string(i)));
  });
  for (int i = 0; i < 20; ++i) job.checkpoint();
  asks.join();
  job.control->tell(job::CancelRequested{});
  job.drop();
  job.cluster.ended();
  for (const SavepointView& savepoint : job.control->view().savepoints) {
    CHECK(savepoint.state != SavepointState::kWaiting);
  }
}

TEST_CASE("AJobThatStopsWritesTheSavepointOfItsLastCheckpoint") {
  const StoreFolder folder;
  PlayedJob job;
  job.run();
  CHECK(job.control->stop(folder / "s")->state == SavepointState::kWaiting);
  CHECK(job.control->stop(folder / "other")->path == folder / "s");
  job.checkpoint();
  job.drop();
  CHECK(job.cluster.ended().state == JobState::kStopped);
  REQUIRE(job.control->view().savepoints.size() == 1);
  CHECK(job.control->view().savepoints[0].state == SavepointState::kComplete);
  CHECK(open_savepoint(folder / "s").ok());
}

TEST_CASE("AStopThatSavesMayFollowOneThatDoesNot") {
  const StoreFolder folder;
  PlayedJob job;
  job.run();
  CHECK_FALSE(job.control->stop("").has_value());
  REQUIRE(job.control->stop(folder / "s").has_value());
  job.checkpoint();
  job.drop();
  CHECK(job.cluster.ended().state == JobState::kStopped);
  CHECK(job.control->view().savepoints.at(0).state != SavepointState::kWaiting);
}

TEST_CASE("ASavepointOfAJobThatEndsOtherwiseIsNotWaitedFor") {
  const StoreFolder folder;
  PlayedJob job;
  job.run();
  job.control->save(folder / "one");
  job.control->stop(folder / "two");
  job.control->tell(job::CancelRequested{});
  job.drop();
  job.cluster.ended();
  job.control->save(folder / "three");
  const std::vector<SavepointView> savepoints = job.control->view().savepoints;
  REQUIRE(savepoints.size() == 3);
  for (const SavepointView& savepoint : savepoints) {
    CHECK(savepoint.state == SavepointState::kFailed);
    CHECK_FALSE(savepoint.reason.empty());
  }
}

class Saved {
 public:
  Saved() {
    PlayedJob job;
    job.run();
    job.control->stop(path);
    job.checkpoint();
    job.drop();
    job.cluster.ended();
    lineage = job.control->lineage();
  }

  const StoreFolder folder;
  const std::string path = folder / "s";
  std::string lineage;
};

TEST_CASE("AJobGoesOnFromASavepointUnderItsLineage") {
  const Saved saved;
  PlayedJob job({.savepoint = saved.path});
  job.run();
  CHECK(job.generation == Generation(2));
  CHECK(job.control->restored_from() == CheckpointId{Generation(2), Epoch(1)});
  CHECK(job.control->lineage() == saved.lineage);
}

TEST_CASE("AForkGoesOnUnderALineageOfItsOwn") {
  const Saved saved;
  PlayedJob job({.savepoint = saved.path, .forks = true});
  job.cluster.wanted();
  job.grant({kOne});
  const auto prepare = job.cluster.sent<order::Prepare>();
  CHECK(prepare.order.from.has_value());
  CHECK(prepare.order.lineage != saved.lineage);
  CHECK(job.control->lineage() == prepare.order.lineage);
}

TEST_CASE("WhatIsNoSavepointIsRefused") {
  const StoreFolder folder;
  VolatileStore store;
  PlayedCluster cluster;
  const auto begun =
      JobControl::begin(setup_of({.savepoint = folder / "none"}), store, cluster.port());
  REQUIRE_FALSE(begun.ok());
  CHECK(begun.error().kind == ErrorKind::kUser);
}

// A sink that is left out matters to whoever goes on with the output, a source to everybody.
TEST_CASE("ASavepointIsGoneOnFromByWhoReadsAndWritesTheSame") {
  const Saved saved;
  const auto refusal = [&](const std::string& source, const std::string& sink, bool forks) {
    JobSetup setup = setup_of({.savepoint = saved.path, .forks = forks});
    for (Vertex& vertex : setup.graph.vertices) vertex.id = vertex.id == "in" ? source : sink;
    VolatileStore store;
    PlayedCluster cluster;
    const auto control = JobControl::begin(setup, store, cluster.port()).value();
    cluster.wanted();
    control->tell(job::Granted{{kOne}});
    return cluster.ended().error->message;
  };
  CHECK_THAT(refusal("elsewhere", "out", false), Catch::Contains("it does not read in"));
  CHECK_THAT(refusal("elsewhere", "out", true), Catch::Contains("it does not read in"));
  CHECK_THAT(refusal("in", "elsewhere", false), Catch::Contains("it does not write out"));
}

// Its savepoint was needed once: the folder may be gone by the time somebody takes the job over.
TEST_CASE("AJobThatWasTakenOverNeedsItsSavepointNoMore") {
  std::optional<Saved> saved(std::in_place);
  PlayedJob job({.interval_us = 1'000, .savepoint = saved->path});
  job.run();
  job.checkpoint();
  job.cluster.sent<order::Inject>();  // The one before is complete.
  job.control.reset();
  const std::string path = saved->path;
  saved.reset();
  PlayedCluster cluster;
  JobSetup setup = setup_of({.savepoint = path, .old_leases_end_us = 0});
  setup.savepoint_id = CheckpointId{Generation(1), Epoch(1)};
  const auto control = JobControl::begin(setup, job.store, cluster.port());
  REQUIRE(control.ok());
  cluster.wanted();
  (*control)->tell(job::Granted{{kOne}});
  CHECK(cluster.sent<order::Prepare>().order.from.has_value());
}

}  // namespace
}  // namespace weir
