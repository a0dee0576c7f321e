#include "runtime/cli/yaml.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("JsonComesBackFromYamlAsItWas") {
  const std::string json =
      R"({"a":1,"b":[true,null,"x"],"c":{"d":"12","e":"true","f":"","g":"null"},"h":-3})";
  REQUIRE(yaml_to_json(json_to_yaml(json)).value() == json);
}

TEST_CASE("QuotedScalarsStayText") {
  REQUIRE(yaml_to_json("a: \"1\"\nb: 1\nc: x\n").value() == R"({"a":"1","b":1,"c":"x"})");
}

TEST_CASE("WhatIsNotYamlIsRefusedWithItsPlace") {
  const Result<std::string> read = yaml_to_json("a: 1\nb: [1, 2\n");
  REQUIRE_FALSE(read.ok());
  REQUIRE(read.error().kind == ErrorKind::kUser);
  REQUIRE(read.error().message.starts_with("not YAML: line "));
}

TEST_CASE("AKeyThatStandsTwiceIsRefused") {
  const Result<std::string> read = yaml_to_json("a: 1\na: 2\n");
  REQUIRE_FALSE(read.ok());
  REQUIRE(read.error().message == "line 2: key \"a\" stands twice");
}

TEST_CASE("NestingHasABound") {
  std::string yaml;
  for (int i = 0; i < 200; ++i) yaml += "[";
  for (int i = 0; i < 200; ++i) yaml += "]";
  REQUIRE_FALSE(yaml_to_json(yaml).ok());
}

}  // namespace
}  // namespace weir
