#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("MatchOperators") {
  CHECK(compute("~", {"text:hello", "text:l+"}) == "true");
  CHECK(compute("~", {"text:hello", "text:^l"}) == "false");
  CHECK(compute("~*", {"text:HELLO", "text:ell"}) == "true");
  CHECK(compute("!~", {"text:hello", "text:x"}) == "true");
  CHECK(compute("!~*", {"text:HELLO", "text:ell"}) == "false");
  CHECK(compute("~", {"text:a\nb", "text:a.b"}) == "true");
  CHECK(compute("~", {"text:a", "text:NULL"}) == "NULL");
}

TEST_CASE("RegexpReplaceKnowsGroupsAndFlags") {
  CHECK(compute("regexp_replace", {"text:foobarbaz", "text:b..", "text:X"}) == "fooXbaz");
  CHECK(compute("regexp_replace", {"text:foobarbaz", "text:b..", "text:X", "text:g"}) == "fooXX");
  CHECK(compute("regexp_replace", {"text:foobarbaz", "text:b(..)", "text:X\\1Y", "text:g"}) ==
        "fooXarYXazY");
  CHECK(compute("regexp_replace", {"text:Hello", "text:h", "text:j", "text:i"}) == "jello");
  CHECK(compute("regexp_replace", {"text:abc", "text:b", "text:[\\&]\\\\"}) == "a[b]\\c");
  CHECK(compute("regexp_replace", {"text:abc", "text:", "text:-", "text:g"}) == "-a-b-c-");
  CHECK(compute("regexp_replace", {"text:aaa", "text:a", "text:b", "int:2"}) == "aba");
  CHECK(compute("regexp_replace", {"text:aaa", "text:a", "text:b", "int:1", "int:3"}) == "aab");
  CHECK(compute("regexp_replace", {"text:AaA", "text:a", "text:b", "int:2", "int:0", "text:i"}) ==
        "Abb");
}

TEST_CASE("RegexpSubstrTakesStartNumberAndGroup") {
  CHECK(compute("regexp_substr", {"text:number of your street", "text:[a-z]+"}) == "number");
  CHECK(compute("regexp_substr", {"text:a1b22c333", "text:\\d+", "int:1", "int:2"}) == "22");
  CHECK(compute("regexp_substr", {"text:a1b22c333", "text:\\d+", "int:3"}) == "22");
  CHECK(compute("regexp_substr", {"text:x?channel_id=17&y", "text:(&|\\?)channel_id=([^&]*)",
                                  "int:1", "int:1", "text:", "int:2"}) == "17");
  CHECK(compute("regexp_substr", {"text:abc", "text:x"}) == "NULL");
  CHECK(compute("regexp_substr", {"text:abc", "text:(x)?b", "int:1", "int:1", "text:", "int:1"}) ==
        "NULL");
  CHECK(compute("regexp_substr", {"text:abc", "text:b", "int:0"}) ==
        "!invalid value for parameter \"start\": 0");
}

TEST_CASE("RegexpCountAndSubstringByPattern") {
  CHECK(compute("regexp_count", {"text:banana", "text:an"}) == "2");
  CHECK(compute("regexp_count", {"text:banana", "text:an", "int:3"}) == "1");
  CHECK(compute("regexp_count", {"text:BANANA", "text:an", "int:1", "text:i"}) == "2");
  CHECK(compute("regexp_count", {"text:abc", "text:"}) == "4");
  CHECK(compute("regexp_count", {"text:abc", "text:", "int:9"}) == "0");
  CHECK(compute("substring", {"text:foobar", "text:o(.)b"}) == "o");
  CHECK(compute("substring", {"text:foobar", "text:o.b"}) == "oob");
  CHECK(compute("substring", {"text:foobar", "text:x"}) == "NULL");
}

TEST_CASE("TheLongestOfTheLeftmostMatchesCounts") {
  CHECK(compute("regexp_substr", {"text:abcd", "text:ab|abcd|abc"}) == "abcd");
  CHECK(compute("regexp_substr", {"text:aaa", "text:a+?"}) == "a");
}

TEST_CASE("BadConstantsAreRefusedAndBadRowsFail") {
  CHECK(type_of("~", {"text:a", "text:(?=b)"}).starts_with("refused: invalid regular expression"));
  CHECK(type_of("regexp_replace", {"text:a", "text:b", "text:c", "text:q"}).starts_with("refused"));
  const Sheet sheet({{"t", "text", {"ab", "ab", "ab"}}, {"p", "text", {"a", "(", "(?=b)"}}});
  const std::vector<std::string> found =
      values(call("~", {sheet.column("t"), sheet.column("p")}), sheet);
  CHECK(found[0] == "true");
  CHECK(found[1].starts_with("!invalid regular expression"));
  CHECK(found[2].find("look-around") != std::string::npos);
}

TEST_CASE("RegexpLikeTakesFlags") {
  CHECK(compute("regexp_like", {"text:Hello", "text:l+"}) == "true");
  CHECK(compute("regexp_like", {"text:Hello", "text:h"}) == "false");
  CHECK(compute("regexp_like", {"text:Hello", "text:h", "text:i"}) == "true");
  CHECK(type_of("regexp_like", {"text:a", "text:b", "text:g"}).starts_with("refused"));
}

TEST_CASE("FlagsMayChangeFromRowToRow") {
  const Sheet sheet({{"t", "text", {"A", "A", "A", "A"}}, {"f", "text", {"i", "c", "i", "q"}}});
  CHECK(values(call("regexp_like", {sheet.column("t"), literal("text:a"), sheet.column("f")}),
               sheet) == std::vector<std::string>{
                             "true", "false", "true",
                             "!regular expression flag \"q\" is not supported here: use i or c"});
}

}  // namespace weir
