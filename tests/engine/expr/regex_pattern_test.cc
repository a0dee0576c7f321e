#include "engine/expr/regex_pattern.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string translated(std::string_view pattern) {
  const Result<std::string> result = translate_regex(pattern);
  return result.ok() ? *result : "refused: " + result.error().message;
}

}  // namespace

TEST_CASE("CommonSyntaxStaysAsItIs") {
  for (const char* pattern : {"", "a.c", "^a+?b*$", "(a|b){2,3}", "[^]a-z[:digit:]]", "\\d\\s\\.",
                              "(?:x)", "(?i)abc", "a\\\\b"}) {
    CHECK(translated(pattern) == pattern);
  }
}

TEST_CASE("PostgresEscapesBecomeThoseOfRe2") {
  CHECK(translated("\\yword\\y") == "\\bword\\b");
  CHECK(translated("\\Aa\\Z") == "\\Aa\\z");
  CHECK(translated("\\u00e9") == "\\x{00e9}");
  CHECK(translated("[a[b]") == "[a\\[b]");
}

TEST_CASE("LettersAreThoseOfAllScripts") {
  CHECK(translated("\\w+") == "[\\p{L}\\p{N}_]+");
  CHECK(translated("\\W") == "[^\\p{L}\\p{N}_]");
  CHECK(translated("[\\w-]") == "[\\p{L}\\p{N}_-]");
  CHECK(translated("[[:alpha:]]") == "[\\p{L}]");
  CHECK(translated("[\\W]").starts_with("refused"));
}

TEST_CASE("WhatRe2HasNoMatchForIsRefused") {
  CHECK(translated("a(?=b)") ==
        "refused: invalid regular expression \"a(?=b)\": look-around is not supported");
  CHECK(translated("(?<!a)b").find("look-around") != std::string::npos);
  CHECK(translated("(a)\\1").find("back-references") != std::string::npos);
  CHECK(translated("\\mword").find("\\y") != std::string::npos);
  CHECK(translated("[[:<:]]a").starts_with("refused"));
  CHECK(translated("(?P<name>a)").starts_with("refused"));
  CHECK(translated("\\pL").find("invalid escape \\p") != std::string::npos);
  CHECK(translated("a\\").find("ends with a backslash") != std::string::npos);
  CHECK(translated("[a").find("not balanced") != std::string::npos);
  CHECK(translated("***=a").starts_with("refused"));
}

TEST_CASE("FlagsAreReadOrRefused") {
  CHECK(read_regex_flags("gi", true)->global);
  CHECK(read_regex_flags("gi", true)->ignore_case);
  CHECK_FALSE(read_regex_flags("ic", true)->ignore_case);
  CHECK_FALSE(read_regex_flags("g", false).ok());
  CHECK_FALSE(read_regex_flags("x", true).ok());
}

TEST_CASE("ABadExpressionSaysWhatIsWrong") {
  const auto compiled = compile_regex("a(b", false);
  REQUIRE_FALSE(compiled.ok());
  CHECK(compiled.error().message == "invalid regular expression \"a(b\": missing ): a(b");
}

}  // namespace weir
