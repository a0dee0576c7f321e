// Goal: files that do not behave are reported. Method: real files in a folder of the test.
#include "operators/connectors/file/input_file.h"

#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Folder;

TEST_CASE("ReadsFromWhereItWasSentTo") {
  const Folder folder;
  InputFile file = *InputFile::open(folder.put("a", "0123456789"));
  REQUIRE(file.seek(7).ok());
  char bytes[16];
  CHECK(*file.read(bytes, 2) == 2);
  CHECK(std::string_view(bytes, 2) == "78");
  CHECK(*file.read(bytes, 16) == 1);
  CHECK(*file.read(bytes, 16) == 0);
  CHECK(file.size() == 10u);
  folder.add("a", "x");
  CHECK(*file.read(bytes, 16) == 1);
}

TEST_CASE("NamesAFileThatIsGone") {
  const Folder folder;
  const auto file = InputFile::open(folder / "gone");
  REQUIRE_FALSE(file.ok());
  CHECK(file.error().kind == ErrorKind::kCorrupt);
  CHECK(file.error().message.find(folder / "gone") != std::string::npos);
}

TEST_CASE("NoticesAFileThatShrank") {
  const Folder folder;
  const std::string path = folder.put("a", "0123456789");
  InputFile file = *InputFile::open(path);
  char bytes[16];
  CHECK(*file.read(bytes, 8) == 8);
  std::filesystem::resize_file(path, 3);
  const Result<size_t> more = file.read(bytes, 16);
  REQUIRE_FALSE(more.ok());
  CHECK(more.error().kind == ErrorKind::kCorrupt);
  CHECK(file.seek(4).error().kind == ErrorKind::kCorrupt);
  CHECK(file.seek(3).ok());
}

TEST_CASE("NoticesAFileThatWasReplaced") {
  const Folder folder;
  const std::string path = folder.put("a", "x");
  const InputFile file = *InputFile::open(path);
  CHECK_FALSE(file.is_replaced());
  std::filesystem::rename(path, folder / "b");
  CHECK_FALSE(file.is_replaced());
  folder.put("a", "y");
  CHECK(file.is_replaced());
}

TEST_CASE("AFolderCannotBeRead") {
  const Folder folder;
  InputFile file = *InputFile::open(folder.path());
  char byte;
  CHECK(file.read(&byte, 1).error().kind == ErrorKind::kUser);
  CHECK_FALSE(file.size().has_value());
}

}  // namespace
}  // namespace weir
