#include "engine/expr/regex_literal.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

// "abc at 0 to 3", "abc anywhere from 2", "abc alone", "none"
std::string found(std::string_view pattern) {
  const RequiredLiteral literal = required_literal(pattern);
  if (literal.empty()) return "none";
  if (literal.whole) return literal.text + " alone";
  if (literal.before_max == kUnbounded) {
    return fmt::format("{} anywhere from {}", literal.text, literal.before_min);
  }
  return fmt::format("{} at {} to {}", literal.text, literal.before_min, literal.before_max);
}

}  // namespace

TEST_CASE("TheLongestTextThatStandsInEveryMatchIsFound") {
  CHECK(found("abc") == "abc alone");
  CHECK(found("(&|^)channel_id=([^&]*)") == "channel_id= at 0 to 1");
  CHECK(found("^abc$") == "abc at 0 to 0");
  CHECK(found("x.yzzy") == "yzzy at 2 to 5");
  CHECK(found("a\\.b\\/c") == "a.b/c alone");
  CHECK(found("a(bcd)e") == "bcd at 1 to 1");
  CHECK(found("é+abc") == "é at 0 to 0");
  CHECK(found("[x]+abc") == "abc anywhere from 1");
  CHECK(found("\\d{3}-abc") == "-abc at 3 to 12");
}

TEST_CASE("RepeatedCharactersEndAText") {
  CHECK(found("abc?d") == "ab at 0 to 0");
  CHECK(found("abc*") == "ab at 0 to 0");
  CHECK(found("abc+d") == "abc at 0 to 0");
  CHECK(found("ab{0,2}cde") == "cde at 1 to 3");
  CHECK(found("(abc)*de") == "de anywhere from 0");
  CHECK(found("(abc)+d") == "abc at 0 to 0");
  CHECK(found("(abc){0}d") == "d at 0 to 0");
}

TEST_CASE("APlaceThatIsKnownIsPreferredToALongerText") {
  CHECK(found("ab.*cdefgh") == "ab at 0 to 0");
  CHECK(found("a.*channel_id=") == "channel_id= anywhere from 1");
}

TEST_CASE("AlternativesHaveNoTextInCommon") {
  CHECK(found("abc|abd") == "none");
  CHECK(found("(abc|d)ef") == "ef at 1 to 3");
  CHECK(found("") == "none");
  CHECK(found(".*") == "none");
  CHECK(found("[abc]") == "none");
}

TEST_CASE("BracketsAndEscapesArePassedOver") {
  CHECK(found("[]a-z[:digit:]]xy") == "xy at 1 to 4");
  CHECK(found("[^\\]]xy") == "xy at 1 to 4");
  CHECK(found("\\bxy\\b") == "xy at 0 to 0");
  CHECK(found("\\p{L}\\x{00e9}xy") == "xy at 2 to 8");
}

TEST_CASE("WhatIsNotKnownIsGivenUp") {
  CHECK(found("(?i)abc") == "none");
  CHECK(found("abc\\") == "none");
  CHECK(found("abc{") == "none");
  CHECK(found("abc{x}") == "none");
  CHECK(found("abc**") == "none");
  CHECK(found("abc\\Cd") == "none");
  CHECK(found("(abc") == "none");
  CHECK(found("abc)") == "none");
  CHECK(found("[abc") == "none");
  CHECK(found(std::string(100, '(') + "abc" + std::string(100, ')')) == "none");
}

}  // namespace weir
