// Goal: one writer at a time, whoever dies. Method: locks taken in every order within this process,
// where each is as much a stranger to the others as in another; and by a process that is killed.
#include "operators/connectors/file/folder_lock.h"

#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace weir {
namespace {

using testing::Folder;

TEST_CASE("AWriterSharesItsFolderWithItselfOnly") {
  const Folder folder;
  const auto first = FolderLock::take(folder.path(), "a");
  const auto second = FolderLock::take(folder.path(), "a");
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  const auto other = FolderLock::take(folder.path(), "b");
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().kind == ErrorKind::kUser);
  CHECK(other.error().message.find(folder.path()) != std::string::npos);
}

TEST_CASE("TheLastOneToGoMakesRoomAndLeavesNothing") {
  const Folder folder;
  {
    const FolderLock stays = *FolderLock::take(folder.path(), "a");
    { const FolderLock goes = *FolderLock::take(folder.path(), "a"); }
    CHECK_FALSE(FolderLock::take(folder.path(), "b").ok());
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK(FolderLock::take(folder.path(), "b").ok());
}

TEST_CASE("WhatACrashLeavesKeepsNobodyOut") {
  const Folder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = FolderLock::take(folder.path(), "a longer name");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK_FALSE(std::filesystem::is_empty(folder.path()));
  const auto next = FolderLock::take(folder.path(), "b");
  REQUIRE(next.ok());
  CHECK(FolderLock::take(folder.path(), "b").ok());
  CHECK_FALSE(FolderLock::take(folder.path(), "a longer name").ok());
}

TEST_CASE("SaysThatAFolderTakesNoLock") {
  const Folder folder;
  const auto refused = FolderLock::take(folder / "gone", "a");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace weir
