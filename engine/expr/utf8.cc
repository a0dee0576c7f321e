#include "engine/expr/utf8.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080ULL;

// Capital letters from `first` to `last`, every `stride`-th; each one's small letter is `distance`
// further.
struct CaseRange {
  uint16_t first;
  uint16_t last;
  int16_t distance;
  uint16_t stride;
};

constexpr CaseRange kCapitals[] = {
    {0xc0, 0xd6, 32, 1},   {0xd8, 0xde, 32, 1},   {0x100, 0x12e, 1, 2},    {0x132, 0x136, 1, 2},
    {0x139, 0x147, 1, 2},  {0x14a, 0x176, 1, 2},  {0x178, 0x178, -121, 1}, {0x179, 0x17d, 1, 2},
    {0x370, 0x372, 1, 2},  {0x376, 0x376, 1, 1},  {0x386, 0x386, 38, 1},   {0x388, 0x38a, 37, 1},
    {0x38c, 0x38c, 64, 1}, {0x38e, 0x38f, 63, 1}, {0x391, 0x3a1, 32, 1},   {0x3a3, 0x3ab, 32, 1},
    {0x3d8, 0x3ee, 1, 2},  {0x400, 0x40f, 80, 1}, {0x410, 0x42f, 32, 1},   {0x460, 0x480, 1, 2},
    {0x48a, 0x4be, 1, 2},  {0x4c0, 0x4c0, 15, 1}, {0x4c1, 0x4cd, 1, 2},    {0x4d0, 0x52e, 1, 2},
    {0x531, 0x556, 48, 1},
};

// Small letters that share their capital with another one.
struct OneWay {
  uint16_t small;
  uint16_t capital;
};
constexpr OneWay kOnlyUp[] = {{0xb5, 0x39c}, {0x131, 0x49}, {0x17f, 0x53}, {0x3c2, 0x3a3}};

bool in_range(int code, int first, int last, int stride) {
  return code >= first && code <= last && (code - first) % stride == 0;
}

int lower_of(int code) {
  for (const CaseRange& range : kCapitals) {
    if (in_range(code, range.first, range.last, range.stride)) return code + range.distance;
  }
  return code;
}

int upper_of(int code) {
  for (const OneWay& pair : kOnlyUp) {
    if (pair.small == code) return pair.capital;
  }
  for (const CaseRange& range : kCapitals) {
    if (in_range(code - range.distance, range.first, range.last, range.stride)) {
      return code - range.distance;
    }
  }
  return code;
}

// Below U+0800, where all letters with a known counterpart are.
void append_code(std::string& out, int code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  out += static_cast<char>(0xc0 | (code >> 6));
  out += static_cast<char>(0x80 | (code & 0x3f));
}

template <typename Ascii, typename Wide>
void append_cased(std::string& out, std::string_view text, Ascii&& ascii, Wide&& wide) {
  if (is_ascii(text)) {
    const size_t before = out.size();
    out.resize(before + text.size());
    char* to = out.data() + before;
    for (size_t i = 0; i < text.size(); ++i) to[i] = ascii(text[i]);
    return;
  }
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const size_t size = char_bytes(c);
    if (size == 1) {
      out += ascii(c);
    } else if (size == 2) {
      append_code(out, wide(((c & 0x1f) << 6) | (text[at + 1] & 0x3f)));
    } else {
      out.append(text, at, size);
    }
    at += size;
  }
}

}  // namespace

bool is_ascii(std::string_view text) {
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighBits) != 0) return false;
  }
  for (; at < text.size(); ++at) {
    if (static_cast<unsigned char>(text[at]) >= 0x80) return false;
  }
  return true;
}

size_t count_chars(std::string_view text) {
  size_t chars = 0;
  for (const char c : text) chars += is_continuation(c) ? 0 : 1;
  return chars;
}

size_t char_offset(std::string_view text, size_t index) {
  if (index >= text.size()) return text.size();
  if (is_ascii(text.substr(0, index))) return index;
  size_t at = 0;
  for (; index != 0 && at < text.size(); --index) at += char_bytes(text[at]);
  return std::min(at, text.size());
}

void append_lower(std::string& out, std::string_view text) {
  append_cased(
      out, text,
      [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; },
      lower_of);
}

void append_upper(std::string& out, std::string_view text) {
  append_cased(
      out, text,
      [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; },
      upper_of);
}

}  // namespace weir
