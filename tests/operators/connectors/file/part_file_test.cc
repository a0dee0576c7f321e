// Goal: files are written whole and never over others. Method: examples.
#include "operators/connectors/file/part_file.h"

#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Folder;

TEST_CASE("WritesAndFinishes") {
  const Folder folder;
  PartFile file = *PartFile::create(folder / "a");
  REQUIRE(file.write("abc").ok());
  REQUIRE(file.write("def").ok());
  CHECK(file.size() == 6);
  CHECK(file.is_open());
  REQUIRE(file.finish().ok());
  CHECK_FALSE(file.is_open());
  CHECK(folder.contents("a") == "abcdef");
  CHECK(sync_folder(folder.path()).ok());
}

TEST_CASE("SaysWhereItCannotWrite") {
  const Folder folder;
  const auto file = PartFile::create(folder / "gone/a");
  REQUIRE_FALSE(file.ok());
  CHECK(file.error().kind == ErrorKind::kUnavailable);
  CHECK(file.error().message.find(folder / "gone/a") != std::string::npos);
  CHECK_FALSE(sync_folder(folder / "gone").ok());
}

TEST_CASE("NeverBeginsAFileThatIsThere") {
  const Folder folder;
  folder.put("a", "another's");
  CHECK(PartFile::create(folder / "a").error().kind == ErrorKind::kUnavailable);
  CHECK(folder.contents("a") == "another's");
}

TEST_CASE("KeepsAFileThatHasTheName") {
  const Folder folder;
  folder.put("a", "new");
  folder.put("b", "old");
  const Status status = rename_new(folder / "a", folder / "b");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == ErrorKind::kUser);
  CHECK(folder.contents("b") == "old");
  CHECK(rename_new(folder / "a", folder / "c").ok());
  CHECK(folder.contents("c") == "new");
}

}  // namespace
}  // namespace weir
