// Goal: who is alive, and which job runs where. Method: small stories. What a whole cluster makes
// of it in every order of events is enumerated in cluster_histories.cc.
#include "engine/protocol/cluster.h"

#include "engine/base/match.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;

std::string describe(const cluster::Action& action) {
  return std::visit(
      Match{
          [](const cluster::Renew& renew) {
            return fmt::format("renew {}:{}", renew.worker.value(), renew.beat);
          },
          [](const cluster::WorkerLost& lost) {
            std::string text = fmt::format("lost {}", lost.worker.value());
            for (const std::string& job : lost.jobs) text += " " + job;
            return text;
          },
          [](const cluster::WorkerDead& dead) {
            return fmt::format("dead {}", dead.worker.value());
          },
          [](const cluster::Grant& grant) {
            std::string text = "grant " + grant.job + ":";
            for (WorkerId id : grant.workers) text += fmt::format(" {}", id.value());
            return text;
          },
          [](const cluster::NotYet& not_yet) { return not_yet.job + " " + not_yet.reason; },
      },
      action);
}

struct Story {
  int64_t now = 100 * kSecond;
  ClusterMachine machine;

  explicit Story(cluster::Settings settings = {}) : machine(settings, now) {}

  std::string hear(const cluster::Event& event) {
    std::string text;
    for (const cluster::Action& action : machine.step(event, now)) {
      text += (text.empty() ? "" : "; ") + describe(action);
    }
    return text;
  }
  std::string join(uint64_t worker, uint32_t slots) {
    return hear(cluster::WorkerJoined{WorkerId(worker), slots, {}});
  }
  std::string beat(uint64_t worker, uint64_t number) {
    return hear(cluster::Heartbeat{WorkerId(worker), number});
  }
  std::string want(const char* job, uint32_t slots) { return hear(cluster::Want{job, slots}); }
  // Lets time go on to when the machine wants to be woken.
  std::string wake() {
    now = *machine.next_wakeup();
    return hear(cluster::Tick{});
  }
};

TEST_CASE("ClusterRenewsAWorkerThatIsAlive") {
  Story story;
  story.join(1, 2);
  story.now += 2 * kSecond;
  REQUIRE(story.beat(1, 7) == "renew 1:7");
  REQUIRE(story.machine.workers()[0].dead_us == story.now + 3'500'000);
}

TEST_CASE("ClusterTakesASilentWorkerForLostAfterItsLeaseAndForDeadAfterAMargin") {
  Story story;
  story.join(1, 2);
  story.want("a", 1);
  REQUIRE(story.wake() == "lost 1 a");
  REQUIRE(story.now == 103 * kSecond);
  REQUIRE(story.wake() == "dead 1");
  REQUIRE(story.now == 103 * kSecond + 500'000);
}

TEST_CASE("ClusterNeverRenewsAWorkerThatIsLost") {
  Story story;
  story.join(1, 2);
  REQUIRE(story.hear(cluster::WorkerBroken{WorkerId(1)}) == "lost 1");
  REQUIRE(story.beat(1, 1) == "");
  story.now += 3 * kSecond;
  story.join(2, 1);
  REQUIRE(story.beat(2, 1) == "renew 2:1");
}

TEST_CASE("ClusterDoesNotRenewALeaseThatHasRunOut") {
  Story story;
  story.join(1, 2);
  story.now += 3 * kSecond;
  REQUIRE(story.beat(1, 1) == "lost 1");
}

TEST_CASE("ClusterKnowsThatAWorkerIsDeadWhenItsProcessJoinsAnewOrLeaves") {
  Story story;
  story.join(1, 2);
  REQUIRE(story.hear(cluster::WorkerJoined{WorkerId(2), 2, WorkerId(1)}) == "lost 1; dead 1");
  REQUIRE(story.hear(cluster::WorkerLeft{WorkerId(2)}) == "lost 2; dead 2");
  REQUIRE_FALSE(story.machine.next_wakeup().has_value());
}

TEST_CASE("ClusterRenewsNobodyOnceItsTermMayBeOver") {
  Story story({.term_us = 2 * kSecond});
  story.join(1, 1);
  story.now += kSecond;
  REQUIRE(story.beat(1, 1) == "renew 1:1");
  story.now += kSecond;
  REQUIRE(story.beat(1, 2) == "");
  story.hear(cluster::TermConfirmed{story.now - 100'000});
  REQUIRE(story.beat(1, 3) == "renew 1:3");
}

TEST_CASE("ClusterTellsWhoTakesOverWhenTheLastLeaseRunsOut") {
  REQUIRE(cluster::leases_end_us({}, kSecond) == kSecond + 3'500'000);
  REQUIRE(cluster::leases_end_us({.term_us = kSecond}, kSecond) == 2 * kSecond + 3'500'000);
}

TEST_CASE("ClusterSpreadsInstancesByLoad") {
  Story story;
  story.join(1, 2);
  story.join(2, 4);
  REQUIRE(story.want("a", 3) == "grant a: 1 2 2");
  REQUIRE(story.want("b", 3) == "grant b: 1 2 2");
  REQUIRE(story.machine.workers()[1].used == 4);
}

TEST_CASE("ClusterPutsAJobBackWhereItWas") {
  Story story;
  story.join(1, 4);
  story.join(2, 4);
  REQUIRE(story.want("a", 2) == "grant a: 1 2");
  REQUIRE(story.want("b", 2) == "grant b: 1 2");
  REQUIRE(story.hear(cluster::Release{"a"}) == "");
  REQUIRE(story.want("b", 3) == "grant b: 1 2 1");
  story.hear(cluster::WorkerBroken{WorkerId(1)});
  REQUIRE(story.want("b", 3) == "grant b: 2 2 2");
}

TEST_CASE("ClusterSaysWhatAJobWaitsFor") {
  Story story;
  REQUIRE(story.want("a", 4) == "a needs 4 slots, and there is no worker");
  REQUIRE(story.join(1, 1) == "a needs 4 slots, 1 of 1 is free on 1 worker");
  REQUIRE(story.join(2, 2) == "a needs 4 slots, 3 of 3 are free on 2 workers");
  REQUIRE(story.join(3, 1) == "grant a: 1 2 3 2");
}

TEST_CASE("ClusterServesJobsInTheOrderInWhichTheyAsked") {
  Story story;
  story.join(1, 1);
  REQUIRE(story.want("a", 1) == "grant a: 1");
  story.want("c", 1);
  story.want("b", 1);
  REQUIRE(story.hear(cluster::Release{"a"}) ==
          "grant c: 1; b needs 1 slot, 0 of 1 are free on 1 worker");
}

TEST_CASE("ClusterLetsSmallerJobsPassOneThatDoesNotFitAfterAWhile") {
  Story story({.lease_us = 60 * kSecond});
  story.join(1, 2);
  REQUIRE(story.want("big", 3) == "big needs 3 slots, 2 of 2 are free on 1 worker");
  REQUIRE(story.want("small", 1) ==
          "small needs 1 slot, and job big, which asked before, is served first");
  REQUIRE(story.wake() == "grant small: 1; big needs 3 slots, 1 of 2 is free on 1 worker");
  REQUIRE(story.now == 110 * kSecond);
  REQUIRE(story.join(2, 2) == "grant big: 2 1 2");
}

TEST_CASE("ClusterKeepsThePlaceInTheQueueOfAJobThatRestarts") {
  Story story;
  story.join(1, 1);
  story.join(2, 1);
  REQUIRE(story.want("a", 2) == "grant a: 1 2");
  story.want("b", 1);
  story.hear(cluster::WorkerBroken{WorkerId(2)});
  REQUIRE(story.want("a", 2) ==
          "a needs 2 slots, 1 of 1 is free on 1 worker; "
          "b needs 1 slot, and job a, which asked before, is served first");
  REQUIRE(story.join(3, 1) == "grant a: 1 3; b needs 1 slot, 0 of 2 are free on 2 workers");
}

TEST_CASE("ClusterSaysWhetherAJobWouldFit") {
  Story story;
  story.join(1, 2);
  story.want("a", 1);
  REQUIRE(story.machine.would_fit("a", 2));
  REQUIRE_FALSE(story.machine.would_fit("a", 3));
  REQUIRE_FALSE(story.machine.would_fit("b", 2));
}

}  // namespace
}  // namespace weir
