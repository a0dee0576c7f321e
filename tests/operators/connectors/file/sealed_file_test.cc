// Goal: a segment says again what was written into it. Method: examples, and every text that has
// lost its end.
#include "operators/connectors/file/sealed_file.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const std::vector<SealedFile> kFiles = {{"part-0-1.json", 0, 0}, {"part-0-1-1.json", 27, 0xab}};

TEST_CASE("SaysItsFilesAgain") {
  CHECK(*decode_segment(encode_segment({})) == std::vector<SealedFile>());
  CHECK(*decode_segment(encode_segment(kFiles)) == kFiles);
  CHECK(encode_segment(kFiles) == "part-0-1.json 0 00000000\npart-0-1-1.json 27 000000ab\n");
}

TEST_CASE("ASegmentThatIsCutWithinALineIsRefused") {
  const std::string whole = encode_segment(kFiles);
  for (size_t size = 1; size < whole.size(); ++size) {
    const auto read = decode_segment(std::string_view(whole).substr(0, size));
    CHECK(read.ok() == (whole[size - 1] == '\n'));
    if (!read.ok()) CHECK(read.error().kind == ErrorKind::kCorrupt);
  }
  CHECK_FALSE(decode_segment("part-0-1.json\n").ok());
  CHECK_FALSE(decode_segment("part-0-1.json 1 00000000 \n").ok());
}

}  // namespace
}  // namespace weir
