#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {

TEST_CASE("ConcatenationTakesTextAndWhatBecomesText") {
  CHECK(compute("||", {"text:a", "text:b"}) == "ab");
  CHECK(compute("||", {"text:a", "int:1"}) == "a1");
  CHECK(compute("||", {"boolean:true", "text:x"}) == "truex");
  CHECK(compute("||", {"text:a", "text:NULL"}) == "NULL");
  CHECK(compute("||", {"bytea:\\x01", "bytea:\\x02"}) == "\\x0102");
  CHECK(compute("||", {"text:a text of more than", "text: twelve bytes"}) ==
        "a text of more than twelve bytes");
  CHECK(type_of("||", {"int:1", "int:2"}).starts_with("refused: operator does not exist"));
}

TEST_CASE("LettersOfShortAndLongTextsChangeTheirCase") {
  CHECK(compute("lower", {"text:@AZ[`az{"}) == "@az[`az{");
  CHECK(compute("upper", {"text:@AZ[`az{"}) == "@AZ[`AZ{");
  CHECK(compute("lower", {"text:ABCDEFGHIJKL"}) == "abcdefghijkl");
  CHECK(compute("upper", {"text:abcdefghijklm"}) == "ABCDEFGHIJKLM");
  CHECK(compute("lower", {"text:ÄB"}) == "äb");
  CHECK(compute("lower", {"text:"}) == "");
}

TEST_CASE("ConcatSkipsNulls") {
  CHECK(compute("concat", {"text:a", "int:NULL", "boolean:true", "numeric(3,2):1.50"}) == "at1.50");
  CHECK(compute("concat", {"text:NULL"}) == "");
  CHECK(compute("concat_ws", {"text:, ", "text:a", "text:NULL", "int:2"}) == "a, 2");
  CHECK(compute("concat_ws", {"text:NULL", "text:a"}) == "NULL");
}

TEST_CASE("ReplaceAndReverse") {
  CHECK(compute("replace", {"text:banana", "text:an", "text:AN!"}) == "bAN!AN!a");
  CHECK(compute("replace", {"text:banana", "text:", "text:x"}) == "banana");
  CHECK(compute("replace", {"text:ccc", "text:c", "text:"}) == "");
  CHECK(compute("reverse", {"text:aé€"}) == "€éa");
}

TEST_CASE("PadCutsWhatIsTooLong") {
  CHECK(compute("lpad", {"text:7", "int:3", "text:0"}) == "007");
  CHECK(compute("lpad", {"text:ab", "int:7", "text:xyz"}) == "xyzxyab");
  CHECK(compute("lpad", {"text:abcdef", "int:3"}) == "abc");
  CHECK(compute("lpad", {"text:é", "int:3", "text:€"}) == "€€é");
  CHECK(compute("lpad", {"text:a", "int:-1"}) == "");
  CHECK(compute("lpad", {"text:a", "int:5", "text:"}) == "a");
  CHECK(compute("rpad", {"text:a", "int:3"}) == "a  ");
  CHECK(compute("lpad", {"text:a", "int:2000000000"}).starts_with("!text too long"));
}

TEST_CASE("ResultsOfUnboundedLengthAreRefused") {
  const std::string many(100'000, 'a');
  CHECK(
      compute("replace", {"text:" + many, "text:a", "text:" + many}).starts_with("!text too long"));
}

TEST_CASE("LowerAndUpper") {
  CHECK(compute("lower", {"text:HÉllo, a longer one"}) == "héllo, a longer one");
  CHECK(compute("upper", {"text:héllo"}) == "HÉLLO");
}

}  // namespace weir
