// Goal: formats are found by name. Method: examples.
#include "operators/connectors/formats/decoder.h"

#include "tests/operators/connectors/formats/decoding.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("MakesADecoderForEachFormat") {
  const RowShape shape = testing::shape_of({{"a", TypeKind::kText}});
  for (const char* format : {"json", "csv", "raw"}) {
    CHECK(make_decoder({.format = format}, shape).ok());
  }
}

TEST_CASE("RefusesUnknownFormats") {
  const RowShape shape = testing::shape_of({{"a", TypeKind::kText}});
  const auto decoder = make_decoder({.format = "xml"}, shape);
  REQUIRE_FALSE(decoder.ok());
  CHECK(decoder.error().kind == ErrorKind::kUser);
  CHECK(decoder.error().message == "unknown format 'xml': expected json, csv or raw");
}

}  // namespace
}  // namespace weir
