// Goal: names of part files say their epoch, and sort by it. Method: examples.
#include "operators/connectors/file/part_folder.h"

#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

#include <filesystem>

namespace weir {
namespace {

TEST_CASE("NamesOfPartFilesSayTheirEpoch") {
  const std::string prefix = part_prefix(12);
  CHECK(part_name(prefix, Epoch(7), 0, ".json") == "part-12-0000000007-000000.json");
  CHECK(part_name(prefix, Epoch(7), 3, ".csv") == "part-12-0000000007-000003.csv");
  CHECK(epoch_of_part("part-12-0000000007-000003.csv") == 7);
  for (const std::string other : {"part-", "part-1", "part-1-", "part-x-7.csv", "part-1-x", "p-1-7",
                                  ".part-1-0000000007-000000.csv.1.sealed"}) {
    CHECK_FALSE(epoch_of_part(other).has_value());
  }
}

TEST_CASE("MakesAFolderForOneTable") {
  const testing::Folder folder;
  const SinkLane lane{.lineage = "a", .sink = "o"};
  const auto lock = open_part_folder(folder / "some/where", lane);
  REQUIRE(lock.ok());
  CHECK(open_part_folder(folder / "some/where", lane).ok());
  CHECK(open_part_folder(folder / "other/./place/", lane).ok());
  CHECK(std::filesystem::is_directory(folder / "other/place"));
  for (const SinkLane& other :
       {SinkLane{.lineage = "b", .sink = "o"}, SinkLane{.lineage = "a", .sink = "p"}}) {
    CHECK(open_part_folder(folder / "some/where", other).error().kind == ErrorKind::kUser);
  }
  folder.put("file", "");
  CHECK(open_part_folder(folder / "file", lane).error().kind == ErrorKind::kUser);
  CHECK(open_part_folder(folder / "file/below", lane).error().kind == ErrorKind::kUser);
}

}  // namespace
}  // namespace weir
