#include "state/warm/unsynced_disk.h"

#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>
#include <rocksdb/db.h>

namespace weir {
namespace {

TEST_CASE("ADatabaseOnAnUnsyncedDiskIsReadAgain") {
  const StoreFolder folder = StoreFolder::quick();
  const std::unique_ptr<rocksdb::Env> disk = make_unsynced_disk();
  rocksdb::Options options;
  options.create_if_missing = true;
  options.env = disk.get();
  for (const bool again : {false, true}) {
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open(options, folder / "db", &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    std::string value;
    REQUIRE(db->Get({}, "k", &value).IsNotFound() == !again);
    REQUIRE(db->Put({}, "k", "v").ok());
    REQUIRE(db->Flush({}).ok());
  }
}

TEST_CASE("WhatIsToBeSyncedIsDoneAtOnce") {
  const StoreFolder folder;
  const std::unique_ptr<rocksdb::Env> disk = make_unsynced_disk();
  std::unique_ptr<rocksdb::WritableFile> file;
  REQUIRE(disk->NewWritableFile(folder / "f", &file, {}).ok());
  REQUIRE(file->Append("one").ok());
  REQUIRE(file->Sync().ok());
  REQUIRE(file->Fsync().ok());
  REQUIRE(file->Close().ok());
  REQUIRE(disk->ReopenWritableFile(folder / "f", &file, {}).ok());
  REQUIRE(file->Append("two").ok());
  REQUIRE(file->Sync().ok());
  REQUIRE(file->Close().ok());
  CHECK(folder.contents("f") == "onetwo");
  std::unique_ptr<rocksdb::Directory> opened;
  REQUIRE(disk->NewDirectory(folder.path(), &opened).ok());
  CHECK(opened->Fsync().ok());
  CHECK_FALSE(disk->NewWritableFile(folder / "none/f", &file, {}).ok());
}

}  // namespace
}  // namespace weir
