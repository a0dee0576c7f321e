// PostgreSQL's regular expressions on RE2, which matches in linear time but has no look-around and
// no back-references.
#pragma once

#include "engine/base/status.h"

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

namespace weir {

struct RegexFlags {
  bool ignore_case = false;  // i
  bool global = false;       // g
};

// "gi" and their kin; kUser error for flags that are not supported.
Result<RegexFlags> read_regex_flags(std::string_view flags, bool allow_global);

// The pattern in RE2's syntax; kUser error with the reason if RE2 has nothing that means the same.
Result<std::string> translate_regex(std::string_view pattern);

// As PostgreSQL finds the longest of the leftmost matches, so does this, except where the pattern
// has a non-greedy quantifier, which then makes alternatives be tried in their order, as Perl does.
Result<std::unique_ptr<re2::RE2>> compile_regex(std::string_view pattern, bool ignore_case);

}  // namespace weir
