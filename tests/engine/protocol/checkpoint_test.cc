// Goal: each row of the protocol's table, told as a story. What happens in every other order of
// events is enumerated in checkpoint_histories_test.cc.
#include "engine/protocol/checkpoint.h"

#include "engine/base/match.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

using checkpoint::Phase;

constexpr int64_t kSecond = 1'000'000;

std::string list(const std::vector<SlotIndex>& slots) {
  std::string text;
  for (SlotIndex slot : slots) text += fmt::format(" {}", slot.value());
  return text;
}

std::string describe(const checkpoint::Action& action) {
  const uint64_t epoch = action.id.epoch.value();
  return std::visit(
      Match{
          [&](const checkpoint::InjectBarriers& inject) {
            return fmt::format("inject {}{}", epoch, inject.last ? " last" : "");
          },
          [&](const checkpoint::CancelEpoch&) { return fmt::format("cancel {}", epoch); },
          [&](const checkpoint::StoreManifest& manifest) {
            std::string text = fmt::format("store {}:", epoch);
            for (Epoch report : manifest.reports) text += fmt::format(" {}", report.value());
            return text + (manifest.finished ? " finished" : "");
          },
          [&](const checkpoint::CommitOutput& order) {
            return fmt::format("commit {}:{}", epoch, list(order.slots));
          },
          [&](const checkpoint::WriteCommitRecord&) { return fmt::format("mark {}", epoch); },
          [&](const checkpoint::Collect&) { return fmt::format("collect {}", epoch); },
          [&](const checkpoint::Finished& finished) {
            return std::string(finished.input_ended ? "finished" : "stopped");
          },
          [&](const checkpoint::RecoverJob& recover) {
            return "recover: " + recover.reason.message;
          },
          [&](const checkpoint::FailJob& fail) { return "fail: " + fail.reason.message; },
      },
      action.what);
}

// A machine of generation 3 that goes on from epoch 5, with two tasks and two slots, and its clock.
struct Story {
  int64_t now = 100 * kSecond;
  CheckpointMachine machine;

  explicit Story(checkpoint::Settings settings = {}, uint32_t slots = 2)
      : machine(
            {.base = {Generation(3), Epoch(5)}, .tasks = 2, .slots = slots, .settings = settings},
            now) {}

  template <typename What>
  std::string hear(uint64_t epoch, What what, uint64_t generation = 3) {
    std::string text;
    for (const checkpoint::Action& action :
         machine.step({{Generation(generation), Epoch(epoch)}, std::move(what)}, now)) {
      REQUIRE(action.id.generation == Generation(3));
      text += (text.empty() ? "" : "; ") + describe(action);
    }
    return text;
  }
  std::string tick() { return hear(0, checkpoint::Tick{}); }
  // Lets time go on to when the machine wants to be woken.
  std::string wake() {
    now = *machine.next_wakeup();
    return tick();
  }
  std::string taken(uint64_t epoch, uint32_t task, std::vector<checkpoint::EdgeRows> rows = {}) {
    return hear(epoch, checkpoint::SnapshotTaken{TaskId(task), std::move(rows)});
  }
  std::string finished(uint64_t epoch, uint32_t task) {
    return hear(epoch, checkpoint::TaskFinished{TaskId(task), {}});
  }
  std::string committed(uint64_t epoch, uint32_t slot) {
    return hear(epoch, checkpoint::OutputCommitted{SlotIndex(slot)});
  }
  std::string commit_failed(uint64_t epoch, uint32_t slot, Error error) {
    return hear(epoch, checkpoint::CommitFailed{SlotIndex(slot), std::move(error)});
  }
  void align(uint64_t epoch) {
    wake();
    taken(epoch, 0);
    REQUIRE(taken(epoch, 1) == fmt::format("store {}: {} {}", epoch, epoch, epoch));
  }
  void store(uint64_t epoch) {
    align(epoch);
    REQUIRE(hear(epoch, checkpoint::ManifestStored{}) == fmt::format("commit {}: 0 1", epoch));
  }
  void commit(uint64_t epoch) {
    store(epoch);
    committed(epoch, 0);
    REQUIRE(committed(epoch, 1) == fmt::format("mark {}", epoch));
  }
};

TEST_CASE("AnEpochGoesThroughFivePhases") {
  Story story;
  REQUIRE(story.tick().empty());
  REQUIRE(story.machine.next_wakeup() == 101 * kSecond);
  REQUIRE(story.wake() == "inject 6");
  REQUIRE(story.machine.phase() == Phase::kAligning);
  REQUIRE(story.taken(6, 1).empty());
  REQUIRE(story.machine.tasks_awaited() == std::vector{TaskId(0)});
  REQUIRE(story.taken(6, 0) == "store 6: 6 6");
  REQUIRE(story.machine.phase() == Phase::kStoring);
  REQUIRE(story.hear(6, checkpoint::ManifestStored{}) == "commit 6: 0 1");
  REQUIRE(story.committed(6, 0).empty());
  REQUIRE(story.machine.slots_awaited() == std::vector{SlotIndex(1)});
  REQUIRE(story.committed(6, 1) == "mark 6");
  REQUIRE(story.machine.phase() == Phase::kMarking);
  REQUIRE(story.hear(6, checkpoint::CommitMarked{}) == "collect 6");
  REQUIRE(story.machine.phase() == Phase::kIdle);
  REQUIRE(story.machine.current() == CheckpointId{Generation(3), Epoch(6)});
}

TEST_CASE("TheIntervalIsMeasuredFromStartToStart") {
  Story story;
  story.commit(6);
  story.now += kSecond / 4;
  story.hear(6, checkpoint::CommitMarked{});
  REQUIRE(story.machine.next_wakeup() == 102 * kSecond);
}

TEST_CASE("IntervalsGrowFromTheFirst") {
  Story story({.first_interval_us = kSecond / 4});
  std::vector<int64_t> pauses;
  for (uint64_t epoch = 6; epoch < 11; ++epoch) {
    pauses.push_back(*story.machine.next_wakeup() - story.now);
    story.commit(epoch);
    story.hear(epoch, checkpoint::CommitMarked{});
  }
  REQUIRE(pauses == std::vector{kSecond / 4, kSecond / 2, kSecond, kSecond, kSecond});
}

TEST_CASE("AFirstIntervalIsNoLongerThanTheOthers") {
  Story story({.interval_us = kSecond / 10});
  REQUIRE(*story.machine.next_wakeup() - story.now == kSecond / 10);
}

TEST_CASE("AnEpochThatTookLongerThanTheIntervalIsFollowedAtOnceByTheNext") {
  Story story;
  story.commit(6);
  story.now += 5 * kSecond;
  REQUIRE(story.tick().empty());
  REQUIRE(story.hear(6, checkpoint::CommitMarked{}) == "collect 6; inject 7");
}

TEST_CASE("EventsOfOtherGenerationsEpochsAndPhasesAreDropped") {
  Story story;
  story.wake();
  REQUIRE(story.hear(6, checkpoint::SnapshotTaken{TaskId(0), {}}, 2).empty());
  REQUIRE(story.taken(5, 0).empty());
  REQUIRE(story.taken(7, 0).empty());
  REQUIRE(story.hear(6, checkpoint::ManifestStored{}).empty());
  REQUIRE(story.committed(6, 0).empty());
  REQUIRE(story.hear(6, checkpoint::TaskFailed{TaskId(0), unavailable("x")}, 4).empty());
  REQUIRE(story.machine.tasks_awaited().size() == 2);
  story.taken(6, 0);
  REQUIRE(story.taken(6, 0).empty());
  REQUIRE(story.taken(6, 1) == "store 6: 6 6");
  REQUIRE(story.taken(6, 1).empty());
}

TEST_CASE("AnAlignmentThatTakesTooLongIsAbandonedAndNamesWhoIsMissing") {
  Story story;
  story.wake();
  story.taken(6, 1);
  REQUIRE(story.machine.next_wakeup() == 161 * kSecond);
  story.now = *story.machine.next_wakeup();
  const auto actions =
      story.machine.step({{Generation(3), Epoch(0)}, checkpoint::Tick{}}, story.now);
  REQUIRE(actions.size() == 1);
  REQUIRE(std::get<checkpoint::CancelEpoch>(actions[0].what).reason.message ==
          "cannot align the barriers of a checkpoint in time: generation=3 epoch=6 max_ms=60000 "
          "tasks that did not report=0");
  REQUIRE(story.wake() == "inject 7");
  REQUIRE(story.taken(6, 0).empty());
  REQUIRE(story.taken(7, 0).empty());
  REQUIRE(story.taken(7, 1) == "store 7: 7 7");
}

TEST_CASE("ATaskThatCannotTakePartAbandonsTheEpoch") {
  Story story;
  story.wake();
  story.taken(6, 0);
  const checkpoint::SnapshotFailed full = {TaskId(1), unavailable("the disk is full")};
  REQUIRE(story.hear(6, full) == "cancel 6");
  REQUIRE(story.hear(6, full).empty());
  REQUIRE(story.wake() == "inject 7");
}

TEST_CASE("TheJobFailsAfterTooManyAbandonedEpochsInARow") {
  Story story({.max_abandoned = 2});
  const checkpoint::SnapshotFailed full = {TaskId(1), unavailable("the disk is full")};
  story.wake();
  REQUIRE(story.hear(6, full) == "cancel 6");
  story.commit(7);
  story.hear(7, checkpoint::CommitMarked{});
  story.wake();
  REQUIRE(story.hear(8, full) == "cancel 8");
  story.wake();
  REQUIRE(story.hear(9, full) ==
          "cancel 9; fail: 2 checkpoints in a row were abandoned, and the job does not go on "
          "without them; the last one, generation=3 epoch=9, because: the disk is full");
  REQUIRE(story.machine.phase() == Phase::kOver);
  REQUIRE(story.machine.next_wakeup() == std::nullopt);
  REQUIRE(story.tick().empty());
}

TEST_CASE("AManifestThatWasCertainlyNotStoredAbandonsTheEpoch") {
  Story story;
  story.align(6);
  REQUIRE(story.hear(6, checkpoint::ManifestFailed{unavailable("full")}) == "cancel 6");
  REQUIRE(story.hear(6, checkpoint::ManifestStored{}).empty());
  REQUIRE(story.wake() == "inject 7");
}

TEST_CASE("AManifestOfWhichNobodyKnowsRecoversTheJob") {
  Story story;
  story.align(6);
  SECTION("told") {
    REQUIRE(story.hear(6, checkpoint::ManifestUnknown{unavailable("gone")}) == "recover: gone");
  }
  SECTION("no answer") {
    REQUIRE(
        story.wake() ==
        "recover: cannot tell whether a manifest was stored: generation=3 epoch=6 max_ms=60000");
  }
  REQUIRE(story.machine.phase() == Phase::kOver);
}

TEST_CASE("AFailedTaskRecoversTheJobInEveryPhase") {
  Story story;
  SECTION("idle") {}
  SECTION("aligning") { story.wake(); }
  SECTION("storing") { story.align(6); }
  SECTION("committing") { story.store(6); }
  SECTION("marking") { story.commit(6); }
  REQUIRE(story.hear(0, checkpoint::TaskFailed{TaskId(1), unavailable("it fell")}) ==
          "recover: it fell");
}

TEST_CASE("ACommitIsOrderedAgainWithPausesThatDouble") {
  Story story({.retry_first_us = 100, .retry_max_us = 300});
  story.store(6);
  story.committed(6, 0);
  for (int64_t pause : {100, 200, 300, 300}) {
    REQUIRE(story.commit_failed(6, 1, unavailable("no broker")).empty());
    REQUIRE(story.machine.next_wakeup() == story.now + pause);
    REQUIRE(story.wake() == "commit 6: 1");
  }
  REQUIRE(story.commit_failed(6, 0, corrupt("an old failure of a slot that is done")).empty());
  REQUIRE(story.committed(6, 1) == "mark 6");
}

TEST_CASE("AnOrderWithoutAnAnswerIsRepeatedAndThenTheJobRecovers") {
  Story story({.max_answer_us = kSecond, .max_attempts = 2});
  SECTION("to commit") {
    story.store(6);
    REQUIRE(story.wake() == "commit 6: 0 1");
    story.committed(6, 1);
    REQUIRE(story.wake() ==
            "recover: cannot commit the output of a checkpoint: generation=3 epoch=6 attempts=2 "
            "slots=0: no answer");
  }
  SECTION("to mark") {
    story.commit(6);
    REQUIRE(story.wake() == "mark 6");
    REQUIRE(story.hear(6, checkpoint::MarkFailed{unavailable("the disk is full")}).empty());
    REQUIRE(story.wake() ==
            "recover: cannot commit the output of a checkpoint: generation=3 epoch=6 attempts=2 "
            "slots=: the disk is full");
  }
}

TEST_CASE("OnlyWhatMayPassIsTriedAgain") {
  Story story;
  story.store(6);
  SECTION("fenced") {
    REQUIRE(story.commit_failed(6, 1, Error{ErrorKind::kFenced, "newer"}) == "recover: newer");
  }
  SECTION("corrupt") {
    REQUIRE(story.commit_failed(6, 1, corrupt("no marker")) == "fail: no marker");
  }
  REQUIRE(story.machine.phase() == Phase::kOver);
}

TEST_CASE("AFinalReportStandsForEveryLaterEpoch") {
  Story story;
  story.wake();
  story.taken(6, 0);
  REQUIRE(story.finished(6, 1) == "store 6: 6 6");
  story.hear(6, checkpoint::ManifestStored{});
  story.committed(6, 0);
  story.committed(6, 1);
  story.hear(6, checkpoint::CommitMarked{});
  story.wake();
  REQUIRE(story.taken(7, 0) == "store 7: 7 6");
}

TEST_CASE("AFinalReportDoesNotStandForAnEpochBeforeIt") {
  Story story;
  story.wake();
  story.taken(6, 1);
  REQUIRE(story.finished(7, 1).empty());
  REQUIRE(story.taken(6, 0) == "store 6: 6 6");
}

TEST_CASE("AFinalReportAloneIsNoReportOfAnEpochBeforeIt") {
  // The task's report of 6 was lost on the way.
  Story story;
  story.wake();
  story.taken(6, 0);
  REQUIRE(story.finished(7, 1).empty());
  REQUIRE(story.machine.tasks_awaited() == std::vector{TaskId(1)});
  story.wake();
  REQUIRE(story.wake() == "inject 7");
  REQUIRE(story.taken(7, 0) == "store 7: 7 7");
}

TEST_CASE("WhenAllTasksHaveFinishedTheLastEpochNeedsNoBarriers") {
  Story story;
  REQUIRE(story.finished(6, 0).empty());
  REQUIRE(story.finished(6, 1) == "store 6: 6 6 finished");
  story.hear(6, checkpoint::ManifestStored{});
  story.committed(6, 0);
  story.committed(6, 1);
  REQUIRE(story.hear(6, checkpoint::CommitMarked{}) == "collect 6; finished");
  REQUIRE(story.machine.phase() == Phase::kOver);
}

TEST_CASE("TasksThatFinishDuringAnEpochAreFollowedAtOnceByTheLast") {
  Story story;
  story.commit(6);
  story.finished(7, 0);
  story.finished(7, 1);
  REQUIRE(story.hear(6, checkpoint::CommitMarked{}) == "collect 6; store 7: 7 7 finished");
}

TEST_CASE("TheLastEpochWaitsForTheIntervalOnlyAfterAFailure") {
  Story story;
  story.finished(6, 0);
  story.finished(6, 1);
  REQUIRE(story.hear(6, checkpoint::ManifestFailed{unavailable("full")}) == "cancel 6");
  REQUIRE(story.machine.next_wakeup() == story.now + kSecond);
  REQUIRE(story.wake() == "store 7: 6 6 finished");
}

TEST_CASE("AStopTakesOneLastEpochAtOnce") {
  Story story;
  REQUIRE(story.hear(0, checkpoint::StopRequested{}) == "inject 6 last");
  story.taken(6, 0);
  story.taken(6, 1);
  story.hear(6, checkpoint::ManifestStored{});
  story.committed(6, 0);
  story.committed(6, 1);
  REQUIRE(story.hear(6, checkpoint::CommitMarked{}) == "collect 6; stopped");
  REQUIRE(story.machine.phase() == Phase::kOver);
}

TEST_CASE("AStopLetsTheEpochInFlightEndFirst") {
  Story story;
  story.commit(6);
  REQUIRE(story.hear(0, checkpoint::StopRequested{}).empty());
  REQUIRE(story.hear(6, checkpoint::CommitMarked{}) == "collect 6; inject 7 last");
}

TEST_CASE("ALastEpochThatIsAbandonedIsFollowedByAnotherLastOne") {
  Story story;
  story.hear(0, checkpoint::StopRequested{});
  REQUIRE(story.hear(6, checkpoint::SnapshotFailed{TaskId(0), unavailable("full")}) == "cancel 6");
  REQUIRE(story.wake() == "inject 7 last");
}

TEST_CASE("WithoutSlotsTheManifestIsFollowedByTheCommitRecord") {
  Story story({}, 0);
  story.align(6);
  REQUIRE(story.hear(6, checkpoint::ManifestStored{}) == "commit 6:; mark 6");
}

TEST_CASE("RowsLostOrMadeBetweenTasksFailTheJob") {
  Story story;
  story.wake();
  story.taken(6, 0, {{.edge = EdgeIndex(0), .sent = 9}, {.edge = EdgeIndex(4), .sent = 5}});
  const std::vector<checkpoint::EdgeRows> all = {{.edge = EdgeIndex(0), .received = 9},
                                                 {.edge = EdgeIndex(4), .received = 5}};
  SECTION("all there") { REQUIRE(story.taken(6, 1, all) == "store 6: 6 6"); }
  SECTION("one lost") {
    std::vector<checkpoint::EdgeRows> less = all;
    less[1].received = 4;
    REQUIRE(story.taken(6, 1, less) ==
            "fail: rows were lost or made between tasks: generation=3 epoch=6 edge=4 sent=5 "
            "received=4");
  }
}

TEST_CASE("EveryPhaseHasAName") {
  REQUIRE(checkpoint::to_text(Phase::kIdle) == std::string("idle"));
  REQUIRE(checkpoint::to_text(Phase::kOver) == std::string("over"));
}

}  // namespace
}  // namespace weir
