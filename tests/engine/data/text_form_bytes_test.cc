#include "engine/data/text_form.h"

#include <catch2/catch.hpp>

#include <random>

namespace weir {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  append_bytea_hex(out, bytes);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

// The bytes of a code point by the definition of UTF-8, whether or not it may be written so.
std::string encoded(uint32_t point, int size) {
  constexpr uint32_t kFirst[] = {0, 0, 0xc0, 0xe0, 0xf0};
  if (size == 1) return {static_cast<char>(point)};
  std::string out;
  out.push_back(static_cast<char>(kFirst[size] | (point >> (6 * (size - 1)))));
  for (int i = size - 2; i >= 0; --i) {
    out.push_back(static_cast<char>(0x80 | ((point >> (6 * i)) & 0x3f)));
  }
  return out;
}

TEST_CASE("ByteaIsShownAsHex") {
  REQUIRE(hex("") == "\\x");
  REQUIRE(hex(std::string_view("\x0a\xff\x00z", 4)) == "\\x0aff007a");
}

TEST_CASE("ByteaReadsHex") {
  REQUIRE(*parse_bytea("\\x") == "");
  REQUIRE(*parse_bytea("\\x0aFf") == "\x0a\xff");
  REQUIRE(*parse_bytea("\\x 0a\nff ") == "\x0a\xff");
  for (const char* text : {"\\x0", "\\xzz", "\\x0 a", "\\x0g"}) {
    REQUIRE(parse_bytea(text).error() ==
            bad_data("cannot read '" + std::string(text) + "' as bytea"));
  }
}

TEST_CASE("ByteaReadsTheEscapeForm") {
  REQUIRE(*parse_bytea("abc ") == "abc ");
  REQUIRE(*parse_bytea("a\\\\b") == "a\\b");
  REQUIRE(*parse_bytea("\\001\\134\\377") == "\x01\\\xff");
  for (const char* text : {"\\", "\\1", "\\400", "\\08", "\\X0a"}) {
    INFO(text);
    REQUIRE_FALSE(parse_bytea(text).ok());
  }
}

TEST_CASE("Base64HasTheVectorsOfItsStandard") {
  constexpr std::pair<std::string_view, std::string_view> kVectors[] = {{"", ""},
                                                                        {"f", "Zg=="},
                                                                        {"fo", "Zm8="},
                                                                        {"foo", "Zm9v"},
                                                                        {"foob", "Zm9vYg=="},
                                                                        {"fooba", "Zm9vYmE="},
                                                                        {"foobar", "Zm9vYmFy"},
                                                                        {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : kVectors) {
    REQUIRE(base64(bytes) == text);
    REQUIRE(*parse_base64(text) == bytes);
  }
}

TEST_CASE("Base64RefusesWhatNoWriterWrites") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm8=Zm8=",
                           "Zm-v", "Zm 9v", "=Zm9"}) {
    INFO(text);
    REQUIRE(parse_base64(text).error() ==
            bad_data("cannot read '" + std::string(text) + "' as base64"));
  }
}

TEST_CASE("BytesThatWereShownReadBack") {
  std::mt19937 dice(31);
  for (size_t size = 0; size < 200; ++size) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(dice()));
    REQUIRE(*parse_bytea(hex(bytes)) == bytes);
    REQUIRE(*parse_base64(base64(bytes)) == bytes);
  }
}

TEST_CASE("EveryCodePointIsUtf8InItsShortestFormOnly") {
  for (uint32_t point = 0; point < 0x110000; ++point) {
    const int shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (is_utf8(encoded(point, shortest)) == surrogate) FAIL("code point " << point);
    for (int size = shortest + 1; size <= 4; ++size) {
      if (is_utf8(encoded(point, size))) FAIL("code point " << point << " in bytes " << size);
    }
  }
  REQUIRE_FALSE(is_utf8(encoded(0x110000, 4)));
  REQUIRE_FALSE(is_utf8("\xf8\x88\x80\x80\x80"));
}

TEST_CASE("CutCharactersAreNotUtf8AtAnyPlace") {
  for (const std::string& character : {encoded(0xe9, 2), encoded(0x20ac, 3), encoded(0x1f600, 4)}) {
    for (size_t before = 0; before < 36; ++before) {
      const std::string text = std::string(before, 'x') + character;
      REQUIRE(is_utf8(text));
      REQUIRE(is_utf8(text + std::string(20, 'y')));
      for (size_t cut = 1; cut < character.size(); ++cut) {
        REQUIRE_FALSE(is_utf8(text.substr(0, before + cut)));
        REQUIRE_FALSE(is_utf8(text.substr(0, before + cut) + std::string(20, 'y')));
        REQUIRE_FALSE(is_utf8(std::string(before, 'x') + character.substr(cut)));
      }
    }
  }
}

}  // namespace
}  // namespace weir
