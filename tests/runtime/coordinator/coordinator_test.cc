// A coordinator over a store in memory: its sessions are heard by hand, or lead to workers of the
// same process with tables in memory. Covers coordinator_api.cc too.
#include "runtime/coordinator/coordinator.h"

#include "engine/sql/sql.h"
#include "tests/runtime/coordinator/played_job.h"
#include "tests/runtime/coordinator/session_desk.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("AWorkerOfTheSameVersionIsWelcome") {
  SessionDesk desk;
  desk.hello(SessionId(1), 2);
  const Welcome welcome = desk.welcomed(SessionId(1));
  CHECK(welcome.worker == 1);
  CHECK(welcome.term == 1);
  CHECK(welcome.store == "the store");
  CHECK(welcome.store_mark == desk.store.get("store-mark").value());
  CHECK(welcome.lease_us == desk.lease_us);
  const ClusterView view = desk.coordinator->cluster();
  REQUIRE(view.workers.size() == 1);
  CHECK(view.workers[0].id == "1");
  CHECK(view.workers[0].slots == 2);
  CHECK(view.workers[0].slots_used == 0);
  CHECK(view.workers[0].exchange_address == "exchange-1");
  CHECK(view.workers[0].http_address == "http-1");
  CHECK_FALSE(view.workers[0].suspected);
}

TEST_CASE("AWorkerOfAnotherVersionIsRefused") {
  SessionDesk desk;
  desk.coordinator->hello(SessionId(1), {.version = "8", .slots = 2});
  CHECK_THAT(desk.refused(SessionId(1)), Catch::Contains("version 8") && Catch::Contains("7"));
  CHECK(desk.coordinator->cluster().workers.empty());
}

TEST_CASE("EachHelloIsAWorkerOfItsOwn") {
  SessionDesk desk;
  desk.hello(SessionId(1));
  desk.hello(SessionId(2));
  CHECK(desk.welcomed(SessionId(1)).worker == 1);
  CHECK(desk.welcomed(SessionId(2)).worker == 2);
}

TEST_CASE("AHeartbeatIsAnswered") {
  SessionDesk desk;
  desk.hello(SessionId(1));
  desk.coordinator->heartbeat(SessionId(1), 5);
  desk.coordinator->heartbeat(SessionId(9), 6);  // Nobody's.
  CHECK(desk.renewed() == std::vector<uint64_t>{5});
}

TEST_CASE("AWorkerWhoseConnectionBreaksIsSuspected") {
  SessionDesk desk;
  desk.hello(SessionId(1));
  desk.coordinator->broken(SessionId(1), unavailable("connection lost"));
  REQUIRE(desk.coordinator->cluster().workers.size() == 1);
  CHECK(desk.coordinator->cluster().workers[0].suspected);
  CHECK(desk.coordinator->cluster().workers[0].lease_left > 0);
}

// Its lease begins a moment after the coordinator has fallen asleep for longer.
TEST_CASE("AWorkerThatDoesNotBeatIsForgotten") {
  SessionDesk desk({.lease_us = 1'000, .margin_us = 1'000});
  desk.hello(SessionId(1));
  eventually([&] { return desk.coordinator->cluster().workers.empty(); });
  CHECK(desk.closed() == std::vector<SessionId>{SessionId(1)});
}

TEST_CASE("AJobWithoutSlotsWaitsAndSaysWhy") {
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  CHECK(id.size() == 8);
  eventually([&] { return !desk.job(id).reason.empty(); });
  CHECK(desk.job(id).state == JobState::kWaiting);
  CHECK(desk.job(id).reason == "needs 1 slot, and there is no worker");
  desk.hello(SessionId(1));
  CHECK(desk.sent<order::Prepare>().first == SessionId(1));
  CHECK(desk.coordinator->cluster().workers[0].slots_used == 1);
}

TEST_CASE("AJobIsNamedByItsIdOrItsName") {
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  CHECK(desk.job(id).name == "copy");
  CHECK(desk.job("copy").id == id);
  CHECK(desk.coordinator->jobs()->size() == 1);
}

TEST_CASE("AnUnknownJobIsSaidToBeUnknown") {
  SessionDesk desk;
  Coordinator& coordinator = *desk.coordinator;
  const auto is_unknown = [](const auto& answer) {
    return !answer.ok() && answer.error().kind == RefusalKind::kUnknown &&
           answer.error().message == "there is no job nowhere; weir list shows which there are";
  };
  CHECK(is_unknown(coordinator.job("nowhere")));
  CHECK(is_unknown(coordinator.stop({.job = "nowhere", .to = ""})));
  CHECK(is_unknown(coordinator.savepoint({.job = "nowhere", .to = ""})));
  CHECK(is_unknown(coordinator.cancel("nowhere")));
  CHECK(is_unknown(coordinator.rescale("nowhere", 2)));
  CHECK(is_unknown(coordinator.plan("nowhere")));
  CHECK(is_unknown(coordinator.checkpoints("nowhere")));
  CHECK(is_unknown(coordinator.why("nowhere")));
  CHECK(is_unknown(coordinator.logs("nowhere")));
}

TEST_CASE("AnUnknownJobIsSaidWithTheNearestName") {
  SessionDesk desk;
  desk.submit("payments");
  CHECK_THAT(desk.coordinator->job("payment").error().message,
             Catch::Contains("there is no job payment; did you mean \"payments\"?"));
}

TEST_CASE("ANameIsInUseUntilItsJobHasEnded") {
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  const Answer<std::string> second = desk.coordinator->submit({.name = "copy"});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == RefusalKind::kConflict);
  CHECK_THAT(second.error().message, Catch::Contains(id));
  desk.cancel(id);
  const std::string newer = desk.submit("copy");
  CHECK(desk.job("copy").id == newer);
}

TEST_CASE("AScriptThatIsRefusedIsNoJob") {
  SessionDesk desk;
  const Answer<std::string> refused = desk.coordinator->submit({.name = "unreadable"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == RefusalKind::kUser);
  CHECK(desk.coordinator->jobs()->empty());
}

TEST_CASE("AJobFromASavepointThatIsNotThereIsNoJob") {
  const StoreFolder folder;
  SessionDesk desk;
  for (const bool fork : {false, true}) {
    const Answer<std::string> refused =
        desk.coordinator->submit({.name = "copy", .from = folder / "none", .fork = fork});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == RefusalKind::kUser);
    CHECK(desk.coordinator->jobs()->empty());
  }
}

TEST_CASE("AJobThatDoesNotReadWhatItsSavepointDidIsNoJob") {
  const StoreFolder folder;
  PlayedJob before;
  before.run();
  before.control->stop(folder / "s");
  before.checkpoint();
  before.drop();
  before.cluster.ended();
  SessionDesk desk;
  for (const bool fork : {false, true}) {
    const Answer<std::string> refused =
        desk.coordinator->submit({.name = "reads elsewhere", .from = folder / "s", .fork = fork});
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == RefusalKind::kUser);
    CHECK_THAT(refused.error().message, Catch::Contains("it does not read in"));
    CHECK(desk.coordinator->jobs()->empty());
  }
}

// Both wait for slots: neither has begun a life.
TEST_CASE("OnlyOneJobGoesOnFromASavepoint") {
  const StoreFolder folder;
  PlayedJob before;
  before.run();
  before.control->stop(folder / "s");
  before.checkpoint();
  before.drop();
  before.cluster.ended();
  SessionDesk desk;
  REQUIRE(desk.coordinator->submit({.name = "one", .from = folder / "s"}).ok());
  const Answer<std::string> other =
      desk.coordinator->submit({.name = "other", .from = folder / "s"});
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().kind == RefusalKind::kConflict);
  CHECK(desk.coordinator->submit({.name = "fork", .from = folder / "s", .fork = true}).ok());
}

TEST_CASE("ACancelledJobIsOverAndStaysSo") {
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  desk.cancel(id);
  CHECK(desk.coordinator->cancel(id).ok());
  CHECK(desk.coordinator->stop({.job = id, .to = ""}).error().kind == RefusalKind::kConflict);
  CHECK(desk.coordinator->savepoint({.job = id, .to = ""}).error().kind == RefusalKind::kConflict);
  CHECK(desk.coordinator->rescale(id, 2).error().message ==
        "job " + id + " cannot be rescaled: it is cancelled");
  CHECK(desk.coordinator->logs(id)->back().state == JobState::kCancelled);
  CHECK(desk.coordinator->why(id).ok());
  CHECK(desk.coordinator->checkpoints(id)->empty());
  desk.begin();
  CHECK(desk.job(id).state == JobState::kCancelled);
  CHECK(desk.coordinator->logs(id)->size() == 1);
  CHECK(desk.coordinator->plan(id).ok());
  CHECK(desk.coordinator->why(id).ok());
  CHECK(desk.coordinator->checkpoints(id)->empty());
  CHECK(desk.coordinator->cancel(id).ok());
}

TEST_CASE("OnlyTheNewestJobsThatHaveEndedAreShown") {
  SessionDesk desk;
  desk.ended_jobs_max = 2;
  desk.begin();
  const std::string first = desk.submit("first");
  const std::string running = desk.submit("running");
  for (const std::string& id : {first, desk.submit("second"), desk.submit("third")}) {
    desk.cancel(id);
  }
  const auto names = [&desk] {
    std::vector<std::string> all;
    for (const JobView& job : desk.coordinator->jobs().value()) all.push_back(job.name);
    return all;
  };
  const std::vector<std::string> shown = {"running", "second", "third"};
  eventually([&] { return names() == shown; });
  CHECK(desk.coordinator->job(first).error().kind == RefusalKind::kUnknown);
  CHECK(desk.job("third").state == JobState::kCancelled);
  desk.begin();
  CHECK(names() == shown);
}

// Who continued a savepoint is known for ever: the output of two would double.
TEST_CASE("AJobThatIsNotShownAnyMoreStillHasItsLineage") {
  const StoreFolder folder;
  PlayedJob before;
  before.run();
  before.control->stop(folder / "s");
  before.checkpoint();
  before.drop();
  before.cluster.ended();
  SessionDesk desk;
  desk.ended_jobs_max = 0;
  desk.begin();
  desk.tables.sources["in"] = {.splits = four_splits(100), .endless = true};
  desk.add_worker(SessionId(1), 1);
  const std::string one =
      desk.coordinator->submit({.name = "one", .parallelism = 1, .from = folder / "s"}).value();
  eventually([&] { return desk.job(one).checkpoints > 1; });  // One is what it begins with.
  REQUIRE(desk.coordinator->cancel(one).ok());
  eventually([&] { return desk.coordinator->jobs()->empty(); });
  const Answer<std::string> other =
      desk.coordinator->submit({.name = "other", .from = folder / "s"});
  REQUIRE_FALSE(other.ok());
  CHECK_THAT(other.error().message, Catch::Contains("went on from this savepoint"));
  eventually([&] { return !JobRegistry(desk.store, sql_expression).jobs()->past.empty(); });
  desk.begin();
  CHECK_FALSE(desk.coordinator->submit({.name = "other", .from = folder / "s"}).ok());
}

std::vector<std::string> stored(SessionDesk& desk, const std::string& folder) {
  return desk.store.list(folder).value();
}

// A job that wrote checkpoints, and was cancelled.
std::string run_and_cancel(SessionDesk& desk, const std::string& name) {
  const std::string id = desk.submit(name);
  eventually([&] { return desk.job(id).checkpoints > 0; });
  REQUIRE(desk.coordinator->cancel(id).ok());
  return id;
}

TEST_CASE("AJobThatIsForgottenLeavesAShortRecordInTheStore") {
  SessionDesk desk;
  desk.ended_jobs_max = 1;
  desk.begin();
  desk.tables.sources["in"] = {.splits = four_splits(100), .endless = true};
  desk.add_worker(SessionId(1), 2);
  const std::string forgotten = run_and_cancel(desk, "forgotten");
  eventually([&] { return desk.job(forgotten).state == JobState::kCancelled; });
  const std::string remembered = run_and_cancel(desk, "remembered");
  const std::string running = desk.submit("running");
  eventually([&] {
    const auto kept = JobRegistry(desk.store, sql_expression).jobs();
    return kept.ok() && kept->past.size() == 1;
  });
  CHECK(stored(desk, "jobs/" + forgotten).empty());
  CHECK(stored(desk, "registry/" + forgotten).size() == 1);
  CHECK_FALSE(stored(desk, "jobs/" + remembered).empty());
  desk.begin();
  CHECK(desk.coordinator->job(forgotten).error().kind == RefusalKind::kUnknown);
  CHECK(desk.job(remembered).state == JobState::kCancelled);
  CHECK_FALSE(has_ended(desk.job(running).state));
  CHECK(stored(desk, "terms/").size() == 1);
}

// Whatever a coordinator got to, the next one goes on with it.
TEST_CASE("AJobThatIsHalfForgottenIsForgottenByTheNextCoordinator") {
  SessionDesk desk;
  desk.tables.sources["in"] = {.splits = four_splits(100), .endless = true};
  desk.add_worker(SessionId(1), 1);
  const std::string id = run_and_cancel(desk, "copy");
  eventually([&] { return JobRegistry(desk.store, sql_expression).has_ended(id).value(); });
  const size_t objects = stored(desk, "jobs/" + id).size();
  REQUIRE(objects > 3);
  REQUIRE_FALSE(JobHistory(desk.store, id).forget(3).value());
  desk.ended_jobs_max = 0;
  desk.begin();
  eventually([&] { return stored(desk, "jobs/" + id).empty(); });
  eventually([&] {
    const auto kept = JobRegistry(desk.store, sql_expression).jobs();
    return kept.ok() && kept->jobs.empty() && kept->past.size() == 1;
  });
  desk.begin();
  CHECK(desk.coordinator->jobs()->empty());
}

TEST_CASE("AJobWhoseFolderIsNotUnderstoodIsLeftAsItIs") {
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  desk.cancel(id);
  REQUIRE(desk.store.put("jobs/" + id + "/notes", "").ok());
  desk.ended_jobs_max = 0;
  desk.begin();
  eventually([&] { return desk.noted("job.not_cleared") == 1; });
  CHECK(stored(desk, "jobs/" + id).size() >= 1);
  CHECK(JobRegistry(desk.store, sql_expression).jobs()->jobs.size() == 1);
}

TEST_CASE("AnEndThatCannotBeWrittenDownIsWrittenLater") {
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  eventually([&] { return !desk.job(id).reason.empty(); });
  desk.store.failures = 1;
  desk.cancel(id);
  eventually([&] {
    const auto records = JobRegistry(desk.store, sql_expression).jobs();
    return records.ok() && records->jobs.at(0).ended == JobState::kCancelled;
  });
}

TEST_CASE("ASavepointGoesWhereItIsAskedForOrWhereTheCoordinatorKeepsThem") {
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  CHECK(desk.coordinator->savepoint({.job = id, .to = "/s"})->path == "/s");
  const SavepointView kept = desk.coordinator->savepoint({.job = id, .to = ""}).value();
  CHECK(kept.id == 2);
  CHECK(kept.path.starts_with("savepoints/" + id + "-"));
  CHECK(desk.coordinator->savepoint({.job = id, .to = ""})->path != kept.path);
}

TEST_CASE("AJobIsRescaledWithinBounds") {
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  CHECK(desk.coordinator->rescale(id, 0).error().kind == RefusalKind::kUser);
  CHECK(desk.coordinator->rescale(id, 1'025).error().kind == RefusalKind::kUser);
  CHECK(desk.coordinator->rescale(id, 3).ok());
  eventually([&] { return desk.job(id).reason == "needs 3 slots, and there is no worker"; });
  desk.begin();
  CHECK(desk.job(id).parallelism == 3);
}

TEST_CASE("JobsAreTakenOverByTheNextCoordinator") {
  SessionDesk desk;
  const std::string first = desk.submit("first");
  const std::string second = desk.submit("second");
  desk.begin();
  CHECK(desk.coordinator->cluster().term == 2);
  const std::vector<JobView> jobs = desk.coordinator->jobs().value();
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[0].id == first);
  CHECK(jobs[1].id == second);
  CHECK(jobs[1].name == "second");
  CHECK_FALSE(desk.coordinator->submit({.name = "second"}).ok());
  CHECK(desk.noted("job.taken_over") == 2);
}

TEST_CASE("AJobThatWasToldToStopIsStoppedByTheNextCoordinator") {
  SessionDesk desk({.lease_us = 1'000, .margin_us = 0});
  const std::string id = desk.submit("copy");
  JobRecord record = JobRegistry(desk.store, sql_expression).jobs()->jobs.at(0);
  record.stops = true;
  desk.end();
  REQUIRE(desk.store.put("registry/" + id + "/000000000002", encode_record(record)).ok());
  desk.begin();
  eventually([&] { return desk.job(id).state == JobState::kStopped; });
}

// Nobody is to lose a whole cluster because one folder was removed.
TEST_CASE("AJobThatCannotBeTakenOverIsNoHindranceToOthers") {
  const StoreFolder folder;
  SessionDesk desk;
  const std::string id = desk.submit("copy");
  JobRecord record = JobRegistry(desk.store, sql_expression).jobs()->jobs.at(0);
  desk.end();
  record.id = "0";
  record.graph.options.job_name = "broken";
  record.from = folder / "none";
  REQUIRE(desk.store.put("registry/0/000000000001", encode_record(record)).ok());
  desk.begin();
  CHECK(desk.job("broken").state == JobState::kFailed);
  CHECK_THAT(desk.job("broken").reason, Catch::Contains(folder / "none"));
  CHECK(desk.job(id).state == JobState::kWaiting);
}

TEST_CASE("ACoordinatorStandsDownWhenALaterTermBegins") {
  SessionDesk desk;
  desk.coordinator->listens_on("here");
  desk.hello(SessionId(1));
  CHECK(desk.coordinator->cluster().is_leader);
  CHECK(desk.coordinator->cluster().leader == "here");
  REQUIRE(JobRegistry(desk.store, sql_expression).begin_term().ok());
  CHECK(desk.stood_down().kind == ErrorKind::kFenced);
  CHECK(desk.closed() == std::vector<SessionId>{SessionId(1)});
  CHECK_FALSE(desk.coordinator->cluster().is_leader);
  CHECK(desk.coordinator->cluster().leader.empty());
  CHECK(desk.coordinator->submit({.name = "copy"}).error().kind == RefusalKind::kUnavailable);
  // It comes again, to whoever leads then.
  desk.hello(SessionId(2));
  CHECK(desk.closed().back() == SessionId(2));
  CHECK(desk.refusals() == 0);
}

// The real workers: what is asked for goes through, and comes back.
TEST_CASE("AJobRunsToItsEndOnWorkers") {
  SessionDesk desk;
  desk.tables.sources["in"].splits = four_splits(100);
  desk.add_worker(SessionId(1), 2);
  desk.add_worker(SessionId(2), 2);
  const std::string id = desk.submit("copy", 1);
  eventually([&] { return has_ended(desk.job(id).state); });
  CHECK(desk.job(id).state == JobState::kFinished);
  CHECK(sorted(desk.tables.written("out").delivered) == all_of(four_splits(100)));
  eventually([&] { return desk.coordinator->cluster().workers[0].slots_used == 0; });
}

TEST_CASE("AJobGoesOnWhenItsWorkerIsLost") {
  SessionDesk desk;
  desk.tables.sources["in"] = {.splits = four_splits(100), .endless = true};
  desk.add_worker(SessionId(1), 1);
  const std::string id = desk.submit("copy", 1);
  desk.tables.wait_for_rows("out", 400);
  desk.coordinator->broken(SessionId(1), unavailable("connection lost"));
  desk.add_worker(SessionId(2), 1);
  eventually(
      [&] { return desk.job(id).state == JobState::kRunning && desk.job(id).generation > 1; });
  desk.tables.wait_for_delivered("out", 400);
  const StoreFolder folder;
  REQUIRE(desk.coordinator->stop({.job = id, .to = folder / "s"}).ok());
  eventually([&] { return has_ended(desk.job(id).state); });
  CHECK(desk.job(id).state == JobState::kStopped);
  CHECK(desk.job(id).savepoints.at(0).state == SavepointState::kComplete);
  CHECK(sorted(desk.tables.written("out").delivered) == all_of(four_splits(100)));
}

}  // namespace
}  // namespace weir
