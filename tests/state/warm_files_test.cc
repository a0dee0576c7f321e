#include "state/warm_files.h"

#include "engine/base/crc32c.h"

#include <catch2/catch.hpp>

#include <map>

namespace weir {
namespace {

// A task that stores what it is asked to, under numbers.
struct Task {
  WarmFiles files;
  int numbers = 0;

  // Takes a cut of files with these bytes, stores all that has to be, and says what it stored.
  std::string store(const std::map<std::string, std::string>& cut) {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : cut) names.push_back(name);
    files.take(names);
    std::string stored;
    while (const std::string* name = files.next()) {
      const std::string& bytes = cut.at(*name);
      const bool may_change = !WarmFiles::never_changes(*name);
      if (const StoredObject* before = may_change ? files.unchanged(bytes) : nullptr) {
        files.stored(StoredObject(*before), bytes);
        continue;
      }
      stored += *name + " ";
      if (may_change) {
        files.stored(object(bytes), bytes);
      } else {
        files.stored(object(bytes));
      }
    }
    return stored;
  }
  std::string objects() const {
    std::string all;
    for (const WarmFile& file : files.files()) all += file.name + "=" + file.contents.name + " ";
    return all;
  }

 private:
  StoredObject object(const std::string& bytes) {
    return {.name = std::to_string(++numbers), .bytes = bytes.size(), .crc32c = crc32c(bytes)};
  }
};

TEST_CASE("ATableFileIsStoredOnce") {
  Task task;
  REQUIRE(task.store({{"1.sst", "a"}, {"2.sst", "b"}}) == "1.sst 2.sst ");
  REQUIRE(task.store({{"1.sst", "a"}, {"2.sst", "b"}, {"3.sst", "c"}}) == "3.sst ");
  REQUIRE(task.objects() == "1.sst=1 2.sst=2 3.sst=3 ");
}

TEST_CASE("OtherFilesAreStoredWhenTheyHaveChanged") {
  Task task;
  REQUIRE(task.store({{"CURRENT", "x"}, {"MANIFEST", "one"}}) == "CURRENT MANIFEST ");
  REQUIRE(task.store({{"CURRENT", "x"}, {"MANIFEST", "two"}}) == "MANIFEST ");
  REQUIRE(task.objects() == "CURRENT=1 MANIFEST=3 ");
}

TEST_CASE("WhatACutHasNoLongerIsForgotten") {
  Task task;
  task.store({{"1.sst", "a"}, {"2.sst", "b"}});
  REQUIRE(task.store({{"2.sst", "b"}}).empty());
  REQUIRE(task.objects() == "2.sst=2 ");
  REQUIRE(task.store({{"1.sst", "a"}, {"2.sst", "b"}}) == "1.sst ");
  REQUIRE(task.store({}).empty());
  REQUIRE(task.files.files().empty());
}

TEST_CASE("AdoptedTableFilesAreStoredAlready") {
  Task task;
  task.files.adopt(
      {{"1.sst", {.name = "old", .bytes = 1}}, {"CURRENT", {.name = "x", .bytes = 1}}});
  REQUIRE(task.store({{"1.sst", "a"}, {"CURRENT", "x"}}) == "CURRENT ");
  REQUIRE(task.objects() == "1.sst=old CURRENT=1 ");
}

TEST_CASE("WhatWasStoredOfACutThatCouldNotBeIsKnown") {
  Task task;
  task.files.take({"1.sst", "2.sst"});
  task.files.stored({.name = "first", .bytes = 1});
  REQUIRE(task.store({{"1.sst", "a"}, {"2.sst", "b"}}) == "2.sst ");
  REQUIRE(task.objects() == "1.sst=first 2.sst=1 ");
}

}  // namespace
}  // namespace weir
