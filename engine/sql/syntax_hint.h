// What a syntax error probably meant: the usual slips of people who come from other dialects, with
// the right form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

// REQUIRES: the parser stopped at byte `offset` of `text`. Absent: nothing to add to its message.
std::optional<std::string> syntax_hint(std::string_view text, size_t offset);

// Bytes of the longest statement: the longest stretch between semicolons outside quotes and
// comments.
size_t longest_statement(std::string_view text);

}  // namespace weir
