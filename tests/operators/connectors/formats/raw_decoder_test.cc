// Goal: raw records keep their bytes. Method: examples.
#include "operators/connectors/formats/raw_decoder.h"

#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using testing::Decoding;

const FormatOptions kRaw = {.format = "raw"};

TEST_CASE("RawTakesThePayloadAsItIs") {
  Decoding text({{"line", TypeKind::kText}}, kRaw);
  CHECK(text.row(" {\"a\": 1}") == R"({"line":" {\"a\": 1}"})");
  CHECK(text.row("") == R"({"line":""})");
  CHECK_FALSE(text.decoder().is_blank(""));
  Decoding bytes({{"b", TypeKind::kBytea}}, kRaw);
  CHECK(bytes.row("\x01\x02\xff") == R"({"b":"AQL/"})");
}

TEST_CASE("RawTextMustBeText") {
  Decoding text({{"line", TypeKind::kText}}, {.format = "raw", .max_record_bytes = 4});
  CHECK(text.row("\xff") == "bad: the record is not valid UTF-8");
  CHECK(text.row(std::string("a\0b", 3)) == "bad: column line: text cannot hold a zero character");
  CHECK(text.row("12345") == "bad: the record is longer than max_record_bytes = 4");
}

TEST_CASE("RawNeedsExactlyOneTextColumn") {
  CHECK(Decoding({{"a", TypeKind::kInt}}, kRaw).error().kind == ErrorKind::kUser);
  CHECK(Decoding({{"a", TypeKind::kText}, {"b", TypeKind::kText}}, kRaw).error().kind ==
        ErrorKind::kUser);
}

}  // namespace
}  // namespace weir
