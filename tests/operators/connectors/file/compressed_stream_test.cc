// Goal: whole compressed files are read whole, and broken ones are found broken. Method: files of
// several members, cut at every byte and damaged.
#include "operators/connectors/file/compressed_stream.h"

#include "tests/operators/connectors/file/compressing.h"
#include "tests/operators/connectors/file/folder.h"

#include <catch2/catch.hpp>

#include <random>

namespace weir {
namespace {

using testing::Folder;

struct Outcome {
  std::string text;
  Status status;
};

Outcome read_file(const std::string& path) {
  auto stream = open_byte_stream(path);
  CHECK(stream.ok());
  Outcome outcome;
  std::string bytes(1000, '\0');
  while (true) {
    Result<size_t> got = (*stream)->read(bytes.data(), bytes.size());
    if (!got.ok()) {
      outcome.status = got.error();
      return outcome;
    }
    if (*got == 0) break;
    outcome.text.append(bytes, 0, *got);
  }
  outcome.status = (*stream)->check_end();
  return outcome;
}

// Hard to compress, so that there are several blocks.
std::string noise(size_t size) {
  std::mt19937 dice(1);
  std::string text;
  while (text.size() < size) text += std::to_string(dice());
  return text;
}

TEST_CASE("ReadsMembersOneBehindTheOther") {
  const Folder folder;
  const std::string one = noise(300'000);
  const std::string two = "end\n";
  const std::string gzip = testing::gzip_of(one) + testing::gzip_of("") + testing::gzip_of(two);
  const std::string zstd = testing::zstd_of(one) + testing::zstd_of("") + testing::zstd_of(two);
  for (const std::string& path : {folder.put("a.gz", gzip), folder.put("a.zst", zstd)}) {
    const Outcome outcome = read_file(path);
    CHECK(outcome.status.ok());
    CHECK(outcome.text == one + two);
  }
}

TEST_CASE("FindsEveryCutWithinAMember") {
  const Folder folder;
  const std::string gzip = testing::gzip_of("some text, some text");
  const std::string zstd = testing::zstd_of("some text, some text");
  for (const auto& [name, whole] : {std::pair("a.gz", gzip), std::pair("a.zst", zstd)}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      INFO(name << " " << size);
      const Outcome outcome = read_file(folder.put(name, whole.substr(0, size)));
      REQUIRE_FALSE(outcome.status.ok());
      CHECK(outcome.status.error().kind == ErrorKind::kCorrupt);
      CHECK(outcome.status.error().message.find(folder / name) != std::string::npos);
    }
  }
}

TEST_CASE("FindsRubbishInAndBehindAMember") {
  const Folder folder;
  const std::string gzip = testing::gzip_of("some text");
  const std::string zstd = testing::zstd_of("some text");
  std::string damaged = gzip;
  damaged[damaged.size() - 6] ^= 1;  // The checksum.
  CHECK_FALSE(read_file(folder.put("a.gz", damaged)).status.ok());
  CHECK_FALSE(read_file(folder.put("a.gz", gzip + "rubbish")).status.ok());
  CHECK_FALSE(read_file(folder.put("a.zst", zstd + "rubbish")).status.ok());
  CHECK_FALSE(read_file(folder.put("b.gz", "plain text")).status.ok());
}

}  // namespace
}  // namespace weir
