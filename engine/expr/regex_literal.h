// A text that stands in every match of a regular expression: where it is missing there is no match,
// and where it is found the match begins near it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

inline constexpr size_t kUnbounded = ~size_t{0};

struct RequiredLiteral {
  std::string text;       // Empty: none was found.
  size_t before_min = 0;  // Bytes of a match in front of the text: the fewest
  size_t before_max = 0;  // and the most, or kUnbounded.
  bool whole = false;     // The text is all that the expression matches.

  bool empty() const { return text.empty(); }
};

// `pattern` is in RE2's syntax and matches with case. Never wrong: it gives up on what it does not
// know.
RequiredLiteral required_literal(std::string_view pattern);

}  // namespace weir
