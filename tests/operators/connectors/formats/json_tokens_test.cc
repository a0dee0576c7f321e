// Goal: tokens are where they should be, whatever the size of the record. Method: examples.
#include "operators/connectors/formats/json_tokens.h"

#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

TEST_CASE("FindsTheBeginningOfEveryToken") {
  const std::string record = R"( {"a" : [1, true],"b{":"}"} )";
  JsonTokens tokens;
  REQUIRE(tokens.scan(record) == JsonScan::kOk);
  std::string firsts;
  for (uint32_t i = 0; i < tokens.size(); ++i) firsts.push_back(tokens.first_byte(i));
  CHECK(firsts == "{\":[1,t],\":\"}");
  CHECK(std::string(tokens.begin_of(1), tokens.end_of(1)) == "\"a\"");
  CHECK(std::string(tokens.begin_of(4), tokens.end_of(4)) == "1");
}

TEST_CASE("SaysWhyARecordHasNoTokens") {
  JsonTokens tokens;
  CHECK(tokens.scan("") == JsonScan::kEmpty);
  CHECK(tokens.scan(" \t ") == JsonScan::kEmpty);
  CHECK(tokens.scan("{\"a\":\"\xff\"}") == JsonScan::kNotUtf8);
  CHECK(tokens.scan("{\"a") == JsonScan::kOpenString);
  CHECK(tokens.scan("{\"a\n\":1}") == JsonScan::kControlCharacter);
}

TEST_CASE("GrowsWithTheRecords") {
  JsonTokens tokens;
  for (const size_t size : {10u, 100'000u, 10u, 1'000'000u}) {
    const std::string record = "[" + std::string(size, ' ') + "]";
    REQUIRE(tokens.scan(record) == JsonScan::kOk);
    CHECK(tokens.size() == 2);
    CHECK(tokens.begin_of(1) == record.data() + size + 1);
  }
}

}  // namespace
}  // namespace weir
