// Characters of UTF-8 text, which is known to be valid: counting them, finding the n-th, and
// changing their case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Bytes of the character that starts with `first`.
inline size_t char_bytes(char first) {
  const unsigned char byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}

bool is_ascii(std::string_view text);
size_t count_chars(std::string_view text);

// Where the character number `index` (from 0) starts; the text's size if there are not so many.
size_t char_offset(std::string_view text, size_t index);

// Appends the text in lower or upper case, one character for one: the letters of ASCII, Latin-1,
// Latin Extended-A, Greek, Cyrillic and Armenian. Other characters stay as they are.
void append_lower(std::string& out, std::string_view text);
void append_upper(std::string& out, std::string_view text);

}  // namespace weir
