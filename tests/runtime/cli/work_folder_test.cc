#include "runtime/cli/work_folder.h"

#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

size_t folders_in(const StoreFolder& parent) {
  size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(parent.path())) {
    found += entry.is_directory() ? 1 : 0;
  }
  return found;
}

TEST_CASE("AWorkFolderIsGoneAtTheEnd") {
  const StoreFolder parent;
  {
    const WorkFolder work = WorkFolder::make(parent / "made").value();
    std::ofstream(work.path() + "/rows") << "x";
    CHECK(work.path().starts_with(parent / "made"));
  }
  CHECK(parent.entries() == std::set<std::string>{"made"});
}

TEST_CASE("EachProcessHasItsOwn") {
  const StoreFolder parent;
  const WorkFolder one = WorkFolder::make(parent.path()).value();
  const WorkFolder two = WorkFolder::make(parent.path()).value();
  CHECK(one.path() != two.path());
  CHECK(folders_in(parent) == 2);
}

TEST_CASE("WhatAProcessLeftThatDiedIsRemovedAndNothingElse") {
  const StoreFolder parent;
  std::filesystem::create_directories(parent / ".weir-work-abcdef/q/1/0/store");
  parent.write(".weir-work-abcdef/q/1/0/store/rows", "x");
  std::filesystem::create_directories(parent / "somebody");
  parent.write("file", "x");
  const WorkFolder work = WorkFolder::make(parent.path()).value();
  CHECK_FALSE(std::filesystem::exists(parent / ".weir-work-abcdef"));
  CHECK(std::filesystem::exists(parent / "somebody"));
  CHECK(std::filesystem::exists(parent / "file"));
}

TEST_CASE("AWorkFolderThatCannotBeMadeIsTheUsersToChange") {
  const StoreFolder parent;
  parent.write("file", "x");
  const Result<WorkFolder> work = WorkFolder::make(parent / "file");
  REQUIRE_FALSE(work.ok());
  CHECK(work.error().kind == ErrorKind::kUser);
  CHECK(work.error().message.find("--dir") != std::string::npos);
}

TEST_CASE("WithoutANameThereIsAPlaceTooAndItIsHidden") {
  const WorkFolder work = WorkFolder::make().value();
  CHECK(std::filesystem::is_directory(work.path()));
  CHECK(std::filesystem::path(work.path()).filename().string().front() == '.');
}

}  // namespace
}  // namespace weir
