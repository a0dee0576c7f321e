// Goal: the name of a file says how it is read. Method: the same text in three forms.
#include "operators/connectors/file/byte_stream.h"

#include "tests/operators/connectors/file/compressing.h"
#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Folder;

std::string rest_of(ByteStream& stream) {
  std::string all;
  char bytes[7];
  while (true) {
    const Result<size_t> got = stream.read(bytes, sizeof bytes);
    if (!got.ok()) return got.error().message;
    if (*got == 0) return all;
    all.append(bytes, *got);
  }
}

TEST_CASE("ReadsPlainGzipAndZstdAlike") {
  const Folder folder;
  const std::string text = "some text that is read in pieces";
  for (const std::string& path : {folder.put("a", text), folder.put("a.gz", testing::gzip_of(text)),
                                  folder.put("a.zst", testing::zstd_of(text))}) {
    INFO(path);
    auto stream = open_byte_stream(path);
    REQUIRE(stream.ok());
    CHECK(rest_of(**stream) == text);
    CHECK((*stream)->check_end().ok());
    auto again = open_byte_stream(path);
    REQUIRE((*again)->skip_to(10).ok());
    CHECK(rest_of(**again) == text.substr(10));
    auto beyond = open_byte_stream(path);
    CHECK((*beyond)->skip_to(text.size() + 1).error().kind == ErrorKind::kCorrupt);
  }
}

TEST_CASE("KnowsTheSizeOfPlainFilesOnly") {
  const Folder folder;
  CHECK((*open_byte_stream(folder.put("a", "abc")))->size() == 3u);
  CHECK_FALSE((*open_byte_stream(folder.put("a.gz", testing::gzip_of("abc"))))->size().has_value());
}

}  // namespace
}  // namespace weir
