// The durable history of a job: every crash, every unknown outcome, every damage. A whole job is
// played over it (played_job.h), so that what is shown is what the world gets.
#include "state/job_history.h"

#include "tests/state/memory_store.h"
#include "tests/state/played_job.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

namespace weir {
namespace {

CheckpointId id(uint64_t generation, uint64_t epoch) {
  return {.generation = Generation{generation}, .epoch = Epoch{epoch}};
}

Manifest manifest_of(CheckpointId id, std::vector<StoredObject> files = {}) {
  Manifest manifest{.id = id, .lineage = "l"};
  manifest.tasks.push_back({.chain = "t"});
  manifest.tasks.back().files = std::move(files);
  return manifest;
}

CheckpointId found_id(JobHistory& history, uint64_t generation) {
  return history.look(Generation{generation}).value().value().manifest.id;
}

ErrorKind kind_of(const Status& status) {
  REQUIRE(!status.ok());
  return status.error().kind;
}

TEST_CASE("GenerationsGoUpAndTheOlderAreFenced") {
  MemoryStore store;
  JobHistory history(store, "q");
  CHECK(history.fence().value() == Generation{1});
  CHECK(history.fence().value() == Generation{2});
  CHECK(history.is_fenced(Generation{1}).value());
  CHECK(!history.is_fenced(Generation{2}).value());
  CHECK(history.fence(Generation{9}).value() == Generation{10});
  CHECK(history.fence(Generation{3}).value() == Generation{11});
  CHECK(history.look(Generation{10}).error().kind == ErrorKind::kFenced);
  CHECK(JobHistory(store, "another").fence().value() == Generation{1});
}

TEST_CASE("AGenerationIsNewEvenWhereFencesWereRemoved") {
  MemoryStore store;
  JobHistory history(store, "q");
  REQUIRE(history.put_file(id(5, 1), "t", 0, "f", "x").ok());
  CHECK(history.fence().value() == Generation{6});
}

TEST_CASE("AFenceOfUnknownOutcomeIsTakenByNobody") {
  MemoryStore store;
  JobHistory history(store, "q");
  store.decide_with([](StoreCall, const std::string&) { return StoreFate::kDoneUnheard; });
  CHECK(history.fence().error().kind == ErrorKind::kUnavailable);
  store.decide_with(nullptr);
  CHECK(history.fence().value() == Generation{2});
}

TEST_CASE("ANumberThatCollectionFreedIsNotTakenAgain") {
  // Between the listing and the creation of one process, others fence, run and collect.
  MemoryStore store;
  JobHistory history(store, "q");
  REQUIRE(history.fence().value() == Generation{1});
  store.interrupt_at(2, [&] { store.overwrite("jobs/q/generations/9/fence", ""); });
  CHECK(history.fence().value() == Generation{10});
}

TEST_CASE("RecoveryFindsTheNewestManifestOfTheLastGenerationThatRan") {
  MemoryStore store;
  JobHistory history(store, "q");
  REQUIRE(history.fence().value() == Generation{1});
  CHECK(!history.look(Generation{1}).value());
  REQUIRE(history.write_base(Generation{1}, std::nullopt).ok());
  CHECK(!history.look(Generation{1}).value());
  REQUIRE(history.put_manifest(manifest_of(id(1, 9))).ok());
  REQUIRE(history.put_manifest(manifest_of(id(1, 10))).ok());
  CHECK(found_id(history, 1) == id(1, 10));
  CHECK(!history.look(Generation{1}).value()->committed);
  REQUIRE(history.put_committed(id(1, 10)).ok());
  CHECK(history.look(Generation{1}).value()->committed);

  // A generation without a base never ran.
  REQUIRE(history.fence().value() == Generation{2});
  REQUIRE(history.fence().value() == Generation{3});
  CHECK(found_id(history, 3) == id(1, 10));
  REQUIRE(history.write_base(Generation{3}, id(1, 10)).ok());
  CHECK(found_id(history, 3) == id(1, 10));
  REQUIRE(history.put_manifest(manifest_of(id(3, 11))).ok());
  REQUIRE(history.fence().value() == Generation{4});
  CHECK(found_id(history, 4) == id(3, 11));
}

TEST_CASE("ALateManifestOfADeadGenerationIsNeverChosen") {
  MemoryStore store;
  JobHistory history(store, "q");
  REQUIRE(history.fence().value() == Generation{1});
  REQUIRE(history.write_base(Generation{1}, std::nullopt).ok());
  REQUIRE(history.put_manifest(manifest_of(id(1, 1))).ok());
  // The outcome of the second stays unknown; a new life looks, and writes its base.
  store.decide_with([](StoreCall, const std::string&) { return StoreFate::kDelayed; });
  CHECK(kind_of(history.put_manifest(manifest_of(id(1, 2)))) == ErrorKind::kUnavailable);
  store.decide_with(nullptr);
  REQUIRE(history.fence().value() == Generation{2});
  CHECK(found_id(history, 2) == id(1, 1));
  REQUIRE(history.write_base(Generation{2}, id(1, 1)).ok());
  store.land_delayed();
  CHECK(found_id(history, 2) == id(1, 1));
  REQUIRE(history.fence().value() == Generation{3});
  CHECK(found_id(history, 3) == id(1, 1));
}

TEST_CASE("AManifestThatANewGenerationMayHaveMissedIsNotToBeDelivered") {
  MemoryStore store;
  JobHistory history(store, "q");
  REQUIRE(history.fence().value() == Generation{1});
  REQUIRE(history.write_base(Generation{1}, std::nullopt).ok());
  REQUIRE(history.fence().value() == Generation{2});
  CHECK(kind_of(history.put_manifest(manifest_of(id(1, 1)))) == ErrorKind::kFenced);
  CHECK(kind_of(history.write_base(Generation{1}, std::nullopt)) == ErrorKind::kFenced);
}

TEST_CASE("AnUnknownOutcomeIsReadBack") {
  MemoryStore store;
  JobHistory history(store, "q");
  REQUIRE(history.fence().value() == Generation{1});
  REQUIRE(history.write_base(Generation{1}, std::nullopt).ok());
  for (const StoreFate fate : {StoreFate::kDoneUnheard, StoreFate::kNotDone, StoreFate::kDelayed}) {
    bool asked = false;
    store.decide_with([&](StoreCall, const std::string&) {
      return std::exchange(asked, true) ? StoreFate::kDone : fate;
    });
    const CheckpointId next = id(1, 1 + static_cast<uint64_t>(fate));
    CHECK(history.put_manifest(manifest_of(next)).ok());
    store.land_delayed();
    CHECK(found_id(history, 1) == next);
  }
}

TEST_CASE("AnotherObjectOfTheSameNameFences") {
  MemoryStore store;
  JobHistory history(store, "q");
  REQUIRE(history.fence().ok());
  REQUIRE(history.put_file(id(1, 1), "t", 0, "f", "mine").ok());
  CHECK(history.put_file(id(1, 1), "t", 0, "f", "mine").ok());
  CHECK(history.put_file(id(1, 1), "t", 0, "f", "his").error().kind == ErrorKind::kFenced);
  REQUIRE(history.put_manifest(manifest_of(id(1, 1))).ok());
  Manifest other = manifest_of(id(1, 1));
  other.lineage = "another";
  CHECK(kind_of(history.put_manifest(other)) == ErrorKind::kFenced);
  REQUIRE(history.write_base(Generation{1}, std::nullopt).ok());
  CHECK(history.write_base(Generation{1}, std::nullopt).ok());
  CHECK(kind_of(history.write_base(Generation{1}, id(1, 1))) == ErrorKind::kFenced);
}

TEST_CASE("AFileOfThisMachineIsAnObjectLikeAllOthers") {
  MemoryStore store;
  JobHistory history(store, "q");
  const StoreFolder local;
  local.write("mine", "mine");
  local.write("his", "his");
  const StoredObject object = history.put_local_file(id(1, 1), "t", 0, "f", local / "mine").value();
  CHECK(history.put_local_file(id(1, 1), "t", 0, "f", local / "mine").value() == object);
  CHECK(history.put_file(id(1, 1), "t", 0, "f", "mine").value() == object);
  CHECK(history.put_local_file(id(1, 1), "t", 0, "f", local / "his").error().kind ==
        ErrorKind::kFenced);
  REQUIRE(history.fetch_object(object, local / "fetched").ok());
  CHECK(local.contents("fetched") == "mine");
  CHECK(history.open_object(object).value().view() == "mine");
  store.overwrite(object.name, "mina");
  CHECK(history.open_object(object).error().kind == ErrorKind::kCorrupt);
  const Error damaged = history.fetch_object(object, local / "damaged").error();
  CHECK(damaged.kind == ErrorKind::kCorrupt);
  CHECK(damaged.message.find(object.name) != std::string::npos);
  store.erase(object.name);
  CHECK(history.open_object(object).error().kind == ErrorKind::kCorrupt);
  CHECK(kind_of(history.fetch_object(object, local / "lost")) == ErrorKind::kCorrupt);
}

TEST_CASE("AManifestIsOnlyWrittenWhereAllItNamesIsThere") {
  MemoryStore store;
  JobHistory history(store, "q");
  REQUIRE(history.fence().ok());
  const StoredObject file = history.put_file(id(1, 1), "t", 0, "f", "bytes").value();
  SECTION("missing") { store.erase(file.name); }
  SECTION("cut off") { store.overwrite(file.name, "byte"); }
  const Status put = history.put_manifest(manifest_of(id(1, 1), {file}));
  CHECK(kind_of(put) == ErrorKind::kCorrupt);
  CHECK(put.error().message.find(file.name) != std::string::npos);
  CHECK(store.objects().count("jobs/q/1/1/manifest") == 0);
}

TEST_CASE("WithoutItsRecordsAJobDoesNotStartFromTheBeginning") {
  MemoryStore store;
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  REQUIRE(job.checkpoint().ok());
  std::string lost;
  SECTION("base") { lost = "jobs/count/generations/1/base"; }
  SECTION("manifest of what is committed") { lost = "jobs/count/1/1/manifest"; }
  SECTION("manifest that a base names") {
    PlayedJob next(store, world);
    REQUIRE(next.start().ok());
    lost = "jobs/count/1/1/manifest";
  }
  store.erase(lost);
  JobHistory history(store, "count");
  const Generation generation = history.fence().value();
  const auto found = history.look(generation);
  REQUIRE(!found.ok());
  CHECK(found.error().kind == ErrorKind::kCorrupt);
  CHECK(found.error().message.find(lost) != std::string::npos);
}

// A story of two lives; the world must get every number once whatever happens in it.
Status play_life(SnapshotStore& store, PlayedWorld& world) {
  PlayedJob job(store, world);
  TRY(job.start());
  TRY(job.checkpoint());
  TRY(job.abandon());
  TRY(job.checkpoint());
  TRY(job.collect());
  for (int epoch = 0; epoch < 3; ++epoch) TRY(job.checkpoint());
  TRY(job.collect());
  return job.check_retained();
}

Status play(SnapshotStore& store, PlayedWorld& world) {
  TRY(play_life(store, world));
  return play_life(store, world);
}

// After the `last`-th write or removal, which itself ends as `fate` says, the store is out of
// reach.
void stop_after(MemoryStore& store, uint64_t last, StoreFate fate) {
  const uint64_t end = store.changes() + last;
  store.decide_with([&store, end, fate, made = store.changes()](auto, auto&) mutable {
    ++made;
    if (made < end) return StoreFate::kDone;
    return made == end ? fate : StoreFate::kNotDone;
  });
}

// Recovers, and shows that the world got, and goes on to get, every number once.
void recover_and_go_on(MemoryStore& store, PlayedWorld& world) {
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  if (job.newest()) CHECK(job.newest()->id == world.marker);
  REQUIRE(job.check_retained().ok());
  REQUIRE(job.checkpoint().ok());
  REQUIRE(job.checkpoint().ok());
  REQUIRE(job.collect().ok());
  REQUIRE(job.check_retained().ok());
  CHECK(world.mistakes == std::vector<std::string>());
  // Two checkpoints, whose files are this life's or a few of the one before.
  CHECK(store.objects().size() < 20);
}

TEST_CASE("ACrashAtEveryWriteLosesAndDoublesNothing") {
  uint64_t writes = 0;
  {
    MemoryStore store;
    PlayedWorld world;
    REQUIRE(play(store, world).ok());
    CHECK(world.mistakes.empty());
    CHECK(world.received == 2 * 6 * PlayedJob::kNumbersPerEpoch);
    writes = store.changes();
  }
  CHECK(writes > 60);
  for (const StoreFate fate : {StoreFate::kDoneUnheard, StoreFate::kNotDone, StoreFate::kDelayed}) {
    for (uint64_t last = 1; last <= writes; ++last) {
      CAPTURE(static_cast<int>(fate), last);
      MemoryStore store;
      PlayedWorld world;
      stop_after(store, last, fate);
      REQUIRE(!play(store, world).ok());
      store.decide_with(nullptr);
      if (last % 2 == 0) store.land_delayed();  // Else during the next life.
      recover_and_go_on(store, world);
      store.land_delayed();
      recover_and_go_on(store, world);
    }
  }
}

TEST_CASE("ACrashAtEveryWriteOfARecoveryLosesAndDoublesNothing") {
  for (uint64_t first = 1; first <= 40; ++first) {
    for (uint64_t second = 1; second <= 16; ++second) {
      CAPTURE(first, second);
      MemoryStore store;
      PlayedWorld world;
      stop_after(store, first, StoreFate::kDoneUnheard);
      REQUIRE(!play(store, world).ok());
      stop_after(store, second, StoreFate::kDelayed);
      REQUIRE(!play(store, world).ok());
      store.decide_with(nullptr);
      recover_and_go_on(store, world);
      store.land_delayed();
      recover_and_go_on(store, world);
    }
  }
}

// Before the `calls`-th call of a life, reads too, a new life starts; the old one goes on for as
// long as it gets. False if the old life makes fewer calls.
bool take_over_at(uint64_t calls, bool goes_on_at_once) {
  CAPTURE(calls, goes_on_at_once);
  MemoryStore store;
  PlayedWorld world;
  PlayedJob next(store, world);
  const auto go_on = [&] {
    REQUIRE(next.checkpoint().ok());
    REQUIRE(next.abandon().ok());
    REQUIRE(next.checkpoint().ok());
    REQUIRE(next.collect().ok());
    REQUIRE(next.check_retained().ok());
  };
  store.interrupt_at(calls, [&] {
    REQUIRE(next.start().ok());
    if (goes_on_at_once) go_on();
  });
  const Status old = play_life(store, world);
  if (!store.was_interrupted()) {
    CHECK(old.ok());
    return false;
  }
  if (!old.ok()) CHECK(old.error().kind == ErrorKind::kFenced);
  // Where the old one had not fenced yet, it is the newer of both.
  const bool is_next_newer = !next.history().is_fenced(next.generation()).value();
  if (!is_next_newer) CHECK(old.ok());
  if (is_next_newer) go_on();
  CHECK(world.mistakes == std::vector<std::string>());
  recover_and_go_on(store, world);
  return true;
}

TEST_CASE("ANewLifeAtEveryCallOfTheOldOneLosesAndDoublesNothing") {
  for (const bool goes_on_at_once : {true, false}) {
    uint64_t calls = 1;
    while (take_over_at(calls, goes_on_at_once)) ++calls;
    CHECK(calls > 80);
  }
}

// Small files are copied, large ones are mapped.
TEST_CASE("AFileThatChangedIsNotOpened") {
  const StoreFolder folder;
  const std::unique_ptr<SnapshotStore> store = open_directory_store(folder / "store").value();
  JobHistory history(*store, "q");
  for (const size_t size : {size_t{100}, size_t{3 << 20}}) {
    const std::string good(size, 'x');
    const StoredObject object =
        history.put_file(id(1, 1), "t", 0, "f" + std::to_string(size), good).value();
    REQUIRE(history.open_object(object).value().view() == good);
    for (size_t at = 0; at < size; at += size / 20) {
      std::string damaged = good;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      REQUIRE(store->put(object.name, damaged).ok());
      REQUIRE(history.open_object(object).error().kind == ErrorKind::kCorrupt);
    }
  }
}

// 1,000 times some object of a job with two generations is damaged. What recovery needs of it, it
// misses by name; else it goes on as if nothing had happened.
TEST_CASE("DamageIsFoundAndNamed") {
  MemoryStore whole;
  PlayedWorld played;
  REQUIRE(play(whole, played).ok());
  const std::map<std::string, std::string> objects = whole.objects();
  const std::string base = "jobs/count/generations/2/base";  // Of use until the first manifest.
  int found = 0;
  uint64_t dice = 7;
  const auto roll = [&](uint64_t sides) {
    dice = dice * 6364136223846793005U + 1442695040888963407U;
    return (dice >> 33) % sides;
  };
  for (int mutation = 0; mutation < 1000; ++mutation) {
    MemoryStore store;
    for (const auto& [name, bytes] : objects) store.overwrite(name, bytes);
    auto at = objects.begin();
    std::advance(at, static_cast<int64_t>(roll(objects.size())));
    const auto& [name, bytes] = *at;
    const bool is_record = name.ends_with("fence") || name.ends_with("committed");
    const uint64_t kind = bytes.empty() ? 2 : roll(3);
    CAPTURE(mutation, name, kind);
    std::string damaged = bytes;
    if (kind == 0) damaged[roll(bytes.size())] ^= static_cast<char>(1 << roll(8));
    if (kind == 1) damaged.resize(roll(bytes.size()));
    if (kind == 2) {
      store.erase(name);
    } else {
      store.overwrite(name, damaged);
    }

    PlayedWorld world = played;
    PlayedJob job(store, world);
    const Status started = job.start();
    const Status retained = started.ok() ? job.check_retained() : Status();
    CHECK(world.mistakes.empty());
    if (is_record || (name == base && kind != 2)) {
      CHECK(started.ok());
      CHECK(retained.ok());
      continue;
    }
    const Status& failed = started.ok() ? retained : started;
    REQUIRE(!failed.ok());
    CHECK(failed.error().kind == ErrorKind::kCorrupt);
    CHECK(failed.error().message.find(name) != std::string::npos);
    ++found;
  }
  CHECK(found > 600);
}

// Two real processes fence again and again: no generation is given twice.
TEST_CASE("ProcessesThatRaceGetDifferentGenerations") {
  const StoreFolder folder;
  constexpr int kEach = 20;
  int results[2];
  REQUIRE(::pipe(results) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const auto store = open_directory_store(folder.path()).value();
      JobHistory history(*store, "q");
      for (int turn = 0; turn < kEach; ++turn) {
        const uint64_t generation = history.fence().value().value();
        if (::write(results[1], &generation, sizeof generation) != sizeof generation) ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  ::close(results[1]);
  std::set<uint64_t> given;
  int count = 0;
  uint64_t generation = 0;
  while (::read(results[0], &generation, sizeof generation) == sizeof generation) {
    given.insert(generation);
    ++count;
  }
  ::close(results[0]);
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(count == 2 * kEach);
  CHECK(given.size() == 2 * kEach);
}

// Two processes that believe to be the same generation: one of them gets its manifest in.
TEST_CASE("OfProcessesThatRaceForAManifestOneCompletes") {
  const StoreFolder folder;
  const auto first = open_directory_store(folder.path()).value();
  REQUIRE(JobHistory(*first, "q").fence().ok());
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      const auto store = open_directory_store(folder.path()).value();
      JobHistory history(*store, "q");
      int completed = 0;
      for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
        Manifest manifest = manifest_of(id(1, epoch));
        manifest.lineage = std::to_string(i);
        const Status put = history.put_manifest(manifest);
        if (!put.ok() && put.error().kind != ErrorKind::kFenced) ::_exit(100);
        if (put.ok() != (history.read_manifest(id(1, epoch)).value() == manifest)) ::_exit(101);
        completed += put.ok() ? 1 : 0;
      }
      ::_exit(completed);
    }
    children.push_back(child);
  }
  int completed = 0;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) <= 20);
    completed += WEXITSTATUS(status);
  }
  CHECK(completed == 20);
}

}  // namespace
}  // namespace weir
