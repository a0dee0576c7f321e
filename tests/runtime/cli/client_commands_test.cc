// What the commands print, and with which exit code they end.
#include "runtime/cli/client_commands.h"

#include "tests/runtime/cli/client_desk.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Catch::Matchers::Contains;

void end_after(ClientDesk& desk, int pauses, JobState state, const std::string& reason = "") {
  desk.meanwhile = [&desk, pauses, state, reason](int pause) {
    if (pause != pauses) return;
    desk.cluster.known[0].state = state;
    desk.cluster.known[0].reason = reason;
  };
}

TEST_CASE("ListPrintsALineForEachJob") {
  ClientDesk desk;
  REQUIRE(list_command(desk.client()).value() == 0);
  REQUIRE(desk.out ==
          "ID        NAME   STATE    SINCE                 PARALLELISM  ROWS READ  ROWS/S  "
          "ROWS WRITTEN  WATERMARK             RESTARTS\n"
          "0123abcd  count  running  2023-12-31T23:59:48Z            1        100      50  "
          "           5  2023-12-31T23:59:58Z         1\n");
  REQUIRE(desk.said.empty());
}

TEST_CASE("ShowPrintsAllOfAJob") {
  ClientDesk desk;
  desk.cluster.known[0].savepoints.push_back({.id = 2,
                                              .state = SavepointState::kFailed,
                                              .path = "store/savepoints/2",
                                              .asked_at = kNewYear,
                                              .reason = "disk full"});
  REQUIRE(show_command(desk.client(), "count").value() == 0);
  REQUIRE(desk.out ==
          R"(job count (0123abcd): running since 2023-12-31T23:59:48Z, parallelism 1, generation 3
  rows read 100 (50/s), written 5 (3/s), 7 left
  watermark 2023-12-31T23:59:58Z, state 2.0 KiB
  checkpoints: 11, given up 1; last 3-17: 4.0 KiB in 0.25 s, 0.75 s ago

STEP    KIND              ROWS IN  ROWS OUT  FILTERED  LATE  BAD
clicks  source, kafka         100        97         0     1    2
counts  window aggregate       97         5         0     0    0
out     sink, blackhole         5         5         0     0    0
out: rows 7 checksum 000000000000002a

TASK  UP TO STEP  INSTANCE  WORKER  ROWS IN  ROWS OUT  WATERMARK               STATE
   0  clicks             0  1           100        97  2023-12-31T23:59:58Z      0 B
   1  out                0  2            97         5  -                     2.0 KiB

WORKER  MEMORY                             SIZE
1       of the job                     96.0 MiB
1         the process                  32.0 MiB
1         tasks (2)                    64.0 MiB
1       of the worker, all jobs       192.0 MiB
1       highest that its process had   50.0 MiB

SAVEPOINT  STATE     ASKED AT              PATH                REASON
1          complete  2023-12-31T23:59:51Z  store/savepoints/1  -
2          failed    2024-01-01T00:00:00Z  store/savepoints/2  disk full

restarts: 1
  2023-12-31T23:59:47Z  worker 3 is lost
)");
}

TEST_CASE("ShowSaysWhyAJobWaits") {
  ClientDesk desk;
  JobView job{.id = "1", .name = "new", .now = kNewYear};
  job.reason = "needs 4 slots, 2 of 3 are free on 2 workers";
  desk.cluster.known = {job};
  REQUIRE(show_command(desk.client(), "new").value() == 0);
  REQUIRE_THAT(desk.out, Contains("waiting since") && Contains("reason: needs 4 slots") &&
                             Contains("checkpoints: 0, given up 0\n") && !Contains("TASK"));
}

TEST_CASE("LogsPrintEveryChangeOfState") {
  ClientDesk desk;
  REQUIRE(logs_command(desk.client(), "count").value() == 0);
  REQUIRE(desk.out ==
          "AT                    STATE    GENERATION  REASON\n"
          "2023-12-31T23:59:00Z  waiting           0  needs 2 slots\n"
          "2023-12-31T23:59:48Z  running           3\n");
}

TEST_CASE("WhyPrintsSplitsCheckpointAndPressure") {
  ClientDesk desk;
  REQUIRE(why_command(desk.client(), "count").value() == 0);
  const std::string hold = hold_text(*FakeCluster().why("count")->hold);
  REQUIRE(desk.out == "event time: 2023-12-31T23:59:58Z, held by " + hold +
                          R"(
TABLE   SPLIT     WATERMARK             STATE    SILENT SINCE
clicks  clicks-0  2023-12-31T23:59:58Z  reading  2023-12-31T23:59:30Z
clicks  clicks-1  2024-01-01T00:00:00Z  reading  -
checkpoint: epoch 18, under way for 0.4 s
  waits for barrier of task 1 (counts#0) on worker 2
backpressure, from where it begins:
  counts#0 on worker 2: input queue is full
)");
}

TEST_CASE("JsonIsTheDocumentAsItCame") {
  for (const char* what : {"", "/count", "/count/logs", "/count/why"}) {
    ClientDesk desk;
    const Client client = desk.client(true);
    const std::string target = std::string("/api/v1/jobs") + what;
    const std::string document = handle_api(desk.cluster, {"GET", target, "", ""}).body;
    const std::string path(what);
    if (path.empty()) REQUIRE(list_command(client).value() == 0);
    if (path == "/count") REQUIRE(show_command(client, "count").value() == 0);
    if (path == "/count/logs") REQUIRE(logs_command(client, "count").value() == 0);
    if (path == "/count/why") REQUIRE(why_command(client, "count").value() == 0);
    REQUIRE(desk.out == document);
  }
}

TEST_CASE("SubmitPrintsTheIdAndNothingElse") {
  ClientDesk desk;
  const SubmitArguments arguments{.file = {.sql = "SELECT 1"}, .name = "n", .parallelism = 2};
  REQUIRE(submit_command(desk.client(), arguments).value() == 0);
  REQUIRE(desk.out == "89abcdef\n");
  REQUIRE(desk.said.empty());
  REQUIRE(desk.cluster.submitted.name == "n");
  REQUIRE(desk.cluster.submitted.parallelism == 2);
}

TEST_CASE("AScriptThatIsRefusedIsExitCodeTwo") {
  ClientDesk desk;
  desk.cluster.refusal = Refusal{.message = "<command line>:1:8: no\n  SELECT 1\n  ^", .line = 1};
  const Answer<int> refused = submit_command(desk.client(), {.file = {.sql = "SELECT 1"}});
  REQUIRE(exit_code(refused.error()) == 2);
  REQUIRE(refused.error().message == desk.cluster.refusal->message);
  REQUIRE(desk.out.empty());
}

TEST_CASE("SubmitWaitsForTheEnd") {
  const std::pair<JobState, int> ends[] = {{JobState::kFinished, 0},
                                           {JobState::kStopped, 0},
                                           {JobState::kCancelled, 1},
                                           {JobState::kFailed, 1}};
  for (const auto& [state, code] : ends) {
    ClientDesk desk;
    desk.cluster.known[0].id = "89abcdef";
    end_after(desk, 2, state, state == JobState::kFailed ? "clicks: not JSON" : "");
    const SubmitArguments arguments{.file = {.sql = "SELECT 1"}, .wait = true};
    REQUIRE(submit_command(desk.client(), arguments).value() == code);
    REQUIRE(desk.out == "89abcdef\n");
    const std::string last = "job 89abcdef is " + std::string(state_name(state));
    REQUIRE_THAT(desk.said, Contains("job 89abcdef is running\n" + last));
    if (state == JobState::kFailed) REQUIRE_THAT(desk.said, Contains("failed: clicks: not JSON"));
  }
}

TEST_CASE("StopWaitsForTheEndAndPrintsTheSavepoint") {
  ClientDesk desk;
  desk.meanwhile = [&](int pause) {
    SavepointView view{.id = 2, .state = SavepointState::kComplete, .path = "store/savepoints/2"};
    if (pause == 1) desk.cluster.known[0].savepoints.push_back(view);
    if (pause == 2) desk.cluster.known[0].state = JobState::kStopped;
  };
  REQUIRE(stop_command(desk.client(), {.order = {.job = "count"}}).value() == 0);
  REQUIRE(desk.out == "store/savepoints/2\n");
  REQUIRE(desk.pauses == 2);
}

TEST_CASE("ASavepointDoesNotWaitForTheEndOfTheJob") {
  ClientDesk desk;
  SavepointView view{.id = 2, .path = "store/savepoints/2"};
  desk.cluster.known[0].savepoints.push_back(view);
  desk.meanwhile = [&](int) {
    desk.cluster.known[0].savepoints[1].state = SavepointState::kComplete;
  };
  REQUIRE(savepoint_command(desk.client(), {.order = {.job = "count"}}).value() == 0);
  REQUIRE(desk.out == "store/savepoints/2\n");
}

TEST_CASE("ASavepointThatDoesNotComeIsExitCodeOne") {
  ClientDesk failing;
  SavepointView view{.id = 2,
                     .state = SavepointState::kFailed,
                     .path = "store/savepoints/2",
                     .reason = "disk full"};
  failing.cluster.known[0].savepoints.push_back(view);
  REQUIRE(savepoint_command(failing.client(), {.order = {.job = "count"}}).value() == 1);
  REQUIRE(failing.out.empty());
  REQUIRE_THAT(failing.said, Contains("no savepoint of job count was taken: disk full"));

  ClientDesk ending;
  end_after(ending, 1, JobState::kFailed);
  REQUIRE(stop_command(ending.client(), {.order = {.job = "count"}}).value() == 1);
  REQUIRE_THAT(ending.said, Contains("the job is failed"));
}

TEST_CASE("WithoutWaitingAnOrderIsOnlyBegun") {
  ClientDesk desk;
  const OrderArguments order{.job = "count", .no_wait = true};
  REQUIRE(stop_command(desk.client(), {.order = order, .to = "/s"}).value() == 0);
  REQUIRE(desk.out == "store/savepoints/2\n");
  REQUIRE(cancel_command(desk.client(), order).value() == 0);
  REQUIRE(rescale_command(desk.client(), order, 2).value() == 0);
  REQUIRE(desk.pauses == 0);
}

TEST_CASE("CancelWaitsForTheEnd") {
  ClientDesk desk;
  end_after(desk, 2, JobState::kCancelled);
  REQUIRE(cancel_command(desk.client(), {.job = "count"}).value() == 0);
  REQUIRE(desk.said == "job count is cancelled\n");
  REQUIRE(desk.out.empty());
}

TEST_CASE("RescaleWaitsUntilTheJobRunsWithSoMany") {
  ClientDesk desk;
  desk.meanwhile = [&](int pause) {
    JobView& job = desk.cluster.known[0];
    if (pause == 1) job.state = JobState::kStopping;
    if (pause == 2) job.state = JobState::kWaiting, job.parallelism = 3;
    if (pause == 3) job.state = JobState::kRunning;
  };
  REQUIRE(rescale_command(desk.client(), {.job = "count"}, 3).value() == 0);
  REQUIRE(desk.said == "job count is running with parallelism 3\n");
  REQUIRE(desk.pauses == 3);
}

TEST_CASE("RescaleLeavesAJobThatWaitsForSlots") {
  ClientDesk desk;
  desk.meanwhile = [&](int) {
    JobView& job = desk.cluster.known[0];
    job.state = JobState::kWaiting;
    job.reason = "needs 9 slots, 2 are free";
    job.parallelism = 9;
  };
  REQUIRE(rescale_command(desk.client(), {.job = "count"}, 9).value() == 0);
  REQUIRE(desk.said == "job count is waiting with parallelism 9: needs 9 slots, 2 are free\n");
}

TEST_CASE("RescaleFailsWhereTheJobEnds") {
  ClientDesk desk;
  end_after(desk, 1, JobState::kFailed, "state is damaged");
  REQUIRE(rescale_command(desk.client(), {.job = "count"}, 3).value() == 1);
  REQUIRE_THAT(desk.said, Contains("failed with parallelism 1: state is damaged"));
}

TEST_CASE("AnInterruptLeavesTheJobAlone") {
  ClientDesk desk;
  desk.interrupted = true;
  REQUIRE(cancel_command(desk.client(), {.job = "count"}).value() == 130);
  REQUIRE(stop_command(desk.client(), {.order = {.job = "count"}}).value() == 130);
  REQUIRE(rescale_command(desk.client(), {.job = "count"}, 3).value() == 130);
  REQUIRE(desk.out.empty());
}

TEST_CASE("AnUnknownJobIsRefusedByEveryCommand") {
  ClientDesk desk;
  const Client client = desk.client();
  for (const Answer<int>& answer :
       {show_command(client, "x"), logs_command(client, "x"), why_command(client, "x"),
        stop_command(client, {.order = {.job = "x"}}), cancel_command(client, {.job = "x"}),
        savepoint_command(client, {.order = {.job = "x"}}),
        rescale_command(client, {.job = "x"}, 2)}) {
    REQUIRE(answer.error().kind == RefusalKind::kUnknown);
    REQUIRE_THAT(answer.error().message, Contains("there is no job x"));
  }
}

}  // namespace
}  // namespace weir
