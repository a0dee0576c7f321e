#include "engine/expr/regex_search.h"

#include "engine/expr/regex_pattern.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

// A search for the beginning costs more than this many tries at given places.
constexpr size_t kTriesMax = 2;

constexpr size_t kNowhere = std::string_view::npos;

size_t find_text(std::string_view text, size_t start, std::string_view part) {
  if (start > text.size()) return kNowhere;
  const void* found = memmem(text.data() + start, text.size() - start, part.data(), part.size());
  if (found == nullptr) return kNowhere;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

RegexSearch::RegexSearch(std::unique_ptr<re2::RE2> regex, RequiredLiteral literal)
    : regex_(std::move(regex)), literal_(std::move(literal)) {}

Result<RegexSearch> RegexSearch::compile(std::string_view pattern, bool ignore_case) {
  std::unique_ptr<re2::RE2> regex = TRY(compile_regex(pattern, ignore_case));
  RequiredLiteral literal;
  if (!ignore_case) literal = required_literal(regex->pattern());
  return RegexSearch(std::move(regex), std::move(literal));
}

bool RegexSearch::match(std::string_view text, size_t start, re2::RE2::Anchor anchor,
                        std::span<re2::StringPiece> groups) const {
  return regex_->Match({text.data(), text.size()}, start, text.size(), anchor, groups.data(),
                       static_cast<int>(groups.size()));
}

// With the text first found at byte p, and between a and b bytes of the match in front of it, no
// match begins before p - b; and one that begins up to p - a is the leftmost.
bool RegexSearch::find(std::string_view text, size_t start,
                       std::span<re2::StringPiece> groups) const {
  if (start > text.size()) return false;
  if (literal_.empty()) return match(text, start, re2::RE2::UNANCHORED, groups);
  const size_t at = find_text(text, start + literal_.before_min, literal_.text);
  if (at == kNowhere) return false;
  if (literal_.whole && groups.size() <= 1) {
    if (!groups.empty()) groups[0] = {text.data() + at, literal_.text.size()};
    return true;
  }
  const size_t first = literal_.before_max > at ? start : std::max(start, at - literal_.before_max);
  const size_t last = at - literal_.before_min;
  if (last - first >= kTriesMax) return match(text, first, re2::RE2::UNANCHORED, groups);
  for (size_t from = first; from <= last; ++from) {
    if (match(text, from, re2::RE2::ANCHOR_START, groups)) return true;
  }
  return match(text, last + 1, re2::RE2::UNANCHORED, groups);
}

}  // namespace weir
