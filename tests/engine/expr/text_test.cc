#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("LengthCountsCharactersOfTextAndBytesOfBytea") {
  CHECK(compute("length", {"text:héllo"}) == "5");
  CHECK(compute("length", {"bytea:\\x00ff"}) == "2");
  CHECK(compute("octet_length", {"text:héllo"}) == "6");
  CHECK(compute("char_length", {"text:"}) == "0");
}

TEST_CASE("SubstringCountsFromOneAndMayStartBefore") {
  CHECK(compute("substring", {"text:héllo world, hello", "int:2"}) == "éllo world, hello");
  CHECK(compute("substring", {"text:hello", "int:2", "int:3"}) == "ell");
  CHECK(compute("substring", {"text:hello", "int:-1", "int:3"}) == "h");
  CHECK(compute("substring", {"text:hello", "int:2147483647", "int:2147483647"}) == "");
  CHECK(compute("substring", {"text:hello", "int:0"}) == "hello");
  CHECK(compute("substr", {"text:hello", "int:1", "int:-1"}) ==
        "!negative substring length not allowed: -1");
}

TEST_CASE("LeftAndRightTakeNegativeCounts") {
  CHECK(compute("left", {"text:héllo", "int:2"}) == "hé");
  CHECK(compute("left", {"text:héllo", "int:-2"}) == "hél");
  CHECK(compute("left", {"text:héllo", "int:-9"}) == "");
  CHECK(compute("right", {"text:hellö", "int:2"}) == "lö");
  CHECK(compute("right", {"text:hellö", "int:-2"}) == "llö");
  CHECK(compute("right", {"text:hello", "int:0"}) == "");
  CHECK(compute("right", {"text:hello", "int:-2147483648"}) == "");
  CHECK(compute("right", {"text:hello", "int:9"}) == "hello");
}

TEST_CASE("SplitPartCountsFromBothEnds") {
  CHECK(compute("split_part", {"text:a/b/c", "text:/", "int:2"}) == "b");
  CHECK(compute("split_part", {"text:a/b/c", "text:/", "int:-1"}) == "c");
  CHECK(compute("split_part", {"text:a/b/c", "text:/", "int:4"}) == "");
  CHECK(compute("split_part", {"text:a/b/c", "text:/", "int:-4"}) == "");
  CHECK(compute("split_part", {"text:a/b/c", "text:,", "int:1"}) == "a/b/c");
  CHECK(compute("split_part", {"text:a/b/c", "text:,", "int:-1"}) == "a/b/c");
  CHECK(compute("split_part", {"text:abc", "text:", "int:1"}) == "abc");
  CHECK(compute("split_part", {"text:abc", "text:", "int:2"}) == "");
  CHECK(compute("split_part", {"text:", "text:/", "int:1"}) == "");
  CHECK(compute("split_part", {"text:abc", "text:/", "int:0"}) ==
        "!field position must not be zero");
  CHECK(compute("split_part", {"text:https://host/one-long-directory/two", "text:/", "int:4"}) ==
        "one-long-directory");
}

TEST_CASE("TrimTakesAnyOfTheCharacters") {
  CHECK(compute("btrim", {"text:  x  "}) == "x");
  CHECK(compute("ltrim", {"text:xxyhello", "text:xy"}) == "hello");
  CHECK(compute("rtrim", {"text:helloéxé", "text:éx"}) == "hello");
  CHECK(compute("trim", {"text:xyxa long enough textyx", "text:xy"}) == "a long enough text");
  CHECK(compute("btrim", {"text:xxx", "text:x"}) == "");
  CHECK(compute("btrim", {"text:x", "text:"}) == "x");
}

TEST_CASE("PositionAndStartsWith") {
  CHECK(compute("position", {"text:höllo", "text:llo"}) == "3");
  CHECK(compute("strpos", {"text:hello", "text:x"}) == "0");
  CHECK(compute("strpos", {"text:hello", "text:"}) == "1");
  CHECK(compute("starts_with", {"text:hello", "text:he"}) == "true");
  CHECK(compute("starts_with", {"text:hello", "text:hi"}) == "false");
}

TEST_CASE("TextFunctionsOfNullAreNull") {
  CHECK(compute("left", {"text:NULL", "int:2"}) == "NULL");
  CHECK(compute("split_part", {"text:a", "text:NULL", "int:1"}) == "NULL");
  CHECK(compute("length", {"text:NULL"}) == "NULL");
}

TEST_CASE("SlicesOfSlicesPointToTheRightBytes") {
  const Sheet sheet(
      {{"t", "text", {"0123456789abcdefghijklmnopqrstuvwxyz", std::nullopt, "short"}}});
  const ExprPtr tail = call("right", {sheet.column("t"), literal("int:30")});
  const ExprPtr inner = call("left", {tail, literal("int:20")});
  CHECK(values(inner, sheet) == std::vector<std::string>{"6789abcdefghijklmnop", "NULL", "short"});
}

// Against the definition: the parts are what stands between the delimiters.
TEST_CASE("SplitPartGivesEveryPartOfTextsOfAnyLength") {
  for (const std::string delimiter : {"/", "//", "ab"}) {
    for (int parts = 1; parts <= 7; ++parts) {
      for (int size = 0; size <= 5; ++size) {
        std::vector<std::string> expected;
        std::string text;
        for (int i = 0; i < parts; ++i) {
          expected.push_back(std::string(static_cast<size_t>((size + i) % 6), 'x'));
          text += (i == 0 ? "" : delimiter) + expected.back();
        }
        const Sheet sheet({{"t", "text", {text}}});
        const auto part = [&](int n) {
          return values(call("split_part", {sheet.column("t"), literal("text:" + delimiter),
                                            literal("int:" + std::to_string(n))}),
                        sheet)[0];
        };
        for (int i = 0; i < parts; ++i) {
          CHECK(part(i + 1) == expected[static_cast<size_t>(i)]);
          CHECK(part(i - parts) == expected[static_cast<size_t>(i)]);
        }
        CHECK(part(parts + 1).empty());
        CHECK(part(-parts - 1).empty());
      }
    }
  }
}

}  // namespace weir
