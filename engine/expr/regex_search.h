// A compiled regular expression that looks for the leftmost match, and for the text that every
// match must hold before that.
//
// RE2 takes a few hundred nanoseconds to find a match with its groups; a text is found in a few.
// Immutable; may be used by several threads.
#pragma once

#include "engine/base/status.h"
#include "engine/expr/regex_literal.h"

#include <re2/re2.h>

#include <memory>
#include <span>
#include <string_view>

namespace weir {

class RegexSearch {
 public:
  // As compile_regex, whose errors it has.
  static Result<RegexSearch> compile(std::string_view pattern, bool ignore_case);

  int group_count() const { return regex_->NumberOfCapturingGroups(); }

  // The leftmost match that begins at byte `start` or behind it, and its groups, as many as there
  // is room for: the match itself first. What stands in front of `start` still counts for ^ and \b.
  bool find(std::string_view text, size_t start, std::span<re2::StringPiece> groups) const;

 private:
  RegexSearch(std::unique_ptr<re2::RE2> regex, RequiredLiteral literal);

  bool match(std::string_view text, size_t start, re2::RE2::Anchor anchor,
             std::span<re2::StringPiece> groups) const;

  std::unique_ptr<re2::RE2> regex_;
  RequiredLiteral literal_;
};

}  // namespace weir
