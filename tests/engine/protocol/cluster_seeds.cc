// Goal: a cluster keeps its promises in long histories with many faults. Method: seeded simulation.
// A seed makes a job, workers, a budget of faults and a history; then nothing fails any more, and
// the job must finish with all output visible once and in order.
// WEIR_SEED=n tells the story of seed n (tests/seeds.h).
#include "tests/engine/protocol/cluster_world.h"
#include "tests/engine/protocol/random.h"
#include "tests/seeds.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

using Fault = ClusterWorld::Fault;
using Protections = ClusterWorld::Protections;

constexpr int kStepsMax = 800;

ClusterWorld::Shape make_shape(Random& random) {
  ClusterWorld::Shape shape;
  shape.rows.resize(1 + random.below(3));
  for (uint8_t& rows : shape.rows) rows = static_cast<uint8_t>(random.below(8));
  const uint32_t workers = 1 + random.below(3);
  // Room for whatever the job is rescaled to.
  const uint32_t least = (2 + workers) / workers;
  for (uint32_t i = 0; i < workers; ++i) shape.slots.push_back(least + random.below(2));
  shape.parallelism = 1 + random.below(2);
  return shape;
}

// Some of everything, or more of a few kinds.
ClusterWorld::Budget make_budget(Random& random) {
  ClusterWorld::Budget budget = {};
  if (random.below(2) == 0) {
    for (uint8_t& faults : budget) faults = static_cast<uint8_t>(random.below(3));
    return budget;
  }
  for (int i = 0; i < 4; ++i) {
    budget[random.below(budget.size())] = static_cast<uint8_t>(1 + random.below(5));
  }
  return budget;
}

struct History {
  std::string violation;
  std::string story;
  uint64_t lives = 0;
  uint64_t completed = 0;
};

History run(uint64_t seed, const Protections& protections, bool tell) {
  Random random{seed};
  const ClusterWorld::Shape shape = make_shape(random);
  ClusterWorld world(shape, make_budget(random), protections);
  const uint32_t faults_in_100 = 1 + random.below(10);
  History history;
  int rest = 30;  // What is slow may still do harm when the job has finished.
  for (int i = 0; i < kStepsMax && rest > 0; ++i) {
    if (world.finished()) --rest;
    const std::vector<ClusterWorld::Choice> choices = world.choices();
    if (choices.empty()) break;
    size_t works = choices.size();
    while (works > 0 && choices[works - 1].is_fault()) --works;
    const size_t faults = choices.size() - works;
    const bool is_fault = faults > 0 && (works == 0 || random.below(100) < faults_in_100);
    // Mostly in order: else nothing that takes many steps would ever be done.
    size_t pick = is_fault ? works + random.below(faults) : 0;
    if (!is_fault && random.below(4) == 0) pick = random.below(works);
    if (tell) history.story += world.describe(choices[pick]) + "\n";
    world.apply(choices[pick]);
  }
  for (int i = 0; tell && i < kStepsMax && !world.choices().empty() && !world.finished(); ++i) {
    history.story += "calm: " + world.describe(world.choices().front()) + "\n";
    world.step_calmly();
  }
  world.calm_down();
  history.violation = world.violation();
  history.lives = world.lives();
  history.completed = world.completed();
  return history;
}

TEST_CASE("EverySeedOfAClusterShowsAllOutputOnceAndInOrder") {
  const Seeds seeds(2'000);
  uint64_t lives = 0;
  uint64_t completed = 0;
  for (const uint64_t seed : seeds) {
    const History history = run(seed, {}, seeds.is_one());
    if (seeds.is_one()) fmt::print("{}", history.story);
    INFO("replay with WEIR_SEED=" << seed << " test_engine_protocol EverySeedOfACluster*");
    REQUIRE(history.violation == "");
    lives += history.lives;
    completed += history.completed;
  }
  fmt::print("{} seeds: {} lives, {} checkpoints completed\n", seeds.size(), lives, completed);
}

struct Mutation {
  const char* name;
  bool Protections::*protection;
};

// Two are not among them: leases that count from the heartbeat, and looking at the fences before a
// manifest counts. Each takes one order of events that the enumeration goes through.
const Mutation kMutations[] = {
    {"waiting for Dropped or the end of the lease", &Protections::waits_for_drop},
    {"waiting for a lost worker that may deliver", &Protections::waits_for_delivery},
    {"a margin for clocks that run slow", &Protections::margin},
    {"workers that stop by themselves", &Protections::obeys_lease},
    {"waiting for the leases of the coordinator before", &Protections::old_leases},
    {"renewing only while the term lasts", &Protections::confirms_term},
    {"the check of generations", &Protections::generation_check},
    {"the second look at the fences", &Protections::second_look},
};

TEST_CASE("SeedsOfAClusterNoticeWhenAnyOneRuleIsMissing") {
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
