// A job over workers that the test plays: it grants slots, answers orders, and reports what tasks
// would. Savepoints, what is shown, and the store's troubles are in job_shown_test.cc.
#include "runtime/coordinator/job_control.h"

#include "tests/runtime/coordinator/played_job.h"

namespace weir {
namespace {

std::vector<JobState> states(const JobControl& control) {
  std::vector<JobState> states;
  for (const JobEvent& event : control.events()) states.push_back(event.state);
  return states;
}

TEST_CASE("AJobGoesFromWaitingToStopped") {
  PlayedJob job;
  CHECK(job.cluster.wanted() == 1);
  job.control->tell(job::NotYet{"needs 1 slot, and there is no worker"});
  CHECK(job.cluster.in(JobState::kWaiting).reason == "needs 1 slot, and there is no worker");
  job.grant({kOne});
  CHECK(job.cluster.in(JobState::kStarting).generation == 1);
  job.start();
  job.cluster.in(JobState::kRunning);
  CHECK_FALSE(job.control->stop("").has_value());
  job.cluster.in(JobState::kStopping);
  CHECK(job.checkpoint());
  job.drop();
  const PlayedCluster::Ended ended = job.cluster.ended();
  CHECK(ended.state == JobState::kStopped);
  CHECK_FALSE(ended.error.has_value());
  CHECK(job.cluster.released() == 1);
  CHECK(states(*job.control) == std::vector<JobState>{JobState::kWaiting, JobState::kStarting,
                                                      JobState::kRunning, JobState::kStopping,
                                                      JobState::kStopped});
  CHECK(job.control->view().state == JobState::kStopped);
  CHECK_FALSE(job.control->failure().has_value());
}

TEST_CASE("AJobThatHasReadAllItsInputIsFinished") {
  PlayedJob job;
  job.run();
  job.say(kOne, report::SnapshotTaken{.task = TaskId(0), .epoch = Epoch(1), .final = true});
  job.commit();
  job.drop();
  CHECK(job.cluster.ended().state == JobState::kFinished);
}

TEST_CASE("AWorkerIsToldWhoseTasksItRuns") {
  PlayedJob job({.parallelism = 2});
  CHECK(job.cluster.wanted() == 2);
  job.grant({kTwo, kOne});
  const auto prepare = job.cluster.sent<order::Prepare>();
  CHECK(prepare.order.peers == std::vector<std::string>{"host-2", "host-1"});
  CHECK(prepare.order.placement == std::vector<PeerIndex>{PeerIndex(0), PeerIndex(1)});
  CHECK(prepare.to == kTwo);
  CHECK(prepare.order.self == PeerIndex(0));
  CHECK(prepare.order.options.parallelism == 2);
  CHECK(prepare.order.graph.options.parallelism == 2);
  const auto other = job.cluster.sent<order::Prepare>();
  CHECK(other.to == kOne);
  CHECK(other.order.self == PeerIndex(1));
}

TEST_CASE("AWorkerWithTwoInstancesIsOnePeer") {
  PlayedJob job({.parallelism = 2});
  job.cluster.wanted();
  job.grant({kOne, kOne});
  const auto prepare = job.cluster.sent<order::Prepare>();
  CHECK(prepare.order.peers == std::vector<std::string>{"host-1"});
  CHECK(prepare.order.placement == std::vector<PeerIndex>{PeerIndex(0), PeerIndex(0)});
}

TEST_CASE("ATaskThatFailsBeginsAnotherLife") {
  PlayedJob job;
  job.run();
  job.say(kOne, report::TaskFailed{TaskId(0), unavailable("split 0 does not answer")});
  CHECK(job.cluster.in(JobState::kRestarting).reason == "split 0 does not answer");
  job.drop();
  job.run();
  job.cluster.in(JobState::kRunning);
  const JobView view = job.control->view();
  CHECK(view.generation == 2);
  CHECK(view.restarts_total == 1);
  REQUIRE(view.restarts.size() == 1);
  CHECK(view.restarts[0].reason == "split 0 does not answer");
  CHECK(view.reason.empty());
  REQUIRE(job.control->failure().has_value());
  CHECK(job.control->failure()->message == "split 0 does not answer");
}

TEST_CASE("AnotherLifeGoesOnFromTheNewestCheckpoint") {
  PlayedJob job({.interval_us = 1'000});
  job.run();
  job.checkpoint();
  job.say(kOne, report::Failed{unavailable("no room")});
  job.drop();
  job.cluster.wanted();
  job.grant({kOne});
  const auto prepare = job.cluster.sent<order::Prepare>();
  CHECK(prepare.generation == Generation(2));
  CHECK(prepare.order.from == CheckpointId{Generation(1), Epoch(1)});
  CHECK_FALSE(job.control->restored_from().has_value());
}

// The task fails before the worker can say that it delivered.
TEST_CASE("OutputThatMayNotBeDeliveredIsDeliveredAgain") {
  PlayedJob job({.interval_us = 1'000});
  job.run();
  const Epoch epoch = job.snapshot();
  job.cluster.sent<order::Commit>();
  job.say(kOne, report::TaskFailed{TaskId(0), unavailable("split 0 does not answer")});
  job.drop();
  job.cluster.wanted();
  job.grant({kTwo});
  const auto replay = job.cluster.sent<order::Replay>();
  CHECK(replay.order.manifest == CheckpointId{Generation(1), epoch});
  job.generation = replay.generation;
  job.say(kTwo, report::Replayed{});
  job.prepare();
  job.start();
  job.cluster.in(JobState::kRunning);
}

TEST_CASE("AnErrorOfItsUserEndsAJob") {
  PlayedJob job;
  job.run();
  job.say(kOne, report::TaskFailed{TaskId(0), user_error("no such topic: payments")});
  job.drop();
  const PlayedCluster::Ended ended = job.cluster.ended();
  CHECK(ended.state == JobState::kFailed);
  REQUIRE(ended.error.has_value());
  CHECK(ended.error->message == "no such topic: payments");
  CHECK(job.control->view().reason == "no such topic: payments");
  CHECK(job.control->view().restarts.empty());
}

TEST_CASE("AJobThatFailsTooOftenIsGivenUp") {
  PlayedJob job({.restart_attempts = 2});
  for (int life = 1; life <= 3; ++life) {
    job.run();
    job.say(kOne, report::TaskFailed{TaskId(0), unavailable("split 0 does not answer")});
    job.drop();
  }
  const PlayedCluster::Ended ended = job.cluster.ended();
  CHECK(ended.state == JobState::kFailed);
  CHECK_THAT(ended.error->message, Catch::Contains("failed 3 times in a row"));
  CHECK(job.control->view().restarts_total == 2);
}

TEST_CASE("APlanThatDoesNotFitTheCheckpointEndsAJob") {
  PlayedJob job({.interval_us = 1'000});
  job.run();
  report::SnapshotTaken taken{.task = TaskId(0),
                              .epoch = job.cluster.sent<order::Inject>().order.epoch};
  taken.snapshot = {.chain = "out", .tables = {{.name = "counts/windows", .signature = "n"}}};
  job.say(kOne, taken);
  job.commit();
  job.say(kOne, report::Failed{unavailable("no room")});
  job.drop();
  job.cluster.wanted();
  job.grant({kOne});
  job.prepare();
  job.drop();
  CHECK(job.cluster.ended().state == JobState::kFailed);
}

TEST_CASE("AJobGoesOnWithoutAWorkerThatIsLost") {
  PlayedJob job({.parallelism = 2});
  job.run({kOne, kTwo});
  job.control->tell(job::WorkerLost{kTwo});
  CHECK_THAT(job.cluster.in(JobState::kRestarting).reason, Catch::Contains("worker 2 was lost"));
  CHECK(job.drop() == kOne);
  CHECK(job.cluster.wanted() == 2);
  job.grant({kOne, kOne});
  job.prepare();
  job.start();
  job.cluster.in(JobState::kRunning);
}

TEST_CASE("AWorkerThatMayDeliverIsWaitedForUntilItIsDead") {
  PlayedJob job({.interval_us = 1'000});
  job.run();
  job.snapshot();
  job.cluster.sent<order::Commit>();
  job.control->tell(job::WorkerLost{kOne});
  job.cluster.wanted();
  job.grant({kTwo});
  job.cluster.in(JobState::kStarting);
  job.control->tell(job::WorkerDead{kOne});
  CHECK(job.cluster.sent<order::Replay>().to == kTwo);
}

TEST_CASE("AWorkerThatDoesNotDropItsTasksIsGivenUp") {
  PlayedJob job({.max_drop_us = 1});
  job.run();
  job.control->tell(job::CancelRequested{});
  CHECK(job.cluster.given_up() == kOne);
  job.control->tell(job::WorkerLost{kOne});
  CHECK(job.cluster.ended().state == JobState::kCancelled);
}

TEST_CASE("ReportsOfAnotherLifeAndOfStrangersAreNotHeard") {
  PlayedJob job;
  job.run();
  const auto failed = report::TaskFailed{TaskId(0), user_error("late")};
  job.control->hear(kOne, {"j", Generation(7), failed});
  job.control->hear(kTwo, {"j", Generation(1), failed});
  job.control->stop("");
  job.checkpoint();
  job.drop();
  CHECK(job.cluster.ended().state == JobState::kStopped);
}

TEST_CASE("ARescaledJobGoesOnFromItsLastCheckpointWithMoreInstances") {
  PlayedJob job;
  job.run();
  job.control->tell(job::RescaleRequested{2});
  CHECK(job.checkpoint());
  job.drop();
  CHECK(job.cluster.wanted() == 2);
  job.grant({kOne, kTwo});
  const auto prepare = job.cluster.sent<order::Prepare>();
  CHECK(prepare.order.options.parallelism == 2);
  CHECK(prepare.order.from == CheckpointId{Generation(1), Epoch(1)});
  CHECK(job.control->view().parallelism == 2);
  CHECK(job.control->view().restarts_total == 0);
}

TEST_CASE("AJobIsCancelledWhereverItIs") {
  PlayedJob job;
  CHECK(job.cluster.wanted() == 1);
  const auto cancel = [&] { job.control->tell(job::CancelRequested{}); };
  SECTION("while it waits") { cancel(); }
  SECTION("while it starts") {
    job.grant({kOne});
    job.cluster.sent<order::Prepare>();
    cancel();
    job.drop();
  }
  SECTION("while it runs") {
    job.grant({kOne});
    job.prepare();
    job.start();
    job.cluster.in(JobState::kRunning);
    cancel();
    job.drop();
  }
  SECTION("while it stops") {
    job.grant({kOne});
    job.prepare();
    job.start();
    job.control->stop("");
    job.cluster.sent<order::Inject>();
    cancel();
    job.drop();
  }
  SECTION("before it starts again") {
    job.grant({kOne});
    job.prepare();
    job.start();
    job.say(kOne, report::TaskFailed{TaskId(0), unavailable("split 0 does not answer")});
    job.drop();
    job.cluster.wanted();
    cancel();
  }
  CHECK(job.cluster.ended().state == JobState::kCancelled);
  CHECK(job.control->view().state == JobState::kCancelled);
  cancel();  // Nobody hears it.
}

TEST_CASE("AJobThatSomebodyNewerRunsIsLeftToThem") {
  PlayedJob job;
  job.run();
  REQUIRE(JobHistory(job.store, "j").fence().ok());
  job.cluster.is_superseded = true;
  job.say(kOne, report::TaskFailed{TaskId(0), unavailable("split 0 does not answer")});
  job.drop();
  CHECK_FALSE(job.cluster.ended().state.has_value());
}

// It fenced before the other one ended the job, and looks after that removed what there was.
TEST_CASE("AJobThatSomebodyNewerHasEndedIsNotBegunAnew") {
  PlayedJob job;
  job.run();
  job.cluster.has_ended_elsewhere = true;
  job.say(kOne, report::TaskFailed{TaskId(0), unavailable("split 0 does not answer")});
  job.drop();
  CHECK(job.cluster.wanted() == 1);
  job.grant({kOne});
  job.cluster.in(JobState::kRestarting);
  job.cluster.is_superseded = true;
  CHECK_FALSE(job.cluster.ended().state.has_value());
}

TEST_CASE("AJobThatSomebodyOlderFencedIsTakenUpAgain") {
  PlayedJob job;
  job.run();
  REQUIRE(JobHistory(job.store, "j").fence().ok());
  job.say(kOne, report::TaskFailed{TaskId(0), unavailable("split 0 does not answer")});
  job.drop();
  job.run();
  CHECK(job.generation == Generation(3));
}

TEST_CASE("AJobWaitsUntilTheLeasesBeforeItAreOver") {
  PlayedJob job({.old_leases_end_us = monotonic_micros() + 1'000});
  job.run();
  CHECK(monotonic_micros() >= job.setup.old_leases_end_us);
}

TEST_CASE("AJobThatWasClosedHearsNothingMore") {
  PlayedJob job;
  job.run();
  job.control->close();
  job.say(kOne, report::TaskFailed{TaskId(0), user_error("too late")});
  job.control->tell(job::CancelRequested{});
  job.control->close();
  CHECK(job.control->view().state == JobState::kRunning);
}

TEST_CASE("AJobIsDestroyedWhereverItIs") {
  PlayedJob job;
  SECTION("while it waits") { job.cluster.wanted(); }
  SECTION("while it starts") {
    job.cluster.wanted();
    job.grant({kOne});
    job.cluster.sent<order::Prepare>();
  }
  SECTION("while it runs") { job.run(); }
  job.control.reset();
  CHECK(job.cluster.released() == 0);
}

}  // namespace
}  // namespace weir
