#include "engine/data/text_scan.h"

#include "engine/data/text_form.h"

#include <fmt/format.h>

#include <charconv>

namespace weir::text_scan {
namespace {

constexpr size_t kShownBytesMax = 64;
constexpr int64_t kHoursMax = int64_t{1} << 32;  // More overflow an interval anyway.

// The start of a text that may hold anything, as it can stand in a message: cut between characters,
// printable.
std::string shown(std::string_view text) {
  std::string_view cut = text.substr(0, kShownBytesMax);
  if (cut.size() < text.size()) {
    const auto is_continuation = [](char c) { return (c & 0xc0) == 0x80; };
    size_t end = cut.size();
    while (end > 0 && cut.size() - end < 3 && is_continuation(text[end])) --end;
    cut = text.substr(0, end);
  }
  const bool readable = is_utf8(cut);
  std::string out(cut);
  for (char& c : out) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !readable)) c = '?';
  }
  if (cut.size() < text.size()) out += "...";
  return out;
}

}  // namespace

bool equals_folded(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + 0x20 : c) != lower[i]) return false;
  }
  return true;
}

Error unreadable(std::string_view text, std::string_view type) {
  return bad_data(fmt::format("cannot read '{}' as {}", shown(text), type));
}

Error out_of_range(std::string_view text, std::string_view type) {
  return bad_data(fmt::format("'{}' is out of range for {}", shown(text), type));
}

std::string_view Cursor::take_digits() {
  const char* start = next_;
  while (!at_end() && is_digit(*next_)) ++next_;
  return {start, static_cast<size_t>(next_ - start)};
}

std::string_view Cursor::take_letters() {
  const char* start = next_;
  while (!at_end() && is_letter(*next_)) ++next_;
  return {start, static_cast<size_t>(next_ - start)};
}

bool to_number(std::string_view digits, int64_t max, int64_t& number) {
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, number);
  return read.ec == std::errc() && read.ptr == end && number <= max;
}

int64_t fraction_micros(std::string_view digits) {
  int64_t micros = 0;
  for (size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return micros + (digits.size() > 6 && digits[6] >= '5' ? 1 : 0);
}

void append_padded(std::string& out, int64_t number, int width) {
  char digits[20];
  int size = 0;
  for (; number > 0 || size < width; number /= 10) {
    digits[size++] = static_cast<char>('0' + number % 10);
  }
  while (size > 0) out.push_back(digits[--size]);
}

void append_fraction(std::string& out, int64_t micros) {
  if (micros == 0) return;
  int width = 6;
  for (; micros % 10 == 0; micros /= 10) --width;
  out.push_back('.');
  append_padded(out, micros, width);
}

bool take_clock_time(Cursor& cursor, bool minutes_first, ClockTime& time) {
  if (!to_number(cursor.take_digits(), kHoursMax, time.hours)) return false;
  if (!cursor.take(':')) return false;
  if (!to_number(cursor.take_digits(), 99, time.minutes)) return false;
  time.seconds = 0;
  time.micros = 0;
  const bool has_seconds = cursor.take(':');
  if (has_seconds && !to_number(cursor.take_digits(), 99, time.seconds)) return false;
  if (!has_seconds && !minutes_first) return true;
  if (!cursor.take('.')) return true;
  time.micros = fraction_micros(cursor.take_digits());
  if (has_seconds) return true;
  time.seconds = time.minutes;  // "mm:ss.f"
  time.minutes = time.hours;
  time.hours = 0;
  return true;
}

}  // namespace weir::text_scan
