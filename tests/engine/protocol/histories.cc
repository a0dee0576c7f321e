// Goal: the protocol keeps its promises in every order of events. Method: enumeration. From each
// state of a calm history all ways to go on are tried for a number of steps, faults included; then
// the world calms down, and the job must finish with all output visible once and in order. Ways
// that lead to the same state after the same number of steps are followed once and counted.
#include "tests/engine/protocol/enumeration.h"
#include "tests/engine/protocol/world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace weir {
namespace {

Budget budget(std::initializer_list<std::pair<Fault, uint8_t>> faults) {
  Budget all = {};
  for (const auto& [fault, count] : faults) all[static_cast<size_t>(fault)] = count;
  return all;
}

// Where departures begin: at each step of a calm history, after up to `faults` faults at earlier
// ones.
struct Scope {
  const char* name;
  Shape shape;
  Budget budget;
  int depth;
  int faults = 0;
  // Instead: departures begin only where these were chosen, each as soon as it was there.
  std::vector<const char*> first = {};
};

void depart(World world, int faults, int depth, Enumeration<World>& all) {
  while (!world.finished() && world.violation().empty()) {
    if (faults == 0) {
      if (!all.explore(world, depth)) return;
    } else {
      for (const Choice& choice : world.choices()) {
        if (choice.kind < Choice::kLose) continue;
        World after = world;
        after.apply(choice);
        depart(std::move(after), faults - 1, depth, all);
        if (all.violation.empty()) continue;
        all.story = "  " + world.describe(choice) + ", and then\n" + all.story;
        return;
      }
    }
    world.step_calmly();
  }
  if (!world.violation().empty()) all.violation = world.violation();
}

// One or two tasks, each a source and a slot, that read a row or two each.
const Shape kOne = {.keys = {{0, 0}}};
const Shape kTwo = {.keys = {{0, 0}, {1}}};
// Two sources whose rows go by key to two slots.
const Shape kExchange = {.keys = {{0, 1}, {1}}, .sinks = 2};

const Scope kScopes[] = {
    {"the coordinator dies", kTwo, budget({{Fault::kCrash, 1}, {Fault::kLoss, 1}}), 5},
    {"two coordinators", kTwo, budget({{Fault::kTakeover, 1}}), 6},
    {"tasks die", kTwo, budget({{Fault::kPowerOff, 1}, {Fault::kKill, 1}}), 4},
    {"writes fail", kTwo,
     budget({{Fault::kRefusal, 1}, {Fault::kFull, 1}, {Fault::kImpatience, 1}}), 4},
    {"the broker", kTwo, budget({{Fault::kTimeOut, 1}, {Fault::kRefusal, 1}}), 5},
    {"a worker goes on when it should have stopped", kOne,
     budget({{Fault::kLinger, 1}, {Fault::kCrash, 1}}), 4, 1},
    {"the job is stopped", kTwo, budget({{Fault::kStop, 1}, {Fault::kCrash, 1}}), 5},
    {"one slot", kOne, budget({{Fault::kCrash, 1}, {Fault::kKill, 1}}), 8},
    {"a delivery is repeated", kOne, budget({{Fault::kRefusal, 1}, {Fault::kImpatience, 1}}), 7},
    {"a message is late", kOne, budget({{Fault::kDelay, 1}}), 3, 1},
    {"a message comes twice", kOne, budget({{Fault::kRepeat, 1}}), 3, 1},
    {"a message is late when another life begins", kOne,
     budget({{Fault::kDelay, 1}, {Fault::kPowerOff, 1}}), 1, 2},
    {"a manifest is late and three coordinators",
     kOne,
     budget({{Fault::kDelay, 1}, {Fault::kTakeover, 2}}),
     13,
     0,
     {"DELAY 0: put manifest", "TAKEOVER", "TAKEOVER"}},
    {"rows between tasks", kExchange,
     budget({{Fault::kCrash, 1}, {Fault::kLoss, 1}, {Fault::kImpatience, 1}}), 3},
};

// Goes on calmly until a choice is there that reads like this, and takes it.
void wait_for(World& world, const std::string& text) {
  while (!world.finished()) {
    for (const Choice& choice : world.choices()) {
      if (world.describe(choice).find(text) != std::string::npos) return world.apply(choice);
    }
    world.step_calmly();
  }
  FAIL("nothing reads like " << text);
}

Enumeration<World> explore(const Scope& scope, const Protections& protections, int deeper = 0) {
  Enumeration<World> all;
  World world(scope.shape, scope.budget, protections);
  for (const char* text : scope.first) wait_for(world, text);
  if (scope.first.empty()) {
    depart(std::move(world), scope.faults, scope.depth + deeper, all);
  } else {
    all.explore(world, scope.depth + deeper);
  }
  return all;
}

// WEIR_DEEPER=n makes every departure n steps longer.
int steps_more() {
  const char* more = std::getenv("WEIR_DEEPER");
  return more == nullptr ? 0 : std::stoi(more);
}

TEST_CASE("EveryDepartureFromACalmHistoryKeepsThePromises") {
  Enumeration<World> sum;
  for (const Scope& scope : kScopes) {
    const Enumeration<World> all = explore(scope, {}, steps_more());
    fmt::print("{:11.0f} histories in {:7} steps: {}\n", all.histories, all.steps, scope.name);
    INFO(scope.name << "\n" << all.story);
    REQUIRE(all.violation == "");
    sum.histories += all.histories;
    sum.steps += all.steps;
  }
  fmt::print("{:11.0f} histories in {:7} steps\n", sum.histories, sum.steps);
  REQUIRE(sum.histories > 2'000'000);
}

struct Mutation {
  const char* name;
  bool Protections::*protection;
  std::string scope;  // That notices.
};

const Mutation kMutations[] = {
    {"the check of generations", &Protections::generation_check, "the coordinator dies"},
    {"stable reads of the marker", &Protections::stable_marker_read, "a delivery is repeated"},
    {"fencing before looking", &Protections::fence_before_look, "two coordinators"},
    {"the second look at the fences", &Protections::second_look,
     "a manifest is late and three coordinators"},
    {"persisting before reporting", &Protections::persist_before_ack, "the coordinator dies"},
    {"fresh producer epochs", &Protections::fresh_producer_epoch, "a message is late"},
    {"blocking aligned inputs", &Protections::blocked_inputs, "rows between tasks"},
    {"keeping the segments of abandoned epochs", &Protections::kept_segments, "writes fail"},
};

TEST_CASE("WithoutAnyOneProtectionAPromiseBreaks") {
  for (const Mutation& mutation : kMutations) {
    INFO("without " << mutation.name);
    Protections protections;
    protections.*mutation.protection = false;
    const auto scope = std::find_if(std::begin(kScopes), std::end(kScopes),
                                    [&](const Scope& each) { return each.name == mutation.scope; });
    REQUIRE(scope != std::end(kScopes));
    const Enumeration<World> all = explore(*scope, protections);
    REQUIRE(all.violation != "");
    fmt::print("without {}: \"{}\" after {:.0f} histories, {} steps\n", mutation.name,
               all.violation, all.histories, all.steps);
  }
}

}  // namespace
}  // namespace weir
