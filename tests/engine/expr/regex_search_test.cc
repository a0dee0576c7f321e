// RegexSearch finds what RE2 alone finds, whatever short cut it takes: compared over every text of
// a small alphabet up to a length, for every start.
#include "engine/expr/regex_search.h"

#include "engine/expr/regex_pattern.h"

#include <catch2/catch.hpp>

#include <array>

namespace weir {
namespace {

constexpr size_t kGroups = 3;
using Groups = std::array<re2::StringPiece, kGroups>;

// Every text of these letters with up to `size_max` of them.
std::vector<std::string> all_texts(std::string_view letters, size_t size_max) {
  std::vector<std::string> texts = {""};
  for (size_t first = 0; texts.back().size() < size_max;) {
    const size_t last = texts.size();
    for (; first < last; ++first) {
      for (const char letter : letters) texts.push_back(texts[first] + letter);
    }
  }
  return texts;
}

bool same_groups(const Groups& a, const Groups& b, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (a[i].data() != b[i].data() || a[i].size() != b[i].size()) return false;
  }
  return true;
}

// A text and a start for which the two differ; empty if there is none.
std::string difference(const std::string& pattern, const std::vector<std::string>& texts) {
  const auto regex = std::move(compile_regex(pattern, false)).value();
  const RegexSearch search = std::move(RegexSearch::compile(pattern, false)).value();
  for (const std::string& text : texts) {
    for (size_t start = 0; start <= text.size(); ++start) {
      for (const size_t count : {size_t{0}, size_t{1}, kGroups}) {
        Groups ours;
        Groups theirs;
        const bool found = search.find(text, start, {ours.data(), count});
        const bool expected = regex->Match(text, start, text.size(), re2::RE2::UNANCHORED,
                                           theirs.data(), static_cast<int>(count));
        if (found != expected || (found && !same_groups(ours, theirs, count))) {
          return pattern + " in \"" + text + "\" from " + std::to_string(start);
        }
      }
    }
  }
  return "";
}

}  // namespace

TEST_CASE("TheMatchIsThatOfTheWholeSearch") {
  const std::vector<std::string> texts = all_texts("abc", 7);
  for (const char* pattern :
       {"ab",        "(a|^)b(c*)", "^ab",          "ab$",           "a*bc",
        "(a|b)*abc", "(aa|a)b",    "(aa|a|aaa)bc", ".?ab",          "..?bc",
        "a?a?a?bc",  "(ab|abc)ca", "\\yab",        "ab\\Y",         "a{2}b",
        "a{0,2}b+c", "(b)?ac",     "(a+?)b(c*?)",  "[ab]c",         "(bc|c)a*$",
        "a.*bc",     "(ab)+c",     "b|",           "(a|ab)(c|bcc)", "abcabc"}) {
    CHECK(difference(pattern, texts).empty());
  }
}

TEST_CASE("CharactersOfSeveralBytesAreNotCut") {
  const std::vector<std::string> texts = {"éab", "aéb", "ééab", "éé", "abéab", "日本ab日", ""};
  for (const char* pattern : {".ab", ".?ab", "é?ab", "[^a]ab", "(^|.)é", "日*ab", "."}) {
    CHECK(difference(pattern, texts).empty());
  }
}

TEST_CASE("CaseCanBeIgnored") {
  const RegexSearch search = std::move(RegexSearch::compile("abc", true)).value();
  CHECK(search.find("xABc", 0, {}));
  CHECK_FALSE(search.find("xAB", 0, {}));
}

TEST_CASE("NothingIsFoundBehindTheEnd") {
  const RegexSearch search = std::move(RegexSearch::compile("", false)).value();
  CHECK(search.find("ab", 2, {}));
  CHECK_FALSE(search.find("ab", 3, {}));
}

}  // namespace weir
