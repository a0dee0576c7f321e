#include "engine/expr/utf8.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string lowered(std::string_view text) {
  std::string out;
  append_lower(out, text);
  return out;
}

std::string raised(std::string_view text) {
  std::string out;
  append_upper(out, text);
  return out;
}

}  // namespace

TEST_CASE("CharactersAreCountedNotBytes") {
  CHECK(count_chars("") == 0);
  CHECK(count_chars("abc") == 3);
  CHECK(count_chars("aé€😀") == 4);
  CHECK(char_offset("aé€😀b", 0) == 0);
  CHECK(char_offset("aé€😀b", 2) == 3);
  CHECK(char_offset("aé€😀b", 4) == 10);
  CHECK(char_offset("aé€😀b", 5) == 11);
  CHECK(char_offset("aé€😀b", 99) == 11);
  CHECK(is_ascii("plain text of more than eight bytes"));
  CHECK_FALSE(is_ascii("plain text of more thén eight bytes"));
  CHECK_FALSE(is_ascii("é"));
}

TEST_CASE("CaseChangesInLatinGreekCyrillicAndArmenian") {
  CHECK(lowered("ABC xyz ÀÉØ ĀŽŸ ΑΩΣ ЀЖЯ ԱՖ 1€😀") == "abc xyz àéø āžÿ αωσ ѐжя աֆ 1€😀");
  CHECK(raised("abc XYZ àéø āžÿ αωσς ѐжя աֆ 1€😀") == "ABC XYZ ÀÉØ ĀŽŸ ΑΩΣΣ ЀЖЯ ԱՖ 1€😀");
  CHECK(raised("ßı") == "ßI");
  CHECK(lowered("×÷") == "×÷");
}

}  // namespace weir
