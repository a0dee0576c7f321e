// What the parsers of text_form.h share: how white space is skipped, how small numbers are read,
// what errors say. Private to the text_form*.cc files.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::text_scan {

inline bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
inline bool is_letter(char c) { return static_cast<unsigned char>((c | 0x20) - 'a') < 26; }

inline std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Whether `text` is `lower` but for the case of ASCII letters. REQUIRES: `lower` is in lower case.
bool equals_folded(std::string_view text, std::string_view lower);

// "cannot read 'abc' as bigint", the text cut to 64 bytes and made printable.
Error unreadable(std::string_view text, std::string_view type);
// "'99999999999' is out of range for integer".
Error out_of_range(std::string_view text, std::string_view type);

// A place in a text, moving right.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : next_(text.data()), end_(text.data() + text.size()) {}

  bool at_end() const { return next_ == end_; }
  char peek() const { return at_end() ? '\0' : *next_; }
  bool take(char c) {
    if (at_end() || *next_ != c) return false;
    ++next_;
    return true;
  }
  void skip_spaces() {
    while (!at_end() && is_space(*next_)) ++next_;
  }
  std::string_view rest() const { return {next_, static_cast<size_t>(end_ - next_)}; }

  // All digits that follow, possibly none.
  std::string_view take_digits();
  // All letters that follow, possibly none.
  std::string_view take_letters();

 private:
  const char* next_;
  const char* end_;
};

// The number that digits stand for. False where it exceeds `max` or where there is no digit.
bool to_number(std::string_view digits, int64_t max, int64_t& number);

// The fraction of a second that the digits behind its point stand for, rounded to microseconds: 0
// to 1,000,000.
int64_t fraction_micros(std::string_view digits);

// Appends `number`, padded with zeros to at least `width` digits. REQUIRES: number >= 0.
void append_padded(std::string& out, int64_t number, int width);

// Appends ".5" for 500,000 and nothing for 0. REQUIRES: 0 <= micros < 1,000,000.
void append_fraction(std::string& out, int64_t micros);

// "hh:mm", "hh:mm:ss", "hh:mm:ss.f" or, if `minutes_first`, also "mm:ss.f", as microseconds;
// whether the numbers stay within a day is for the caller. False where the text does not go on like
// that.
struct ClockTime {
  int64_t hours = 0;
  int64_t minutes = 0;
  int64_t seconds = 0;
  int64_t micros = 0;  // 0 to 1,000,000.
};
bool take_clock_time(Cursor& cursor, bool minutes_first, ClockTime& time);

}  // namespace weir::text_scan
