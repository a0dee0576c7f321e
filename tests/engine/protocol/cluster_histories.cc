// Goal: a cluster keeps its promises in every order of events. Method: enumeration. After up to a
// number of faults, at whichever steps of a calm history, all ways to go on are tried from each
// state for a number of steps, faults included; then the world calms down, and the job must finish
// with all output visible once and in order.
#include "tests/engine/protocol/cluster_world.h"
#include "tests/engine/protocol/enumeration.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <unordered_set>

namespace weir {
namespace {

using Fault = ClusterWorld::Fault;
using Protections = ClusterWorld::Protections;

constexpr int kWalkSteps = 400;

ClusterWorld::Budget budget(std::initializer_list<std::pair<Fault, uint8_t>> faults) {
  ClusterWorld::Budget all = {};
  for (const auto& [fault, count] : faults) all[static_cast<size_t>(fault)] = count;
  return all;
}

struct Scope {
  const char* name;
  ClusterWorld::Shape shape;
  ClusterWorld::Budget budget;
  // These happen first, in this order, each at whichever step of a calm history; then departures
  // begin, at each step that follows.
  std::vector<Fault> faults;
  int depth;  // Of each departure.
  // Before all that: these were chosen, each as soon as it was there.
  std::vector<const char*> first = {};
};

// One worker and one instance; a worker more; two instances; room for two.
const ClusterWorld::Shape kOne = {.rows = {2}, .slots = {2}};
const ClusterWorld::Shape kSpare = {.rows = {1}, .slots = {1, 1}};
const ClusterWorld::Shape kTwo = {.rows = {1, 1}, .slots = {1, 1}, .parallelism = 2};
const ClusterWorld::Shape kWide = {.rows = {1, 1}, .slots = {2, 2}, .parallelism = 1};

const Scope kScopes[] = {
    {"a worker dies", kTwo, budget({{Fault::kKill, 2}}), {Fault::kKill}, 1},
    {"a worker hangs", kSpare, budget({{Fault::kHang, 1}, {Fault::kHurry, 1}}), {Fault::kHang}, 2},
    {"a worker hangs and the coordinator dies",
     kSpare,
     budget({{Fault::kHang, 1}, {Fault::kCrash, 1}}),
     {Fault::kHang, Fault::kCrash},
     1},
    {"the coordinator dies", kTwo, budget({{Fault::kCrash, 2}}), {Fault::kCrash}, 1},
    {"two coordinators",
     kSpare,
     budget({{Fault::kTakeover, 1}, {Fault::kHurry, 1}}),
     {Fault::kTakeover},
     2},
    {"the coordinator is slow, and another takes over",
     kSpare,
     budget({{Fault::kStall, 1}, {Fault::kTakeover, 1}}),
     {Fault::kStall, Fault::kTakeover},
     1},
    {"a worker hangs and another coordinator takes over",
     kSpare,
     budget({{Fault::kHang, 1}, {Fault::kTakeover, 1}}),
     {Fault::kHang, Fault::kTakeover},
     1},
    {"output is slow and another coordinator takes over",
     kSpare,
     budget({{Fault::kSlow, 1}, {Fault::kTakeover, 1}}),
     {Fault::kSlow, Fault::kTakeover},
     1},
    {"connections break", kTwo, budget({{Fault::kBreak, 2}}), {Fault::kBreak}, 1},
    {"the network is cut one way",
     kSpare,
     budget({{Fault::kCutUp, 1}, {Fault::kCutDown, 1}}),
     {Fault::kCutUp},
     2},
    {"the network is cut the other way",
     kSpare,
     budget({{Fault::kCutUp, 1}, {Fault::kCutDown, 1}}),
     {Fault::kCutDown},
     2},
    {"the answer to a heartbeat is late and the worker hangs",
     kSpare,
     budget({{Fault::kHurry, 1}, {Fault::kHang, 2}}),
     {},
     1,
     {"down link 0: commit", "deliver: worker 0", "HURRY", "beat: worker 0", "up link 0: beat",
      "HANG 0", "confirm coordinator 0", "confirm coordinator 0", "heal 0", "down link 0: renewed",
      "HANG 0"}},
    {"a message is late when another life runs",
     kOne,
     budget({{Fault::kRepeat, 1}, {Fault::kTaskFail, 1}}),
     {Fault::kRepeat, Fault::kTaskFail},
     2},
    {"the store fails",
     kOne,
     budget({{Fault::kStoreLost, 1}, {Fault::kStoreFail, 1}}),
     {Fault::kStoreLost},
     2},
    {"the store is late and the coordinator dies",
     kOne,
     budget({{Fault::kStoreLate, 1}, {Fault::kCrash, 1}}),
     {Fault::kStoreLate, Fault::kCrash},
     1},
    {"tasks fail", kTwo, budget({{Fault::kTaskFail, 2}}), {Fault::kTaskFail}, 1},
    {"the job is rescaled, and a worker dies",
     kWide,
     budget({{Fault::kRescale, 1}, {Fault::kKill, 1}}),
     {Fault::kRescale, Fault::kKill},
     1},
    {"the job is stopped, and the coordinator dies",
     kOne,
     budget({{Fault::kStop, 1}, {Fault::kCrash, 1}}),
     {Fault::kStop},
     2},
};

struct Walker {
  Enumeration<ClusterWorld> all;
  std::unordered_set<size_t> seen;

  // With that many of the scope's faults behind it.
  void walk(ClusterWorld world, const Scope& scope, size_t faults, int depth);
};

void Walker::walk(ClusterWorld world, const Scope& scope, size_t faults, int depth) {
  for (int step = 0; step < kWalkSteps && !world.finished(); ++step) {
    if (!world.violation().empty()) {
      all.violation = world.violation();
      return;
    }
    // What is calm after the same state is the same.
    const std::string state = fmt::format("{} {}", faults, world.key());
    if (!seen.insert(std::hash<std::string>()(state)).second) return;
    if (faults == scope.faults.size()) {
      if (!all.explore(world, depth)) return;
    } else {
      for (const ClusterWorld::Choice& choice : world.choices()) {
        if (!choice.is_fault() || choice.fault != scope.faults[faults]) continue;
        ClusterWorld after = world;
        after.apply(choice);
        walk(std::move(after), scope, faults + 1, depth);
        if (all.violation.empty()) continue;
        all.story = "  " + world.describe(choice) + ", and then\n" + all.story;
        return;
      }
    }
    world.step_calmly();
  }
  all.violation = world.violation();
}

// Goes on calmly until a choice is there that reads like this, and takes it.
void wait_for(ClusterWorld& world, const std::string& text) {
  while (!world.finished()) {
    for (const ClusterWorld::Choice& choice : world.choices()) {
      if (world.describe(choice).find(text) != std::string::npos) return world.apply(choice);
    }
    world.step_calmly();
  }
  FAIL("nothing reads like " << text);
}

Enumeration<ClusterWorld> explore(const Scope& scope, const Protections& protections,
                                  int deeper = 0) {
  Walker walker;
  walker.all.once = true;
  ClusterWorld world(scope.shape, scope.budget, protections);
  for (const char* text : scope.first) wait_for(world, text);
  walker.walk(std::move(world), scope, 0, scope.depth + deeper);
  return std::move(walker.all);
}

TEST_CASE("CalmClusterFinishesItsJob") {
  for (const ClusterWorld::Shape& shape : {kOne, kSpare, kTwo, kWide}) {
    ClusterWorld world(shape, {}, {});
    int steps = 0;
    std::string story;
    while (!world.finished() && world.violation().empty() && steps++ < 1'000) {
      const auto choices = world.choices();
      if (!choices.empty()) story += world.describe(choices.front()) + "\n";
      world.step_calmly();
    }
    INFO(story);
    REQUIRE(world.violation() == "");
    REQUIRE(world.finished());
    fmt::print("{} steps, {} lives, {} checkpoints\n", steps, world.lives(), world.completed());
  }
}

// WEIR_DEEPER=n makes every departure n steps longer.
int steps_more() {
  const char* more = std::getenv("WEIR_DEEPER");
  return more == nullptr ? 0 : std::stoi(more);
}

TEST_CASE("EveryHistoryOfAClusterKeepsThePromises") {
  Enumeration<ClusterWorld> sum;
  for (const Scope& scope : kScopes) {
    const Enumeration<ClusterWorld> all = explore(scope, {}, steps_more());
    fmt::print("{:11.0f} histories in {:7} steps: {}\n", all.histories, all.steps, scope.name);
    INFO(scope.name << "\n" << all.story);
    REQUIRE(all.violation == "");
    sum.histories += all.histories;
    sum.steps += all.steps;
  }
  fmt::print("{:11.0f} histories in {:7} steps\n", sum.histories, sum.steps);
}

struct Mutation {
  const char* name;
  bool Protections::*protection;
  std::string scope;  // That notices.
};

const Mutation kMutations[] = {
    {"waiting for Dropped or the end of the lease", &Protections::waits_for_drop, "a worker hangs"},
    {"waiting for a lost worker that may deliver", &Protections::waits_for_delivery,
     "a worker hangs"},
    {"a margin for clocks that run slow", &Protections::margin, "a worker hangs"},
    {"leases that count from the heartbeat", &Protections::lease_from_sending,
     "the answer to a heartbeat is late and the worker hangs"},
    {"workers that stop by themselves", &Protections::obeys_lease, "a worker hangs"},
    {"waiting for the leases of the coordinator before", &Protections::old_leases,
     "a worker hangs and the coordinator dies"},
    {"renewing only while the term lasts", &Protections::confirms_term,
     "output is slow and another coordinator takes over"},
    {"the check of generations", &Protections::generation_check,
     "a message is late when another life runs"},
    {"the second look at the fences", &Protections::second_look,
     "the coordinator is slow, and another takes over"},
    {"looking at the fences before a manifest counts", &Protections::checks_fence,
     "the coordinator is slow, and another takes over"},
};

TEST_CASE("WithoutAnyOneRuleOfTheClusterAPromiseBreaks") {
  for (const Mutation& mutation : kMutations) {
    INFO("without " << mutation.name);
    Protections protections;
    protections.*mutation.protection = false;
    const auto scope = std::find_if(std::begin(kScopes), std::end(kScopes),
                                    [&](const Scope& each) { return each.name == mutation.scope; });
    REQUIRE(scope != std::end(kScopes));
    const Enumeration<ClusterWorld> all = explore(*scope, protections);
    REQUIRE(all.violation != "");
    fmt::print("without {}: \"{}\" after {:.0f} histories, {} steps\n", mutation.name,
               all.violation, all.histories, all.steps);
  }
}

}  // namespace
}  // namespace weir
