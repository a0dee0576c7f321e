// Goal: LIKE agrees with its definition. Method: all texts and patterns up to a length over small
// alphabets, against a recursive matcher that is too simple to be wrong; then the forms that matter
// by example.
#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

bool defined_match(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '%') {
    for (size_t skip = 0; skip <= text.size(); ++skip) {
      if (defined_match(text.substr(skip), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  const bool escaped = pattern.front() == '\\';
  if (escaped) pattern.remove_prefix(1);
  const bool same = (!escaped && pattern.front() == '_') || pattern.front() == text.front();
  return same && defined_match(text.substr(1), pattern.substr(1));
}

std::vector<std::string> words(std::string_view alphabet, size_t length) {
  std::vector<std::string> all = {""};
  for (size_t first = 0, round = 0; round < length; ++round) {
    const size_t last = all.size();
    for (; first < last; ++first) {
      for (const char c : alphabet) all.push_back(all[first] + c);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("LikeAgreesWithItsDefinition") {
  const std::vector<std::string> texts = words("ab%", 4);
  SheetColumn column{"t", "text", {}};
  for (const std::string& text : texts) column.values.emplace_back(text);
  const Sheet sheet({column});
  for (const std::string& pattern : words("a%_\\", 4)) {
    const ExprPtr text = sheet.column("t");
    const auto test = make_call("like", {text, made(settle_type(make_untyped(pattern)))});
    if (!test.ok()) {
      CHECK(test.error().message == "LIKE pattern must not end with escape character");
      continue;
    }
    const std::vector<std::string> found = values(*test, sheet);
    for (size_t i = 0; i < texts.size(); ++i) {
      const bool expected = defined_match(texts[i], pattern);
      if ((found[i] == "true") != expected) FAIL(texts[i] << " LIKE " << pattern);
    }
  }
  SUCCEED();
}

TEST_CASE("LikeWorksWithPatternsOfTheRow") {
  CHECK(compute("like", {"text:hello", "text:h%o"}) == "true");
  CHECK(compute("not like", {"text:hello", "text:h%o"}) == "false");
  CHECK(compute("like", {"text:héllo", "text:h_llo"}) == "true");
  CHECK(compute("like", {"text:100%", "text:100\\%"}) == "true");
  CHECK(compute("like", {"text:NULL", "text:%"}) == "NULL");
  CHECK(compute("~~", {"text:anything", "text:%"}) == "true");
}

TEST_CASE("IlikeIgnoresCase") {
  CHECK(compute("ilike", {"text:HÉLLO", "text:h%lo"}) == "true");
  CHECK(compute("ilike", {"text:hello", "text:HELL_"}) == "true");
  CHECK(compute("not ilike", {"text:hello", "text:J%"}) == "true");
}

TEST_CASE("AnEscapeOfItsOwnReplacesTheBackslash") {
  CHECK(compute("like_escape", {"text:a!%b\\c", "text:!"}) == "a\\%b\\\\c");
  CHECK(compute("like_escape", {"text:a\\%", "text:"}) == "a\\\\%");
  CHECK(compute("like_escape", {"text:a", "text:xy"}) ==
        "!invalid escape string: it must be empty or one character");
  const ExprPtr pattern = call("like_escape", {literal("text:10!%"), literal("text:!")});
  CHECK(values(call("like", {literal("text:10%"), pattern}), Sheet({{"x", "int", {"1"}}})) ==
        std::vector<std::string>{"true"});
}

}  // namespace weir
