#include "tests/engine/expr/sheet.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string shown(const std::string& number, const std::string& format) {
  return compute("to_char", {"numeric(12,3):" + number, "text:" + format});
}

}  // namespace

TEST_CASE("PlacesAreFilledFromTheRight") {
  CHECK(shown("12", "9999") == "   12");
  CHECK(shown("-12", "9999") == "  -12");
  CHECK(shown("12", "0000") == " 0012");
  CHECK(shown("12", "9099") == "  012");
  CHECK(shown("1234.567", "9,999.99") == " 1,234.57");
  CHECK(shown("12", "9G999D9") == "    12.0");
  CHECK(shown("0.1", "9.9") == "  .1");
  CHECK(shown("0.1", "0.9") == " 0.1");
}

TEST_CASE("FillModeLeavesOutBlanksAndZerosBehindThePoint") {
  CHECK(shown("12", "FM9,999") == "12");
  CHECK(shown("1.5", "FM99.99") == "1.5");
  CHECK(shown("1.5", "FM99.00") == "1.50");
  CHECK(shown("0", "FM9.9") == "0.");
  CHECK(shown("-0.1", "FM9.99") == "-.1");
}

TEST_CASE("SignsStandWhereTheTemplateSays") {
  CHECK(shown("1.5", "S99.9") == " +1.5");
  CHECK(shown("-1.5", "99.9S") == " 1.5-");
  CHECK(shown("-1.5", "99.9PR") == " <1.5>");
  CHECK(shown("1.5", "99.9PR") == "  1.5 ");
  CHECK(shown("-12", "MI99") == "-12");
  CHECK(shown("12", "PL99") == "+ 12");
  CHECK(shown("-2", "SG99") == "- 2");
}

TEST_CASE("WhatHasNoRoomIsShownAsHashes") {
  CHECK(shown("1234", "99.9") == " ##.#");
  CHECK(shown("-0.5", ".9") == "-.#");
}

TEST_CASE("AllNumbersHaveTemplates") {
  CHECK(compute("to_char", {"int:-2147483648", "text:9999999999"}) == "-2147483648");
  CHECK(compute("to_char", {"bigint:9223372036854775807", "text:FM9999999999999999999.0"}) ==
        "9223372036854775807.0");
  CHECK(compute("to_char", {"double precision:1234.5678", "text:9999.99"}) == " 1234.57");
  CHECK(compute("to_char", {"double precision:NaN", "text:999"}) == " NaN");
  CHECK(compute("to_char", {"double precision:-Infinity", "text:9.9"}) == "-#.#");
  CHECK(compute("to_char", {"int:NULL", "text:999"}) == "NULL");
}

TEST_CASE("OtherTextIsCopied") {
  CHECK(shown("12", "99\"9%\"") == " 129%");
  CHECK(shown("12", "$99") == "$ 12");
  CHECK(shown("12", "99 \\\"") == " 12 \"");
  CHECK(shown("12", "") == "");
}

TEST_CASE("BadTemplatesAreRefused") {
  for (const char* format :
       {"9.9.9", "S9S", "S9MI", "PL9S", "PR9", "9EEEE", "RN", "9TH", "9V9", "L9"}) {
    INFO(format);
    CHECK(type_of("to_char", {"int:1", std::string("text:") + format}).starts_with("refused"));
  }
}

}  // namespace weir
