#include "state/state_files.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

CheckpointId id(uint64_t epoch) { return {Generation(1), Epoch(epoch)}; }

struct Task {
  StateFiles files;

  void take(uint64_t epoch, Freeze what, size_t bytes = 10) {
    files.take({id(epoch), what, std::string(bytes, 'x')});
  }
  void store() { store_as(files.next()->bytes.size()); }
  void store_as(uint64_t bytes) {
    files.stored({.name = std::to_string(files.next()->id.epoch.value()), .bytes = bytes});
  }
  std::string names() const {
    std::string all;
    for (const StoredObject& file : files.files()) all += file.name + " ";
    return all;
  }
};

TEST_CASE("TheFirstIsWholeAndChangesFollow") {
  Task task;
  REQUIRE(task.files.wants_whole());
  task.take(1, Freeze::kWhole);
  task.store();
  REQUIRE_FALSE(task.files.wants_whole());
  task.take(2, Freeze::kChanges, 5);
  task.store();
  REQUIRE(task.files.next() == nullptr);
  REQUIRE(task.names() == "1 2 ");
  REQUIRE_FALSE(task.files.wants_whole());
}

TEST_CASE("AWholeStateTakesThePlaceOfAllBefore") {
  Task task;
  task.take(1, Freeze::kWhole);
  task.store();
  task.take(2, Freeze::kChanges);
  task.store();
  task.take(3, Freeze::kWhole);
  task.store();
  REQUIRE(task.names() == "3 ");
}

TEST_CASE("AWholeStateIsWantedWhenChangesOutweighIt") {
  Task task;
  task.take(1, Freeze::kWhole, 10);
  task.store();
  task.take(2, Freeze::kChanges, 10);
  task.store();
  REQUIRE_FALSE(task.files.wants_whole());
  task.take(3, Freeze::kChanges, 1);
  task.store();
  REQUIRE(task.files.wants_whole());
  task.take(4, Freeze::kWhole, 10);
  task.store();
  REQUIRE_FALSE(task.files.wants_whole());
}

// Merging would take more memory than a copy of all there is.
TEST_CASE("ManyChangesThatAreMuchAreNotMergedButWrittenAnew") {
  constexpr uint64_t kMiB = 1 << 20;
  for (const uint64_t each : {kMiB, 2 * kMiB}) {
    Task task;
    task.take(1, Freeze::kWhole);
    task.store_as(80 * kMiB);
    for (size_t files = 1; files < StateFiles::kFilesMax; ++files) {
      REQUIRE_FALSE(task.files.wants_merge());
      REQUIRE_FALSE(task.files.wants_whole());
      task.take(1 + files, Freeze::kChanges);
      task.store_as(each);
    }
    const bool is_much = each * (StateFiles::kFilesMax - 1) > 40 * kMiB;
    CHECK(task.files.wants_merge() == !is_much);
    CHECK(task.files.wants_whole() == is_much);
  }
}

TEST_CASE("ManyFilesOfChangesAreMergedIntoOne") {
  Task task;
  task.take(1, Freeze::kWhole, 1000);
  task.store();
  for (size_t files = 1; files < StateFiles::kFilesMax; ++files) {
    REQUIRE_FALSE(task.files.wants_merge());
    task.take(1 + files, Freeze::kChanges, 10);
    task.store();
  }
  REQUIRE(task.files.wants_merge());
  REQUIRE_FALSE(task.files.wants_whole());
  task.files.merged({.name = "merged", .bytes = 990});
  REQUIRE(task.names() == "1 merged ");
  REQUIRE_FALSE(task.files.wants_merge());
  REQUIRE_FALSE(task.files.wants_whole());
  task.take(100, Freeze::kChanges, 20);
  task.store();
  REQUIRE(task.names() == "1 merged 100 ");
  REQUIRE(task.files.wants_whole());
}

// The task handed over the next changes before it was known that storing the last ones failed.
TEST_CASE("WhatCouldNotBeStoredGoesFirstTheNextTime") {
  Task task;
  task.take(1, Freeze::kWhole);
  task.store();
  task.take(2, Freeze::kChanges, 1);
  REQUIRE(task.files.wants_whole());
  task.take(3, Freeze::kChanges, 1);
  REQUIRE(task.files.next()->id == id(2));
  task.store();
  REQUIRE(task.files.next()->id == id(3));
  task.store();
  REQUIRE(task.names() == "1 2 3 ");
}

TEST_CASE("AWholeStateMakesWhatCouldNotBeStoredSuperfluous") {
  Task task;
  task.take(1, Freeze::kWhole);
  task.store();
  task.take(2, Freeze::kChanges);
  task.take(3, Freeze::kWhole);
  REQUIRE(task.files.next()->id == id(3));
  task.store();
  REQUIRE(task.files.next() == nullptr);
  REQUIRE(task.names() == "3 ");
}

}  // namespace
}  // namespace weir
