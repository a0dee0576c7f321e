// A savepoint is complete by itself, wherever it is moved, and a job goes on from it.
#include "state/savepoint.h"

#include "tests/state/memory_store.h"
#include "tests/state/played_job.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// A job in `store` with some checkpoints, the last of which is written into `to`.
Manifest save(SnapshotStore& store, SnapshotStore& to) {
  PlayedWorld world;
  PlayedJob job(store, world);
  REQUIRE(job.start().ok());
  for (int epoch = 0; epoch < 5; ++epoch) REQUIRE(job.checkpoint().ok());
  REQUIRE(job.history().write_savepoint(*job.newest(), to).ok());
  return *job.newest();
}

std::string state_of(SnapshotStore& store, const Manifest& manifest) {
  std::string state;
  for (const StoredObject& file : manifest.tasks.at(0).files) {
    state += read_verified(store, file).value() + " ";
  }
  return state;
}

TEST_CASE("ASavepointIsCompleteWhereverItIsMoved") {
  MemoryStore store;
  const StoreFolder folder;
  Manifest saved;
  {
    const auto to = open_directory_store(folder / "here").value();
    saved = save(store, *to);
  }
  std::filesystem::rename(folder / "here", folder / "there");
  const auto moved = open_directory_store(folder / "there").value();
  const Manifest read = read_savepoint(*moved).value();
  CHECK(state_of(*moved, read) == state_of(store, saved));
  CHECK(read.id == saved.id);
  CHECK(read.lineage == saved.lineage);
  CHECK(read.tasks.at(0).splits == saved.tasks.at(0).splits);
  CHECK(!read.parent);
  REQUIRE(read.slots.size() == 1);
  CHECK(read.slots.at(0).sealed.empty());
  for (const StoredObject& file : read.tasks.at(0).files) CHECK(file.name.starts_with("files/"));
}

TEST_CASE("AFileOfTwoTasksIsCopiedOnce") {
  MemoryStore store;
  MemoryStore to;
  JobHistory history(store, "q");
  REQUIRE(history.fence().ok());
  const CheckpointId id{.generation = Generation{1}, .epoch = Epoch{1}};
  Manifest manifest{.id = id};
  const StoredObject file = history.put_file(id, "t", 0, "f", "both").value();
  manifest.tasks = {{.chain = "t"}, {.chain = "t", .instance = 1}};
  for (TaskSnapshot& task : manifest.tasks) task.files = {file};
  REQUIRE(history.put_manifest(manifest).ok());
  REQUIRE(history.put_committed(id).ok());
  REQUIRE(history.write_savepoint(manifest, to).ok());
  CHECK(to.objects().size() == 2);
  MemoryStore other;
  JobHistory next(other, "q");
  REQUIRE(next.fence(Generation{1}).value() == Generation{2});
  const Manifest adopted = next.adopt_savepoint(to, Generation{2}).value();
  CHECK(adopted.tasks.at(0).files == adopted.tasks.at(1).files);
  CHECK(next.read_object(adopted.tasks.at(1).files.at(0)).value() == "both");
}

TEST_CASE("RowsThatWereNotInMemoryAreCopiedUnderTheirNames") {
  MemoryStore store;
  MemoryStore to;
  JobHistory history(store, "q");
  REQUIRE(history.fence().ok());
  const CheckpointId id{.generation = Generation{1}, .epoch = Epoch{1}};
  Manifest manifest{.id = id, .tasks = {{.chain = "t"}}};
  manifest.tasks[0].warm = {{"1.sst", history.put_file(id, "t", 0, "warm.1.sst", "rows").value()},
                            {"CURRENT", history.put_file(id, "t", 0, "warm.CURRENT", "c").value()}};
  REQUIRE(history.put_manifest(manifest).ok());
  REQUIRE(history.put_committed(id).ok());
  REQUIRE(history.write_savepoint(manifest, to).ok());
  CHECK(to.objects().size() == 3);
  MemoryStore other;
  JobHistory next(other, "q");
  REQUIRE(next.fence(Generation{1}).ok());
  const std::vector<WarmFile> adopted =
      next.adopt_savepoint(to, Generation{2}).value().tasks.at(0).warm;
  REQUIRE(adopted.size() == 2);
  CHECK(adopted[0].name == "1.sst");
  CHECK(next.read_object(adopted[0].contents).value() == "rows");
  CHECK(adopted[1].name == "CURRENT");
  CHECK(next.read_object(adopted[1].contents).value() == "c");
}

TEST_CASE("ASavepointNeedsAnEmptyFolderAndDeliveredOutput") {
  MemoryStore store;
  MemoryStore to;
  const Manifest saved = save(store, to);
  JobHistory history(store, "count");
  CHECK(history.write_savepoint(saved, to).error().kind == ErrorKind::kUser);
  MemoryStore empty;
  store.erase("jobs/count/1/5/committed");
  CHECK(history.write_savepoint(saved, empty).error().kind == ErrorKind::kUser);
  CHECK(empty.objects().empty());
  CHECK(read_savepoint(empty).error().kind == ErrorKind::kUser);
}

TEST_CASE("AFolderForASavepointIsLookedAtBeforeItIsNeeded") {
  const StoreFolder folder;
  CHECK(check_savepoint_folder(folder / "new").ok());
  CHECK(check_savepoint_folder(folder / "new").ok());  // Nothing was left there.
  folder.write("new/x", "");
  folder.write("file", "");
  for (const std::string& unusable : {folder / "new", folder / "file/below"}) {
    CAPTURE(unusable);
    const Status usable = check_savepoint_folder(unusable);
    REQUIRE_FALSE(usable.ok());
    CHECK(usable.error().kind == ErrorKind::kUser);
    CHECK(usable.error().message.find(unusable) != std::string::npos);
  }
}

TEST_CASE("ADamagedSavepointIsNamedByItsFolder") {
  const StoreFolder folder;
  folder.write("manifest", "nothing");
  const Result<Manifest> read = read_savepoint(folder.path());
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().kind == ErrorKind::kCorrupt);
  CHECK(read.error().message.find(folder.path()) != std::string::npos);
}

TEST_CASE("DamageOfASavepointIsFoundAndNamed") {
  MemoryStore store;
  MemoryStore saved;
  save(store, saved);
  for (const auto& [name, bytes] : saved.objects()) {
    CAPTURE(name);
    MemoryStore damaged;
    for (const auto& [other, content] : saved.objects()) damaged.overwrite(other, content);
    std::string flipped = bytes;
    flipped.back() ^= 1;
    damaged.overwrite(name, flipped);
    MemoryStore fresh;
    JobHistory history(fresh, "count");
    const Generation generation = history.fence(Generation{1}).value();
    const Result<Manifest> adopted = history.adopt_savepoint(damaged, generation);
    REQUIRE(!adopted.ok());
    CHECK(adopted.error().kind == ErrorKind::kCorrupt);
    CHECK(adopted.error().message.find(name) != std::string::npos);
    CHECK(!history.look(generation).value());
  }
}

TEST_CASE("AJobGoesOnFromASavepointAndItsFirstCheckpointOwnsItsFiles") {
  MemoryStore store;
  MemoryStore savepoint;
  const Manifest saved = save(store, savepoint);
  MemoryStore fresh;
  JobHistory history(fresh, "count");
  const Generation generation = history.fence(saved.id.generation).value();
  const Manifest adopted = history.adopt_savepoint(savepoint, generation).value();
  CHECK(adopted.id == CheckpointId{.generation = Generation{2}, .epoch = saved.id.epoch});
  CHECK(adopted.parent == saved.id);
  const std::optional<RecoveryPoint> found = history.look(generation).value();
  REQUIRE(found);
  CHECK(found->manifest == adopted);
  CHECK(found->committed);
  // The savepoint is not needed any more, and collection is the job's own.
  PlayedWorld world{.received = 15, .marker = adopted.id};
  PlayedJob job(fresh, world);
  REQUIRE(job.start().ok());
  for (int epoch = 0; epoch < 5; ++epoch) {
    REQUIRE(job.checkpoint().ok());
    REQUIRE(job.collect().ok());
    REQUIRE(job.check_retained().ok());
  }
  CHECK(world.mistakes.empty());
  CHECK(world.received == 30);
}

TEST_CASE("AnAdoptionThatWasInterruptedNeverHappened") {
  MemoryStore store;
  MemoryStore savepoint;
  save(store, savepoint);
  const uint64_t writes = 3 + 2 + 3;  // Fence, files, base, manifest, committed: at most.
  int completed = 0;
  for (uint64_t last = 1; last <= writes; ++last) {
    CAPTURE(last);
    MemoryStore fresh;
    JobHistory history(fresh, "count");
    const Generation generation = history.fence(Generation{1}).value();
    uint64_t made = 0;
    fresh.decide_with([&](StoreCall, const std::string&) {
      return ++made < last ? StoreFate::kDone : StoreFate::kNotDone;
    });
    const bool is_adopted = history.adopt_savepoint(savepoint, generation).ok();
    fresh.decide_with(nullptr);
    const Generation next = history.fence().value();
    const std::optional<RecoveryPoint> found = history.look(next).value();
    const bool is_complete = fresh.objects().count("jobs/count/2/5/manifest") == 1;
    CHECK(found.has_value() == is_complete);
    if (is_adopted) CHECK(is_complete);
    completed += is_complete ? 1 : 0;
    if (!found) CHECK(history.adopt_savepoint(savepoint, next).ok());
  }
  CHECK(completed >= 1);
}

TEST_CASE("AGenerationBelowTheSavepointsCannotAdoptIt") {
  MemoryStore store;
  MemoryStore savepoint;
  save(store, savepoint);
  MemoryStore fresh;
  JobHistory history(fresh, "count");
  REQUIRE(history.fence().value() == Generation{1});
  CHECK(history.adopt_savepoint(savepoint, Generation{1}).error().kind == ErrorKind::kUser);
}

}  // namespace
}  // namespace weir
