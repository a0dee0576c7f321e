// Goal: the pieces below the JSON decoder that its own tests reach only together. Method: examples.
#include "operators/connectors/formats/json_walk.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

// The values found for the wanted keys, as they stand in the record; "-" where missing.
std::vector<std::string> values_of(JsonNode& node, std::string record) {
  record += std::string(64, '\0');
  const std::string_view payload = std::string_view(record).substr(0, record.size() - 64);
  JsonTokens tokens;
  if (tokens.scan(payload) != JsonScan::kOk) return {"unscannable"};
  const JsonFault fault = walk(tokens, node);
  if (fault.what != nullptr) return {fault.what, std::to_string(fault.token)};
  std::vector<std::string> values;
  for (const JsonField& field : node.fields) {
    values.push_back(field.value == 0
                         ? "-"
                         : std::string(tokens.begin_of(field.value), tokens.end_of(field.value)));
  }
  return values;
}

JsonNode node_of(std::vector<std::string> keys) {
  JsonNode node;
  for (std::string& key : keys) node.fields.push_back({.key = std::move(key), .node = nullptr});
  return node;
}

TEST_CASE("FindsWantedValues") {
  JsonNode node = node_of({"a", "b"});
  CHECK(values_of(node, R"({"b": 12 ,"c":[],"a":"x"})") == std::vector<std::string>{"\"x\"", "12"});
  CHECK(values_of(node, R"({"c":1})") == std::vector<std::string>{"-", "-"});
}

TEST_CASE("TellsKeysApartThatShareTheirFirstSixteenBytes") {
  JsonNode node = node_of({"0123456789abcdef", "0123456789abcdefg", "0123456789abcdefh"});
  for (int i = 0; i < 2; ++i) {
    CHECK(
        values_of(node, R"({"0123456789abcdefh":3,"0123456789abcdef":1,"0123456789abcdefg":2})") ==
        std::vector<std::string>{"1", "2", "3"});
  }
  CHECK(values_of(node, R"({"0123456789abcdefg":2,"0123456789abcdefh":3,"0123456789abcde":1})") ==
        std::vector<std::string>{"-", "2", "3"});
}

TEST_CASE("SaysWhatIsWrong") {
  JsonNode node = node_of({"a"});
  CHECK(values_of(node, R"([1])") == std::vector<std::string>{"the record is not an object", "3"});
  CHECK(values_of(node, R"({"a":1} {)") ==
        std::vector<std::string>{"something follows the object", "5"});
  CHECK(values_of(node, R"({"x":[{]]})") ==
        std::vector<std::string>{"a bracket closes a brace, or a brace a bracket", "5"});
  CHECK(values_of(node, R"({"a":1,})") ==
        std::vector<std::string>{"a comma is followed by no key", "5"});
  CHECK(values_of(node, R"({"a" 1})") ==
        std::vector<std::string>{"a key has no colon behind it", "2"});
  CHECK(values_of(node, R"({"a":})") == std::vector<std::string>{"a key has no value", "3"});
  CHECK(values_of(node, R"({"a":1)") ==
        std::vector<std::string>{"the record ends inside an object", "4"});
}

TEST_CASE("KnowsJsonNumbers") {
  for (const char* number : {"0", "-0", "10", "1.5", "-1.5e10", "1E+2", "1e-2"})
    CHECK(is_json_number(number));
  for (const char* other : {"", "-", "00", "1.", ".1", "1e", "1e+", "+1", "1 ", "a", "0x1"}) {
    CHECK_FALSE(is_json_number(other));
  }
}

TEST_CASE("UnescapesInPlaceOfTheSameSize") {
  char to[64];
  size_t size = 0;
  REQUIRE(unescape(R"(a\n\u00e9b)", to, size));
  CHECK(std::string_view(to, size) == "a\néb");
  CHECK_FALSE(unescape(R"(\u0000)", to, size));
  CHECK_FALSE(unescape("\\", to, size));
}

}  // namespace
}  // namespace weir
