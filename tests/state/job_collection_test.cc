// What collection removes and what it keeps.
#include "state/manifest_codec.h"
#include "tests/state/memory_store.h"
#include "tests/state/played_job.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Objects = std::map<std::string, std::string>;

// Every object that the newest checkpoint or its parent needs, by the manifests alone.
std::set<std::string> reachable(PlayedJob& job) {
  std::set<std::string> names;
  std::optional<CheckpointId> next = job.newest()->id;
  const JobLayout layout("count");
  for (int kept = 0; kept < 2 && next; ++kept) {
    const Manifest manifest = job.history().read_manifest(*next).value();
    names.insert(layout.manifest(*next));
    names.insert(layout.committed(*next));
    for (const StoredObject& object : objects_of(manifest)) names.insert(object.name);
    next = manifest.parent;
  }
  return names;
}

TEST_CASE("ExactlyWhatTheLastTwoCheckpointsNeedIsKept") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  for (int epoch = 0; epoch < 20; ++epoch) {
    if (epoch % 3 == 1) REQUIRE(job.abandon().ok());
    REQUIRE(job.checkpoint().ok());
    REQUIRE(job.collect().ok());
    std::set<std::string> wanted = reachable(job);
    if (epoch == 0) CHECK(wanted.size() == 4);
    wanted.insert("jobs/count/generations/1/fence");
    wanted.insert("jobs/count/generations/1/base");
    std::set<std::string> there;
    for (const auto& [name, bytes] : store.objects()) there.insert(name);
    CHECK(there == wanted);
    REQUIRE(job.check_retained().ok());
  }
}

TEST_CASE("TenThousandAbandonedCheckpointsLeaveNoFileAndLoseNone") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  uint64_t removed = 0;
  for (int round = 0; round < 100; ++round) {
    for (int abandoned = 0; abandoned < 100; ++abandoned) REQUIRE(job.abandon().ok());
    REQUIRE(job.collect().ok());
    REQUIRE(job.checkpoint().ok());
    removed += job.collect().value().objects_removed;
    REQUIRE(job.check_retained().ok());
  }
  // Nothing but what two checkpoints name: their segments hold the output of abandoned epochs too.
  const std::set<std::string> wanted = reachable(job);
  CHECK(store.objects().size() == wanted.size() + 2);
  CHECK(removed > 19000);
  for (int epoch = 0; epoch < 3; ++epoch) REQUIRE(job.checkpoint().ok());
  REQUIRE(job.collect().ok());
  CHECK(store.objects().size() < 15);
  CHECK(world.mistakes.empty());
  CHECK(world.received == (10000 + 103) * PlayedJob::kNumbersPerEpoch);
}

TEST_CASE("AbandonedCheckpointsLeaveNothingInAFolder") {
  const StoreFolder folder = StoreFolder::quick();
  const std::unique_ptr<SnapshotStore> store = open_directory_store(folder.path()).value();
  PlayedWorld world;
  {
    PlayedJob dead(*store, world);
    REQUIRE(dead.start().ok());
    REQUIRE(dead.checkpoint().ok());
    for (int abandoned = 0; abandoned < 100; ++abandoned) REQUIRE(dead.abandon().ok());
  }
  PlayedJob job(*store, world);
  REQUIRE(job.start().ok());
  for (int round = 0; round < 20; ++round) {
    for (int abandoned = 0; abandoned < 10; ++abandoned) REQUIRE(job.abandon().ok());
    REQUIRE(job.checkpoint().ok());
    REQUIRE(job.collect().ok());
    REQUIRE(job.check_retained().ok());
  }
  std::set<std::string> there;
  for (const std::string& entry : folder.entries()) {
    if (!std::filesystem::is_directory(folder / entry)) {
      there.insert(entry);
    } else {
      CHECK(!std::filesystem::is_empty(folder / entry));
    }
  }
  std::set<std::string> wanted = reachable(job);
  wanted.insert("jobs/count/generations/2/fence");
  wanted.insert("jobs/count/generations/2/base");
  CHECK(there == wanted);
  CHECK(world.mistakes.empty());
}

TEST_CASE("WhatANextManifestMayNameIsKept") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  for (int epoch = 0; epoch < 3; ++epoch) REQUIRE(job.checkpoint().ok());
  REQUIRE(job.collect().ok());
  REQUIRE(job.abandon().ok());
  const Objects before = store.objects();
  SECTION("by its id") { CHECK(job.collect().value().objects_removed == 0); }
  SECTION("for being newer than every checkpoint") {
    CHECK(job.history().collect(job.generation(), {}).value().objects_removed == 0);
  }
  SECTION("for being in flight though older") {
    // A manifest of unknown outcome: files of epoch 2 that nothing reaches.
    const CheckpointId second{.generation = Generation{1}, .epoch = Epoch{1}};
    REQUIRE(job.history().put_file(second, "count", 0, "late", "x").ok());
    CHECK(job.history().collect(job.generation(), {second}).value().objects_removed == 0);
    CHECK(job.history().collect(job.generation(), {}).value().objects_removed == 1);
  }
  CHECK(store.objects() == before);
}

TEST_CASE("AGenerationThatIsThePastRemovesNothing") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob old(store, world);
  REQUIRE(old.start().ok());
  for (int epoch = 0; epoch < 4; ++epoch) REQUIRE(old.checkpoint().ok());
  PlayedJob next(store, world);
  REQUIRE(next.start().ok());
  const Objects before = store.objects();
  CHECK(old.collect().error().kind == ErrorKind::kFenced);
  CHECK(store.objects() == before);
  CHECK(next.collect().value().objects_removed > 0);
  CHECK(next.check_retained().ok());
}

TEST_CASE("BeforeItsBaseAGenerationRemovesNothing") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob old(store, world);
  REQUIRE(old.start().ok());
  for (int epoch = 0; epoch < 4; ++epoch) REQUIRE(old.checkpoint().ok());
  JobHistory history(store, "count");
  const Generation generation = history.fence().value();
  CHECK(history.collect(generation, {}).value().objects_removed == 0);
}

TEST_CASE("OrphansOfEarlierGenerationsAreRemoved") {
  MemoryStore store;
  PlayedWorld world;
  for (int life = 0; life < 5; ++life) {
    PlayedJob dead(store, world);
    REQUIRE(dead.start().ok());
    REQUIRE(dead.checkpoint().ok());
    REQUIRE(dead.abandon().ok());
  }
  JobHistory(store, "count").fence().value();  // A life that ended before it had a base.
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  REQUIRE(job.checkpoint().ok());
  REQUIRE(job.collect().ok());
  CHECK(store.objects().size() == reachable(job).size() + 2);
  CHECK(job.check_retained().ok());
}

TEST_CASE("WhateverIsNotUnderstoodEndsTheCollection") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  for (int epoch = 0; epoch < 4; ++epoch) REQUIRE(job.checkpoint().ok());
  std::string name;
  SECTION("a name") {
    name = "jobs/count/notes.txt";
    store.overwrite(name, "x");
  }
  SECTION("the newest manifest") {
    name = "jobs/count/1/4/manifest";
    store.overwrite(name, "x");
  }
  SECTION("its parent") {
    name = "jobs/count/1/3/manifest";
    store.overwrite(name, store.objects().at("jobs/count/1/2/manifest"));
  }
  SECTION("a file that is missing") {
    name = "jobs/count/1/3/out.0/segment";
    store.erase(name);
  }
  const Objects before = store.objects();
  const Result<Collected> collected = job.collect();
  REQUIRE(!collected.ok());
  CHECK(collected.error().kind == ErrorKind::kCorrupt);
  CHECK(collected.error().message.find(name) != std::string::npos);
  CHECK(store.objects() == before);
}

TEST_CASE("ACollectionThatFailsHalfwayIsMadeUpForByTheNext") {
  for (uint64_t last = 1; last <= 8; ++last) {
    CAPTURE(last);
    MemoryStore store;
    PlayedWorld world;
    PlayedJob job(store, world);
    REQUIRE(job.start().ok());
    for (int epoch = 0; epoch < 6; ++epoch) REQUIRE(job.checkpoint().ok());
    uint64_t removals = 0;
    store.decide_with([&](StoreCall, const std::string&) {
      return ++removals < last ? StoreFate::kDone : StoreFate::kNotDone;
    });
    CHECK(job.collect().error().kind == ErrorKind::kUnavailable);
    store.decide_with(nullptr);
    // No manifest is ever there without what it names.
    const Objects left = store.objects();
    for (const auto& [name, bytes] : left) {
      if (!name.ends_with("/manifest")) continue;
      for (const StoredObject& object : objects_of(decode_manifest(bytes, name).value())) {
        CHECK(left.count(object.name) == 1);
      }
    }
    CHECK(job.check_retained().ok());
    REQUIRE(job.checkpoint().ok());
    REQUIRE(job.collect().ok());
    CHECK(store.objects().size() == reachable(job).size() + 2);
  }
}

TEST_CASE("OfAForgottenJobNothingIsLeftAndOthersKeepAll") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  for (int epoch = 0; epoch < 3; ++epoch) REQUIRE(job.checkpoint().ok());
  REQUIRE(job.abandon().ok());
  store.overwrite("jobs/counter/generations/1/fence", "");
  JobHistory history(store, "count");
  CHECK_FALSE(history.forget(2).value());
  CHECK_FALSE(history.forget(2).value());
  CHECK(history.forget(1000).value());
  CHECK(store.objects().size() == 1);
  CHECK(history.forget(1000).value());
}

TEST_CASE("WhatIsNotUnderstoodIsNotForgotten") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  REQUIRE(job.checkpoint().ok());
  store.overwrite("jobs/count/notes", "");
  const Objects before = store.objects();
  CHECK(JobHistory(store, "count").forget(1000).error().kind == ErrorKind::kCorrupt);
  CHECK(store.objects() == before);
}

// Before the `calls`-th call of a life that nobody told. `most`: a crash ends it there.
template <typename Live>
bool forgotten_at(uint64_t calls, size_t most, const Live& live) {
  CAPTURE(calls, most);
  MemoryStore store;
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  REQUIRE(job.checkpoint().ok());
  store.interrupt_at(calls, [&] { REQUIRE(JobHistory(store, "count").forget(most).ok()); });
  const Status lived = live(job);
  if (!store.was_interrupted()) return false;
  if (!lived.ok()) CHECK(lived.error().kind == ErrorKind::kFenced);
  CHECK(job.checkpoint().error().kind == ErrorKind::kFenced);
  CHECK(world.mistakes == std::vector<std::string>());
  return true;
}

TEST_CASE("AJobForgottenAtEveryCallOfALifeOfItEndsThatLife") {
  const auto live = [](PlayedJob& job) -> Status {
    TRY(job.checkpoint());
    TRY(job.abandon());
    TRY(job.collect());
    return job.checkpoint();
  };
  for (const size_t most : {size_t{1}, size_t{3}, size_t{1000}}) {
    uint64_t calls = 1;
    while (forgotten_at(calls, most, live)) ++calls;
    CHECK(calls > 20);
  }
}

TEST_CASE("WhoLooksWhileAJobIsForgottenDoesNotBeginAnew") {
  for (const size_t most : {size_t{1}, size_t{3}, size_t{1000}}) {
    uint64_t calls = 1;
    const auto look = [](PlayedJob& job) -> Status {
      const std::optional<RecoveryPoint> found = TRY(job.history().look(job.generation()));
      CHECK(found.has_value());
      return {};
    };
    while (forgotten_at(calls, most, look)) ++calls;
    CHECK(calls > 2);
  }
}

TEST_CASE("RowsThatWereNotInMemoryAreKeptWhileACheckpointNamesThem") {
  MemoryStore store;
  JobHistory history(store, "q");
  const Generation generation = history.fence().value();
  REQUIRE(history.write_base(generation, std::nullopt).ok());
  std::optional<CheckpointId> parent;
  std::vector<WarmFile> warm;
  for (uint64_t epoch = 1; epoch <= 5; ++epoch) {
    const CheckpointId id{.generation = generation, .epoch = Epoch{epoch}};
    const std::string name = std::to_string(epoch) + ".sst";
    warm.push_back({name, history.put_file(id, "t", 0, "warm." + name, name).value()});
    if (warm.size() > 2) warm.erase(warm.begin());
    Manifest manifest{.id = id, .parent = parent, .tasks = {{.chain = "t", .warm = warm}}};
    REQUIRE(history.put_manifest(manifest).ok());
    parent = id;
  }
  REQUIRE(history.collect(generation, {}).ok());
  std::set<std::string> left;
  for (const auto& [name, bytes] : store.objects()) {
    if (name.ends_with(".sst")) left.insert(bytes);
  }
  CHECK(left == std::set<std::string>{"3.sst", "4.sst", "5.sst"});
}

}  // namespace
}  // namespace weir
