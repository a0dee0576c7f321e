// Goal: the protocol keeps its promises in long histories with many faults. Method: seeded
// simulation. A seed makes a job, a budget of faults and a history; then the world calms down, and
// the job must finish with all output visible once and in order.
// WEIR_SEED=n tells the story of seed n (tests/seeds.h).
#include "tests/seeds.h"

#include "tests/engine/protocol/random.h"
#include "tests/engine/protocol/world.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

constexpr int kStepsMax = 600;

Shape make_shape(Random& random) {
  Shape shape;
  const uint32_t sources = 1 + random.below(3);
  shape.sinks = random.below(4);
  shape.rescales = random.below(2) == 0;
  shape.channel_room = 1 + random.below(3);
  for (uint32_t source = 0; source < sources; ++source) {
    std::vector<uint8_t> keys;
    for (uint32_t rows = random.below(13); rows > 0; --rows) {
      // Without an exchange no two sources read the same key.
      keys.push_back(static_cast<uint8_t>(shape.sinks == 0 ? random.below(4) * sources + source
                                                           : random.below(8)));
    }
    shape.keys.push_back(std::move(keys));
  }
  return shape;
}

// Some of everything, or more of a few kinds.
Budget make_budget(Random& random) {
  Budget budget = {};
  if (random.below(2) == 0) {
    for (uint8_t& faults : budget) faults = static_cast<uint8_t>(random.below(4));
    return budget;
  }
  for (int i = 0; i < 3; ++i)
    budget[random.below(kFaults)] = static_cast<uint8_t>(1 + random.below(5));
  return budget;
}

struct History {
  std::string violation;
  std::string story;
  size_t generations = 0;
  uint64_t abandoned = 0;
  uint64_t completed = 0;
  int steps = 0;
};

History run(uint64_t seed, const Protections& protections, bool tell) {
  Random random{seed};
  const Shape shape = make_shape(random);
  World world(shape, make_budget(random), protections);
  const uint32_t faults_in_100 = random.below(25);
  History history;
  int rest = 30;  // What is late may still do harm when the job has finished.
  for (; history.steps < kStepsMax && rest > 0; ++history.steps) {
    if (world.finished()) --rest;
    const std::vector<Choice> choices = world.choices();
    if (choices.empty()) break;
    size_t works = choices.size();
    while (works > 0 && choices[works - 1].kind >= Choice::kLose) --works;
    const size_t faults = choices.size() - works;
    const bool is_fault = faults > 0 && (works == 0 || random.below(100) < faults_in_100);
    // Half of the time in order: else nothing that takes many steps would ever be done.
    size_t pick = is_fault ? works + random.below(faults) : 0;
    if (!is_fault && random.below(2) == 0) pick = random.below(works);
    if (tell) history.story += world.describe(choices[pick]) + "\n";
    world.apply(choices[pick]);
  }
  for (int i = 0; tell && i < kStepsMax && !world.choices().empty() && !world.finished(); ++i) {
    history.story += "calm: " + world.describe(world.choices().front()) + "\n";
    world.step_calmly();
  }
  world.calm_down();
  history.violation = world.violation();
  history.generations = world.generations();
  history.abandoned = world.abandoned();
  history.completed = world.completed();
  return history;
}

TEST_CASE("EverySeedShowsAllOutputOnceAndInOrder") {
  const Seeds seeds(2'000);
  uint64_t generations = 0;
  uint64_t abandoned = 0;
  uint64_t completed = 0;
  for (const uint64_t seed : seeds) {
    const History history = run(seed, {}, seeds.is_one());
    if (seeds.is_one()) fmt::print("{}", history.story);
    INFO("replay with WEIR_SEED=" << seed << " test_engine_protocol EverySeed*");
    REQUIRE(history.violation == "");
    generations += history.generations;
    abandoned += history.abandoned;
    completed += history.completed;
  }
  fmt::print("{} seeds: {} generations, {} checkpoints completed, {} abandoned\n", seeds.size(),
             generations, completed, abandoned);
}

struct Mutation {
  const char* name;
  bool Protections::*protection;
};

// The second look at the fences is not among them: it takes three coordinators in one order, which
// the enumeration goes through and seeds meet once in tens of thousands.
const Mutation kMutations[] = {
    {"the check of generations", &Protections::generation_check},
    {"stable reads of the marker", &Protections::stable_marker_read},
    {"fencing before looking", &Protections::fence_before_look},
    {"persisting before reporting", &Protections::persist_before_ack},
    {"fresh producer epochs", &Protections::fresh_producer_epoch},
    {"blocking aligned inputs", &Protections::blocked_inputs},
    {"keeping the segments of abandoned epochs", &Protections::kept_segments},
};

TEST_CASE("SeedsNoticeWhenAnyOneProtectionIsMissing") {
  for (const Mutation& mutation : kMutations) {
    INFO("without " << mutation.name);
    Protections protections;
    protections.*mutation.protection = false;
    uint64_t seed = 0;
    History history;
    while (seed < 20'000 && history.violation.empty()) history = run(seed++, protections, false);
    REQUIRE(history.violation != "");
    fmt::print("without {}: \"{}\" after {} seeds\n", mutation.name, history.violation, seed);
  }
}

}  // namespace
}  // namespace weir
