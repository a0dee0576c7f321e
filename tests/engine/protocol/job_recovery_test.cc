// Goal: each step of a life's beginning, as the table of engine/protocol/job.h tells it. What
// happens in every other order of events is enumerated in cluster_histories.cc.
#include "tests/engine/protocol/job_story.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using job::Phase;

constexpr CheckpointId kNewest = {Generation(2), Epoch(7)};

TEST_CASE("JobBeginsFromNothing") {
  JobStory story({.parallelism = 2});
  REQUIRE(story.hear(job::Tick{}) == "want 2");
  REQUIRE(story.hear(granted({1, 2})) == "fence");
  REQUIRE(story.hear_of(1, job::Fenced{}) == "look");
  REQUIRE(story.hear(job::Looked{}) == "base nothing");
  REQUIRE(story.hear(job::BaseWritten{}) == "look at fences");
  REQUIRE(story.hear(job::FencesSeen{}) == "prepare 1 from nothing on 1 2");
  REQUIRE(story.hear(job::Prepared{WorkerId(2)}) == "");
  REQUIRE(story.hear(job::Prepared{WorkerId(1)}) == "start on 1 2");
  REQUIRE(story.hear(job::Started{WorkerId(1)}) == "");
  REQUIRE(story.hear(job::Started{WorkerId(2)}) == "run from 1/0");
  REQUIRE(story.phase() == Phase::kRunning);
}

TEST_CASE("JobDeliversAgainWhatTheLifeBeforeMayNotHave") {
  JobStory story;
  story.look(3, {4});
  REQUIRE(story.hear(job::Looked{.checkpoint = kNewest, .committed = false}) == "base 2/7");
  story.hear(job::BaseWritten{});
  REQUIRE(story.hear(job::FencesSeen{}) == "replay 2/7 on 4");
  REQUIRE(story.hear(job::Replayed{WorkerId(4)}) == "mark 2/7");
  REQUIRE(story.hear(job::CommitRecordWritten{}) == "prepare 3 from 2/7 on 4");
  story.hear(job::Prepared{WorkerId(4)});
  REQUIRE(story.hear(job::Started{WorkerId(4)}) == "run from 3/7");
}

TEST_CASE("JobWhoseLastCheckpointWasTakenEndsAfterDeliveringIt") {
  JobStory story;
  story.look(3, {4});
  story.hear(job::Looked{.checkpoint = kNewest, .committed = false, .finished = true});
  story.hear(job::BaseWritten{});
  REQUIRE(story.hear(job::FencesSeen{}) == "replay 2/7 on 4");
  story.hear(job::Replayed{WorkerId(4)});
  REQUIRE(story.hear(job::CommitRecordWritten{}) == "end life; drop 3 on 4");
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "release; finished");
}

TEST_CASE("JobAdoptsTheSavepointThatItBeginsWith") {
  JobStory story({.savepoint = kNewest});
  story.hear(job::Tick{});
  REQUIRE(story.hear(granted({1})) == "fence above 2");
  story.hear_of(3, job::Fenced{});
  REQUIRE(story.hear(job::Looked{}) == "adopt");
  REQUIRE(story.hear(job::SavepointAdopted{{Generation(3), Epoch(7)}}) == "look at fences");
  REQUIRE(story.hear(job::FencesSeen{}) == "prepare 3 from 3/7 on 1");
}

TEST_CASE("JobStandsDownWhenANewerCoordinatorHasFencedIt") {
  JobStory story;
  story.look(3, {4});
  story.hear(job::Looked{});
  story.hear(job::BaseWritten{});
  SECTION("as the second look shows") {
    REQUIRE(story.hear(job::FencesSeen{.newer = true, .superseded = true}) ==
            "release; stood_down");
  }
  SECTION("as the store says when it is asked for something") {
    REQUIRE(story.hear(job::StoreFailed{{ErrorKind::kFenced, "fenced"}}) == "look at fences");
    REQUIRE(story.hear(job::FencesSeen{.newer = true, .superseded = true}) ==
            "release; stood_down");
  }
}

TEST_CASE("JobStandsDownWhenANewerCoordinatorIsThereBeforeItFences") {
  JobStory story;
  story.hear(job::Tick{});
  story.hear(granted({4}));
  REQUIRE(story.hear(job::StoreFailed{{ErrorKind::kFenced, "a newer term"}}) ==
          "release; stood_down");
}

TEST_CASE("JobTakesTheNextGenerationWhereAnOlderCoordinatorHasFencedIt") {
  JobStory story;
  story.look(3, {4});
  story.hear(job::Looked{});
  story.hear(job::BaseWritten{});
  REQUIRE(story.hear(job::FencesSeen{.newer = true}) == "want 1");
  REQUIRE(story.hear(granted({4})) == "fence");
  REQUIRE(story.hear_of(5, job::Fenced{}) == "look");
}

TEST_CASE("JobThatWasTakenOverWaitsUntilTheOldLeasesAreOver") {
  JobStory story({.old_leases_end_us = 104 * kSecond});
  story.fence(3, {4});
  REQUIRE(story.phase() == Phase::kStopping);
  REQUIRE(story.wake() == "look");
  REQUIRE(story.now == 104 * kSecond);
}

TEST_CASE("JobMakesACallOfTheStoreAgainAfterAPauseThatDoubles") {
  JobStory story;
  story.look(3, {4});
  REQUIRE(story.hear(job::StoreFailed{unavailable("no answer")}) == "");
  REQUIRE(story.machine.trouble() == "no answer");
  const int64_t before = story.now;
  REQUIRE(story.wake() == "look");
  REQUIRE(story.now - before == 200'000);
  story.hear(job::StoreFailed{unavailable("no answer")});
  REQUIRE(story.wake() == "look");
  REQUIRE(story.now - before == 600'000);
}

TEST_CASE("JobAsksForSlotsAnewWhenAWorkerIsLostBeforeItHasAnythingToDo") {
  JobStory story;
  story.look(3, {4});
  REQUIRE(story.hear(job::WorkerLost{WorkerId(4)}) == "");
  REQUIRE(story.hear(job::Looked{}) == "want 1");
  REQUIRE(story.hear(granted({5})) == "fence");
  REQUIRE(story.machine.failures() == 0);
}

TEST_CASE("JobFailsALifeThatDoesNotBeginInTime") {
  JobStory story;
  story.prepare(3, {4});
  REQUIRE(story.wake() ==
          "end life 1: workers did not make their tasks in time: generation=3 workers=4; "
          "drop 3 on 4; look at fences");
}

TEST_CASE("JobWaitsForEachWorkerThatMayRunTasksOfTheLifeBefore") {
  JobStory story({.parallelism = 2});
  story.run(3, {4, 5});
  REQUIRE(story.hear(job::WorkerFailed{WorkerId(4), unavailable("no disk")}) ==
          "end life 1: no disk; drop 3 on 4 5; look at fences");
  story.pause();
  story.hear_of(3, job::Dropped{WorkerId(4)});
  story.fence(4, {4, 6});
  REQUIRE(story.phase() == Phase::kStopping);
  REQUIRE(story.hear_of(2, job::Dropped{WorkerId(5)}) == "");
  REQUIRE(story.hear_of(3, job::Dropped{WorkerId(5)}) == "look");
}

TEST_CASE("JobGivesUpAWorkerThatDoesNotDropItsTasks") {
  JobStory story;
  story.run(3, {4});
  story.hear(job::WorkerFailed{WorkerId(4), unavailable("no disk")});
  story.pause();
  story.fence(4, {6});
  REQUIRE(story.wake() == "give up 4");
  REQUIRE(story.hear(job::WorkerLost{WorkerId(4)}) == "look");
}

TEST_CASE("JobDoesNotWaitForTheLeaseOfALostWorkerThatDeliversNothing") {
  JobStory story;
  story.run(3, {4});
  story.hear(job::DeliveryOrdered{{WorkerId(4)}});
  story.hear(job::CheckpointCompleted{Epoch(1)});
  story.hear(job::WorkerLost{WorkerId(4)});
  story.pause();
  story.look(4, {6});
}

TEST_CASE("JobWaitsForTheLeaseOfALostWorkerThatMayDeliver") {
  JobStory story;
  story.run(3, {4});
  story.hear(job::DeliveryOrdered{{WorkerId(4)}});
  story.hear(job::WorkerLost{WorkerId(4)});
  story.pause();
  story.fence(4, {6});
  REQUIRE(story.phase() == Phase::kStopping);
  REQUIRE_FALSE(story.machine.next_wakeup().has_value());
  REQUIRE(story.hear(job::WorkerDead{WorkerId(4)}) == "look");
}

TEST_CASE("JobWithSinksThatWriteAsRowsComeWaitsForEveryLease") {
  JobStory story({.settings = {.waits_for_leases = true}});
  story.run(3, {4});
  story.hear(job::WorkerLost{WorkerId(4)});
  story.pause();
  story.fence(4, {6});
  REQUIRE(story.phase() == Phase::kStopping);
}

}  // namespace
}  // namespace weir
