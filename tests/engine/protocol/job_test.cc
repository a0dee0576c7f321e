// Goal: what ends a life, and what ends a job, as the table of engine/protocol/job.h tells it. What
// happens in every other order of events is enumerated in cluster_histories.cc.
#include "tests/engine/protocol/job_story.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using job::Phase;

TEST_CASE("JobEndsWhenItsInputDoes") {
  JobStory story;
  story.run(1, {4});
  story.hear(job::CheckpointCompleted{Epoch(1)});
  REQUIRE(story.hear(job::LifeFinished{.input_ended = true}) == "end life; drop 1 on 4");
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "release; finished");
  REQUIRE(story.hear(job::StopRequested{}) == "");
  REQUIRE_FALSE(story.machine.next_wakeup().has_value());
}

TEST_CASE("JobRestartsAfterAPauseThatDoubles") {
  JobStory story;
  for (uint64_t life = 1; life <= 3; ++life) {
    story.run(life, {4});
    REQUIRE(story.hear(job::LifeFailed{unavailable("no broker")}).find("no broker") !=
            std::string::npos);
    story.hear(job::Dropped{WorkerId(4)});
    const int64_t failed = story.now;
    story.pause();
    REQUIRE(story.now - failed == 500'000 << (life - 1));
  }
  REQUIRE(story.machine.failures() == 3);
}

TEST_CASE("JobIsGivenUpAfterTooManyFailuresInARow") {
  JobStory story({.settings = {.restart_attempts = 1}});
  story.run(1, {4});
  story.hear(job::LifeFailed{unavailable("no broker")});
  story.hear(job::Dropped{WorkerId(4)});
  story.pause();
  story.run(2, {4});
  story.hear(job::LifeFailed{unavailable("no broker")});
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) ==
          "release; failed: the job failed 2 times in a row, and is given up; the last time, "
          "generation=2, because: no broker");
}

TEST_CASE("JobForgivesFailuresAfterALifeThatRanWell") {
  JobStory story({.settings = {.restart_attempts = 1}});
  story.run(1, {4});
  story.hear(job::LifeFailed{unavailable("no broker")});
  story.hear(job::Dropped{WorkerId(4)});
  story.pause();
  story.run(2, {4});
  SECTION("for long") { story.now += 60 * kSecond; }
  SECTION("through many checkpoints") {
    for (uint64_t epoch = 1; epoch <= 10; ++epoch) {
      story.hear(job::CheckpointCompleted{Epoch(epoch)});
    }
  }
  story.hear(job::LifeFailed{unavailable("no broker")});
  REQUIRE(story.machine.failures() == 1);
}

TEST_CASE("JobFailsForGoodWhereStartingAgainWouldNotHelp") {
  JobStory story;
  story.run(1, {4});
  REQUIRE(story.hear(job::WorkerFailed{WorkerId(4), user_error("no such topic")}) ==
          "end life 1: no such topic; drop 1 on 4");
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "release; failed: no such topic");
}

TEST_CASE("JobThatIsFencedStandsDownWhereANewerCoordinatorIsThere") {
  JobStory story;
  story.run(1, {4});
  story.hear(job::LifeFailed{{ErrorKind::kFenced, "fenced"}});
  REQUIRE(story.hear(job::FencesSeen{.newer = true, .superseded = true}) == "");
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "release; stood_down");
}

TEST_CASE("JobThatIsFencedByItsOwnPastRestarts") {
  JobStory story;
  story.run(1, {4});
  story.hear(job::LifeFailed{{ErrorKind::kFenced, "fenced"}});
  story.pause();
}

TEST_CASE("JobStopsWithALastCheckpoint") {
  JobStory story;
  story.run(1, {4});
  REQUIRE(story.hear(job::StopRequested{}) == "take last");
  story.hear(job::CheckpointCompleted{Epoch(1)});
  REQUIRE(story.hear(job::LifeFinished{}) == "end life; drop 1 on 4");
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "release; stopped");
}

TEST_CASE("JobStopsWithASavepoint") {
  JobStory story;
  story.run(1, {4});
  story.hear(job::StopRequested{.save = true});
  story.hear(job::CheckpointCompleted{Epoch(1)});
  REQUIRE(story.hear(job::LifeFinished{}) == "save 1/1 last");
  SECTION("that is written") {
    story.hear(job::SavepointWritten{});
    REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "release; stopped");
  }
  SECTION("that cannot be written") {
    story.hear(job::SavepointFailed{user_error("the folder holds one")});
    REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "release; stopped: the folder holds one");
  }
}

TEST_CASE("JobThatFailsWhileItStopsStartsAgainForItsLastCheckpoint") {
  JobStory story;
  story.run(1, {4});
  story.hear(job::StopRequested{});
  story.hear(job::WorkerLost{WorkerId(4)});
  story.pause();
  story.prepare(2, {5});
  story.hear(job::Prepared{WorkerId(5)});
  REQUIRE(story.hear(job::Started{WorkerId(5)}) == "run from 2/0; take last");
}

TEST_CASE("JobThatGetsNoSlotsStopsWhereItIs") {
  JobStory story;
  story.hear(job::Tick{});
  story.hear(job::NotYet{"needs 1 slot, and there is no worker"});
  REQUIRE(story.machine.trouble() == "needs 1 slot, and there is no worker");
  REQUIRE(story.hear(job::StopRequested{}).find("release; stopped: the job was waiting") == 0);
}

// The workers that will run it may not have found the new coordinator yet.
TEST_CASE("JobThatWasTakenOverWaitsForItsWorkersBeforeItStopsWithoutSlots") {
  JobStory story({.old_leases_end_us = 104 * kSecond});
  story.hear(job::Tick{});
  story.hear(job::NotYet{"needs 1 slot, and there is no worker"});
  REQUIRE(story.hear(job::StopRequested{.save = true}) == "");
  REQUIRE(story.machine.next_wakeup() == 104 * kSecond);
  REQUIRE(story.phase() == Phase::kWaiting);
  SECTION("which come") {
    story.hear(granted({4}));
    REQUIRE(story.hear_of(5, job::Fenced{}) == "");
    REQUIRE(story.wake() == "look");
  }
  SECTION("which do not come") {
    REQUIRE(story.wake() == "fence");
    REQUIRE(story.hear_of(5, job::Fenced{}).find("release; stopped: the job was waiting") == 0);
  }
}

TEST_CASE("JobIsCancelledAtOnce") {
  JobStory story;
  story.run(1, {4});
  story.hear(job::StopRequested{});
  REQUIRE(story.hear(job::CancelRequested{}) == "end life; drop 1 on 4");
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "release; cancelled");
}

TEST_CASE("JobThatWasTakenOverIsFencedBeforeItIsCancelled") {
  JobStory story({.old_leases_end_us = 104 * kSecond});
  story.hear(job::Tick{});
  REQUIRE(story.hear(job::CancelRequested{}) == "fence");
  REQUIRE(story.hear_of(5, job::Fenced{}) == "");
  REQUIRE(story.wake() == "release; cancelled");
}

TEST_CASE("JobSavesTheNextCompleteCheckpoint") {
  JobStory story;
  story.run(1, {4});
  REQUIRE(story.hear(job::SavepointRequested{7}) == "");
  story.hear(job::SavepointRequested{8});
  REQUIRE(story.hear(job::CheckpointCompleted{Epoch(3)}) == "save 1/3 7 8");
  story.hear(job::SavepointRequested{9});
  story.hear(job::CancelRequested{});
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "refuse 9; release; cancelled");
}

TEST_CASE("JobIsRescaledByALastCheckpointAndAnotherLife") {
  JobStory story;
  story.run(1, {4});
  REQUIRE(story.hear(job::RescaleRequested{3}) == "take last");
  story.hear(job::CheckpointCompleted{Epoch(1)});
  REQUIRE(story.hear(job::LifeFinished{}) == "end life; drop 1 on 4; want 3");
  REQUIRE(story.hear(granted({4, 5, 4})) == "fence");
  REQUIRE(story.machine.failures() == 0);
}

TEST_CASE("JobThatFailsWhileItIsRescaledStartsAgainInTheNewSize") {
  JobStory story;
  story.run(1, {4});
  story.hear(job::RescaleRequested{3});
  story.hear(job::WorkerLost{WorkerId(4)});
  story.hear(job::FencesSeen{});
  REQUIRE(story.wake() == "want 3");
}

TEST_CASE("JobThatIsRescaledWhileItWaitsAsksForOtherSlots") {
  JobStory story;
  story.hear(job::Tick{});
  REQUIRE(story.hear(job::RescaleRequested{3}) == "want 3");
  REQUIRE(story.hear(granted({1})) == "");
  REQUIRE(story.hear(granted({1, 1, 1})) == "fence");
}

TEST_CASE("JobDropsWhatIsOfAnotherLife") {
  JobStory story;
  story.run(3, {4});
  REQUIRE(story.hear_of(2, job::WorkerFailed{WorkerId(4), user_error("old")}) == "");
  REQUIRE(story.hear_of(2, job::LifeFailed{user_error("old")}) == "");
  REQUIRE(story.hear_of(4, job::LifeFinished{.input_ended = true}) == "");
  REQUIRE(story.hear(job::Dropped{WorkerId(4)}) == "");
  REQUIRE(story.phase() == Phase::kRunning);
}

}  // namespace
}  // namespace weir
