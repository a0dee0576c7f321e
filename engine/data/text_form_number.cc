#include "engine/data/decimal.h"
#include "engine/data/text_form.h"
#include "engine/data/text_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace weir {

using text_scan::Cursor;
using text_scan::is_digit;
using text_scan::out_of_range;
using text_scan::to_number;
using text_scan::trim;
using text_scan::unreadable;

namespace {

constexpr uint64_t kTenTo18 = 1'000'000'000'000'000'000ULL;

std::string numeric_name(int precision, int scale) {
  return fmt::format("numeric({},{})", precision, scale);
}

// Writes the digits of a magnitude right-aligned before `end` and returns where they start.
char* digits_before(char* end, Uint128 magnitude) {
  while (magnitude > std::numeric_limits<uint64_t>::max()) {
    uint64_t part = static_cast<uint64_t>(magnitude % kTenTo18);
    magnitude /= kTenTo18;
    for (int i = 0; i < 18; ++i, part /= 10) *--end = static_cast<char>('0' + part % 10);
  }
  uint64_t rest = static_cast<uint64_t>(magnitude);
  do {
    *--end = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  return end;
}

// A decimal number taken apart.
struct DecimalText {
  bool negative = false;
  std::string_view whole;     // Digits before the point.
  std::string_view fraction;  // Digits behind it.
  int64_t exponent = 0;

  size_t size() const { return whole.size() + fraction.size(); }
  char digit(size_t i) const { return i < whole.size() ? whole[i] : fraction[i - whole.size()]; }
};

// False where the text is not a number. An exponent beyond a billion counts as a billion.
bool split_decimal(std::string_view text, DecimalText& parts) {
  constexpr int64_t kExponentMax = 1'000'000'000;
  Cursor cursor(text);
  parts.negative = cursor.take('-');
  if (!parts.negative) cursor.take('+');
  parts.whole = cursor.take_digits();
  if (cursor.take('.')) parts.fraction = cursor.take_digits();
  if (parts.size() == 0) return false;
  if (cursor.take('e') || cursor.take('E')) {
    const bool negative = cursor.take('-');
    if (!negative) cursor.take('+');
    const std::string_view digits = cursor.take_digits();
    if (digits.empty()) return false;
    if (!to_number(digits, kExponentMax, parts.exponent)) parts.exponent = kExponentMax;
    if (negative) parts.exponent = -parts.exponent;
  }
  return cursor.at_end();
}

// The value at the scale, for any number of digits and any exponent. Absent where it exceeds the
// precision.
std::optional<Int128> round_decimal(const DecimalText& parts, int precision, int scale) {
  size_t first = 0;
  while (first < parts.size() && parts.digit(first) == '0') ++first;
  if (first == parts.size()) return Int128{0};
  // Digits from `first` to `end` are left of the scale's last place or on it.
  const int64_t end = static_cast<int64_t>(parts.whole.size()) + parts.exponent + scale;
  const int64_t count = end - static_cast<int64_t>(first);
  if (count < 0) return Int128{0};
  if (count > kNumericPrecisionMax) return std::nullopt;
  Int128 value = 0;
  for (int64_t i = static_cast<int64_t>(first); i < end; ++i) {
    const size_t at = static_cast<size_t>(i);
    value = value * 10 + (at < parts.size() ? parts.digit(at) - '0' : 0);
  }
  const size_t dropped = static_cast<size_t>(end);
  if (dropped < parts.size() && parts.digit(dropped) >= '5') ++value;
  if (!fits_precision(value, precision)) return std::nullopt;
  return parts.negative ? -value : value;
}

Result<Int128> parse_numeric_slowly(std::string_view text, int precision, int scale) {
  DecimalText parts;
  if (!split_decimal(trim(text), parts)) {
    return unreadable(text, numeric_name(precision, scale));
  }
  const std::optional<Int128> value = round_decimal(parts, precision, scale);
  if (!value) return out_of_range(text, numeric_name(precision, scale));
  return *value;
}

template <typename T>
Result<T> parse_whole(std::string_view text, std::string_view type) {
  std::string_view digits = trim(text);
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
    if (digits.starts_with('-')) return unreadable(text, type);
  }
  T value = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value);
  if (read.ec == std::errc::invalid_argument || read.ptr != end) return unreadable(text, type);
  if (read.ec != std::errc()) return out_of_range(text, type);
  return value;
}

// The words for doubles that are not finite; absent where `word` is none of them.
std::optional<double> special_double(std::string_view word) {
  if (text_scan::equals_folded(word, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool negative = word.starts_with('-');
  if (negative || word.starts_with('+')) word.remove_prefix(1);
  if (!text_scan::equals_folded(word, "infinity") && !text_scan::equals_folded(word, "inf")) {
    return std::nullopt;
  }
  const double infinity = std::numeric_limits<double>::infinity();
  return negative ? -infinity : infinity;
}

// Whether d.ddd * 10^exponent lies exactly half-way between `magnitude` and one of its neighbours,
// so that only the tie rule makes it read back as `magnitude`. Such a text is not taken, as
// PostgreSQL does not take it. Half-way points with 17 digits or fewer are whole numbers; those
// beyond 2^126 are let pass, since ties round to even everywhere.
bool is_halfway(double magnitude, std::string_view digits, int exponent) {
  if (magnitude < 0x1p53 || magnitude >= 0x1p126) return false;
  Int128 value = 0;
  int places = -1;
  for (const char c : digits) {
    if (!is_digit(c)) continue;
    value = value * 10 + (c - '0');
    ++places;
  }
  if (places > exponent) return false;
  value *= power_of_ten(exponent - places);
  const double above = std::nextafter(magnitude, std::numeric_limits<double>::infinity());
  const double below = std::nextafter(magnitude, 0.0);
  const Int128 twice = 2 * value;
  const Int128 exact = static_cast<Int128>(magnitude);
  return twice == exact + static_cast<Int128>(above) || twice == exact + static_cast<Int128>(below);
}

}  // namespace

void append_integer(std::string& out, int64_t value) {
  char digits[20];
  const auto written = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, written.ptr);
}

void append_numeric(std::string& out, Int128 value, int scale) {
  CHECK(scale >= 0);
  CHECK(scale <= 2 * kNumericPrecisionMax);
  constexpr size_t kSizeMax = 2 * kNumericPrecisionMax + 4;
  char digits[kSizeMax];
  char* const end = digits + kSizeMax;
  const Uint128 bits = static_cast<Uint128>(value);
  char* start = digits_before(end, value < 0 ? -bits : bits);
  while (end - start <= scale) *--start = '0';  // At least one digit before the point.
  if (value < 0) out.push_back('-');
  out.append(start, end - scale);
  if (scale == 0) return;
  out.push_back('.');
  out.append(end - scale, end);
}

void append_double(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::signbit(value)) out.push_back('-');
  const double magnitude = std::abs(value);
  if (std::isinf(magnitude)) {
    out += "Infinity";
    return;
  }
  char text[32];  // "d.ddde+dd" with as many digits as it takes.
  const auto format = std::chars_format::scientific;
  char* end = std::to_chars(text, text + sizeof text, magnitude, format).ptr;
  char* mark = std::find(text, end, 'e');
  int exponent = 0;
  std::from_chars(mark + (mark[1] == '+' ? 2 : 1), end, exponent);
  if (is_halfway(magnitude, {text, mark}, exponent)) {
    int places = std::max(static_cast<int>(mark - text) - 2, 0);
    do {  // A zero at the end says that it is still the same number.
      end = std::to_chars(text, text + sizeof text, magnitude, format, ++places).ptr;
      mark = std::find(text, end, 'e');
    } while (mark[-1] == '0');
  }
  if (exponent < -4 || exponent >= 15) {
    out.append(text, end);
    return;
  }
  if (mark - text > 1) mark = std::copy(text + 2, mark, text + 1);  // Drops the point.
  const int digits = static_cast<int>(mark - text);
  if (exponent < 0) {
    out.append("0.").append(static_cast<size_t>(-exponent - 1), '0').append(text, mark);
  } else if (digits <= exponent + 1) {
    out.append(text, mark).append(static_cast<size_t>(exponent + 1 - digits), '0');
  } else {
    out.append(text, text + exponent + 1).append(".").append(text + exponent + 1, mark);
  }
}

Result<int32_t> parse_int(std::string_view text) { return parse_whole<int32_t>(text, "integer"); }

Result<int64_t> parse_bigint(std::string_view text) { return parse_whole<int64_t>(text, "bigint"); }

Result<double> parse_double(std::string_view text) {
  constexpr std::string_view kType = "double precision";
  std::string_view number = trim(text);
  const std::string_view word = number;
  if (number.starts_with('+')) number.remove_prefix(1);
  const size_t first = number.starts_with('-') && number.size() == word.size() ? 1 : 0;
  const bool numeric = first < number.size() && (is_digit(number[first]) || number[first] == '.');
  if (!numeric) {
    const std::optional<double> special = special_double(word);
    if (!special) return unreadable(text, kType);
    return *special;
  }
  double value = 0;
  const char* end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, value);
  if (read.ec == std::errc::invalid_argument || read.ptr != end) return unreadable(text, kType);
  if (read.ec != std::errc()) return out_of_range(text, kType);
  return value;
}

// Numbers of up to 18 digits with no more of them behind the point than the scale, which is nearly
// all there are, are read in one pass; everything else starts over.
Result<Int128> parse_numeric(std::string_view text, int precision, int scale) {
  const char* next = text.data();
  const char* const end = next + text.size();
  const bool negative = next != end && *next == '-';
  if (negative) ++next;
  if (end - next > 19) return parse_numeric_slowly(text, precision, scale);
  const char* const start = next;
  uint64_t value = 0;  // 19 digits fit, though no more than 18 are used.
  const auto take_digits = [&] {
    for (; next != end && is_digit(*next); ++next) {
      value = value * 10 + static_cast<uint64_t>(*next - '0');
    }
  };
  take_digits();
  ptrdiff_t digits = next - start;
  ptrdiff_t places = 0;
  if (next != end && *next == '.') {
    const char* const point = ++next;
    take_digits();
    places = next - point;
    digits += places;
  }
  if (next != end || digits == 0 || digits > 18 || places > scale) {
    return parse_numeric_slowly(text, precision, scale);
  }
  Int128 scaled = value;
  const int shift = scale - static_cast<int>(places);
  if (digits + shift <= 18) {
    scaled = value * static_cast<uint64_t>(power_of_ten(shift));
  } else if (__builtin_mul_overflow(scaled, power_of_ten(shift), &scaled)) {
    return out_of_range(text, numeric_name(precision, scale));
  }
  if (!fits_precision(scaled, precision)) {
    return out_of_range(text, numeric_name(precision, scale));
  }
  return negative ? -scaled : scaled;
}

}  // namespace weir
