#include "state/warm/mapped_file.h"

#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

using File = std::unique_ptr<rocksdb::FSRandomAccessFile>;

std::string read(const File& file, uint64_t offset, size_t n) {
  rocksdb::Slice bytes;
  REQUIRE(file->Read(offset, n, {}, &bytes, nullptr, nullptr).ok());
  return bytes.ToString();
}

TEST_CASE("AMappedFileIsReadAnywhere") {
  const StoreFolder folder = StoreFolder::quick();
  std::string text;
  for (int i = 0; text.size() < (3 << 20); ++i) text += std::to_string(i) + ",";
  folder.write("f", text);
  File file;
  REQUIRE(open_mapped_file(folder / "f", &file).ok());
  CHECK(read(file, 4000, 300) == text.substr(4000, 300));
  CHECK(read(file, text.size() - 7, 7) == text.substr(text.size() - 7));
  CHECK(read(file, text.size() - 7, 50) == text.substr(text.size() - 7));
  CHECK(read(file, text.size(), 1).empty());
  std::string all;
  while (all.size() < text.size()) all += read(file, all.size(), 4096);
  CHECK(all == text);
}

TEST_CASE("AReadBehindTheEndIsRefused") {
  const StoreFolder folder = StoreFolder::quick();
  folder.write("f", "four");
  File file;
  REQUIRE(open_mapped_file(folder / "f", &file).ok());
  rocksdb::Slice bytes;
  CHECK(file->Read(5, 1, {}, &bytes, nullptr, nullptr).IsInvalidArgument());
}

TEST_CASE("AFileThatCannotBeMappedIsAnErrorWithItsPath") {
  const StoreFolder folder = StoreFolder::quick();
  folder.write("empty", "");
  for (const std::string& path : {folder / "none", folder / "empty", folder.path()}) {
    File file;
    const rocksdb::IOStatus opened = open_mapped_file(path, &file);
    CHECK(opened.IsIOError());
    CHECK(opened.ToString().find(path) != std::string::npos);
    CHECK(file == nullptr);
  }
}

}  // namespace
}  // namespace weir
