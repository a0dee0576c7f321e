#include "engine/data/text_form.h"
#include "engine/data/text_scan.h"

#include <array>
#include <cstring>

namespace weir {

using text_scan::is_space;
using text_scan::trim;
using text_scan::unreadable;

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The value of each character as a digit; -1 where it is none.
constexpr std::array<int8_t, 256> make_values(std::string_view digits) {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < digits.size(); ++i) {
    values[static_cast<unsigned char>(digits[i])] = static_cast<int8_t>(i);
  }
  return values;
}

constexpr std::array<int8_t, 256> make_hex_values() {
  std::array<int8_t, 256> values = make_values(kHexDigits);
  for (int i = 0; i < 6; ++i) values['A' + i] = static_cast<int8_t>(10 + i);
  return values;
}

constexpr std::array<int8_t, 256> kHexValues = make_hex_values();
constexpr std::array<int8_t, 256> kBase64Values = make_values(kBase64Digits);

Result<std::string> parse_hex(std::string_view text, std::string_view digits) {
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (size_t i = 0; i < digits.size();) {
    if (is_space(digits[i])) {  // Allowed between bytes, not within one.
      ++i;
      continue;
    }
    if (i + 1 == digits.size()) return unreadable(text, "bytea");
    const int8_t high = kHexValues[static_cast<unsigned char>(digits[i])];
    const int8_t low = kHexValues[static_cast<unsigned char>(digits[i + 1])];
    if (high < 0 || low < 0) return unreadable(text, "bytea");
    bytes.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return bytes;
}

// Bytes stand for themselves but for the backslash, which is doubled or begins three octal digits.
Result<std::string> parse_escaped(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes.push_back(text[i]);
      continue;
    }
    const std::string_view rest = text.substr(i + 1);
    const auto is_octal = [rest](size_t at, char max) {
      return at < rest.size() && rest[at] >= '0' && rest[at] <= max;
    };
    if (rest.starts_with('\\')) {
      bytes.push_back('\\');
      i += 1;
    } else if (is_octal(0, '3') && is_octal(1, '7') && is_octal(2, '7')) {
      bytes.push_back(
          static_cast<char>((rest[0] - '0') * 64 + (rest[1] - '0') * 8 + (rest[2] - '0')));
      i += 3;
    } else {
      return unreadable(text, "bytea");
    }
  }
  return bytes;
}

// The bytes of the character at `at` if it is longer than one byte and well-formed; 0 otherwise.
size_t wide_character_size(const unsigned char* at, size_t left) {
  const auto continues = [&](size_t i) { return (at[i] & 0xc0) == 0x80; };
  const unsigned char first = at[0];
  if (first >= 0xc2 && first <= 0xdf) return left >= 2 && continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (left < 3 || !continues(1) || !continues(2)) return 0;
    if (first == 0xe0 && at[1] < 0xa0) return 0;   // Overlong.
    if (first == 0xed && at[1] >= 0xa0) return 0;  // A surrogate.
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (left < 4 || !continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xf0 && at[1] < 0x90) return 0;   // Overlong.
    if (first == 0xf4 && at[1] >= 0x90) return 0;  // Beyond U+10FFFF.
    return 4;
  }
  return 0;
}

}  // namespace

void append_bytea_hex(std::string& out, std::string_view bytes) {
  out += "\\x";
  for (const char c : bytes) {
    const unsigned char byte = static_cast<unsigned char>(c);
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
}

void append_base64(std::string& out, std::string_view bytes) {
  const auto byte_at = [bytes](size_t i) -> uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t group = (byte_at(i) << 16) | (byte_at(i + 1) << 8) | byte_at(i + 2);
    out.push_back(kBase64Digits[group >> 18]);
    out.push_back(kBase64Digits[(group >> 12) & 63]);
    out.push_back(i + 1 < bytes.size() ? kBase64Digits[(group >> 6) & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? kBase64Digits[group & 63] : '=');
  }
}

Result<std::string> parse_bytea(std::string_view text) {
  if (text.starts_with("\\x")) return parse_hex(text, text.substr(2));
  return parse_escaped(text);
}

// Padding is required; white space between groups is not allowed, since no JSON writer puts any
// there.
Result<std::string> parse_base64(std::string_view text) {
  std::string_view digits = trim(text);
  if (digits.size() % 4 != 0) return unreadable(text, "base64");
  size_t padding = 0;
  for (; padding < 2 && digits.ends_with('='); ++padding) digits.remove_suffix(1);
  std::string bytes;
  bytes.reserve(digits.size() / 4 * 3 + 2);
  uint32_t group = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int8_t value = kBase64Values[static_cast<unsigned char>(digits[i])];
    if (value < 0) return unreadable(text, "base64");
    group = (group << 6) | static_cast<uint32_t>(value);
    if (i % 4 == 0) continue;  // Six bits of the next byte so far.
    const int spare = 6 - 2 * static_cast<int>(i % 4);
    bytes.push_back(static_cast<char>((group >> spare) & 0xff));
  }
  // The bits behind the last byte are zero, so that a value has one text only.
  if (padding != 0 && (group & ((1U << (2 * padding)) - 1)) != 0) return unreadable(text, "base64");
  return bytes;
}

bool is_utf8(std::string_view bytes) {
  constexpr uint64_t kHighBits = 0x8080808080808080ULL;
  const unsigned char* next = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  while (left > 0) {
    if (left >= 16) {
      uint64_t words[2];
      std::memcpy(words, next, sizeof words);
      if (((words[0] | words[1]) & kHighBits) == 0) {
        next += 16;
        left -= 16;
        continue;
      }
    }
    const size_t size = *next < 0x80 ? 1 : wide_character_size(next, left);
    if (size == 0) return false;
    next += size;
    left -= size;
  }
  return true;
}

}  // namespace weir
