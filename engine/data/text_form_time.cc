#include "engine/data/calendar.h"
#include "engine/data/text_form.h"
#include "engine/data/text_scan.h"

#include <array>
#include <bit>
#include <cstring>

namespace weir {

using text_scan::append_fraction;
using text_scan::append_padded;
using text_scan::ClockTime;
using text_scan::Cursor;
using text_scan::equals_folded;
using text_scan::is_digit;
using text_scan::out_of_range;
using text_scan::to_number;
using text_scan::trim;
using text_scan::unreadable;

namespace {

constexpr int64_t kYearMin = -4712;  // 4713 BC, where PostgreSQL's calendar starts.
constexpr int64_t kYearMax =
    5'874'897;  // Its last year, and nearly the last that 32 bits of days reach.
constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;

// A timestamp text taken apart.
struct Moment {
  int32_t days = 0;
  int64_t time = 0;  // Since midnight; 24:00:00 and a leap second reach into the next day.
  int64_t zone = 0;  // East of UTC, in microseconds.
};

enum class Reading { kRead, kUnreadable, kOutOfRange };

// Two digits as a number; anything from 100 up where they are not digits.
inline unsigned two_digits(const char* at) {
  const unsigned tens = static_cast<unsigned char>(at[0] - '0');
  const unsigned ones = static_cast<unsigned char>(at[1] - '0');
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

// Three pairs of digits with a separator between them, "12:34:56", read as one word of eight bytes.
// False where the text is anything else. REQUIRES: eight bytes at `at`.
struct Triple {
  unsigned first;
  unsigned second;
  unsigned third;
};

template <char kSeparator>
inline bool read_triple(const char* at, Triple& triple) {
  constexpr uint64_t kZeros = 0x3030'0030'3000'3030ULL;  // '0' in the places of digits.
  constexpr uint64_t kSeparators = (uint64_t{kSeparator} << 16) | (uint64_t{kSeparator} << 40);
  // What lifts a byte above 15 unless it is at most 9 in the place of a digit, 0 in that of a
  // separator.
  constexpr uint64_t kExcess = 0x0606'0f06'060f'0606ULL;
  static_assert(std::endian::native == std::endian::little);
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  word ^= kZeros | kSeparators;
  if (((word | (word + kExcess)) & 0xf0f0f0f0f0f0f0f0ULL) != 0) return false;
  const uint64_t pairs = word * 10 + (word >> 8);
  triple = {.first = static_cast<unsigned>(pairs & 0xff),
            .second = static_cast<unsigned>((pairs >> 24) & 0xff),
            .third = static_cast<unsigned>((pairs >> 48) & 0xff)};
  return true;
}

// "yyyy-mm-dd" at a fixed place, valid in the calendar and not in year 0.
inline bool read_plain_date(const char* at, int32_t& days) {
  const unsigned century = two_digits(at);
  Triple date;
  if (century > 99 || !read_triple<'-'>(at + 2, date)) return false;
  const int32_t year = static_cast<int32_t>(century * 100 + date.first);
  const int32_t month = static_cast<int32_t>(date.second);
  const int32_t day = static_cast<int32_t>(date.third);
  if (year == 0 || date.second - 1 > 11 || day == 0) return false;
  if (day > 28 && day > days_in_month(year, month)) return false;
  days = days_from_civil({.year = year, .month = month, .day = day});
  return true;
}

// "yyyy-mm-dd hh:mm:ss", or with 'T', then a fraction of one to six digits or none, then 'Z',
// "+hh", "+hh:mm" or nothing: what machines write. False sends the text to the slow path.
bool read_plain_moment(std::string_view text, Moment& moment) {
  constexpr size_t kSizeMin = 19;
  if (text.size() < kSizeMin) return false;
  const char* next = text.data();
  const char* const end = next + text.size();
  if (!read_plain_date(next, moment.days)) return false;
  Triple time;
  if ((next[10] != ' ' && next[10] != 'T') || !read_triple<':'>(next + 11, time)) return false;
  if (time.first > 23 || time.second > 59 || time.third > 59) return false;
  const unsigned seconds = time.first * 3600 + time.second * 60 + time.third;
  moment.time = int64_t{seconds} * kMicrosPerSecond;
  next += kSizeMin;
  if (next != end && *next == '.') {
    int64_t micros = 0;
    int64_t unit = kMicrosPerSecond;
    for (++next; next != end && is_digit(*next); ++next) {
      micros = micros * 10 + (*next - '0');
      unit /= 10;
      if (unit == 0) return false;  // A seventh digit: to be rounded.
    }
    moment.time += micros * unit;
  }
  if (next == end) return true;
  if (*next == 'Z') return next + 1 == end;
  if ((*next != '+' && *next != '-') || (end - next != 3 && end - next != 6)) return false;
  const unsigned zone_hour = two_digits(next + 1);
  const unsigned zone_minute = end - next == 6 ? two_digits(next + 4) : 0;
  if (zone_hour > 15 || zone_minute > 59 || (end - next == 6 && next[3] != ':')) return false;
  const int64_t zone = int64_t{zone_hour * 60 + zone_minute} * kMicrosPerMinute;
  moment.zone = *next == '-' ? -zone : zone;
  return true;
}

// "yyyy-mm-dd" with months and days of one digit and years of up to seven, or "yyyymmdd".
Reading read_date(Cursor& cursor, CivilDate& date) {
  std::string_view digits = cursor.take_digits();
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  if (digits.size() == 8) {
    to_number(digits.substr(0, 4), 9999, year);
    to_number(digits.substr(4, 2), 99, month);
    to_number(digits.substr(6, 2), 99, day);
  } else {
    if (digits.size() < 3 || digits.size() > 7) return Reading::kUnreadable;
    to_number(digits, kYearMax, year);
    if (!cursor.take('-')) return Reading::kUnreadable;
    digits = cursor.take_digits();
    if (digits.size() > 2 || !to_number(digits, 99, month)) return Reading::kUnreadable;
    if (!cursor.take('-')) return Reading::kUnreadable;
    digits = cursor.take_digits();
    if (digits.size() > 2 || !to_number(digits, 99, day)) return Reading::kUnreadable;
  }
  if (year < 1 || year > kYearMax || month < 1 || month > 12 || day < 1 || day > 31) {
    return Reading::kOutOfRange;
  }
  date = {.year = static_cast<int32_t>(year),
          .month = static_cast<int32_t>(month),
          .day = static_cast<int32_t>(day)};
  return Reading::kRead;
}

Reading read_time(Cursor& cursor, int64_t& micros) {
  ClockTime time;
  if (!take_clock_time(cursor, false, time)) return Reading::kUnreadable;
  if (time.hours > 24 || time.minutes > 59 || time.seconds > 60) return Reading::kOutOfRange;
  micros = time.hours * kMicrosPerHour + time.minutes * kMicrosPerMinute +
           time.seconds * kMicrosPerSecond + time.micros;
  if (micros > kMicrosPerDay) return Reading::kOutOfRange;
  return Reading::kRead;
}

// "+hh", "+hhmm", "+hh:mm" or "+hh:mm:ss", less than 16 hours from UTC.
Reading read_offset(Cursor& cursor, int64_t& zone) {
  const bool negative = cursor.take('-');
  if (!negative && !cursor.take('+')) return Reading::kUnreadable;
  const std::string_view digits = cursor.take_digits();
  int64_t hours = 0;
  int64_t minutes = 0;
  int64_t seconds = 0;
  if (digits.size() == 4) {
    to_number(digits.substr(0, 2), 99, hours);
    to_number(digits.substr(2, 2), 99, minutes);
  } else {
    if (digits.size() > 2 || !to_number(digits, 99, hours)) return Reading::kUnreadable;
    if (cursor.take(':') && !to_number(cursor.take_digits(), 99, minutes)) {
      return Reading::kUnreadable;
    }
    if (cursor.take(':') && !to_number(cursor.take_digits(), 99, seconds)) {
      return Reading::kUnreadable;
    }
  }
  if (hours > 15 || minutes > 59 || seconds > 59) return Reading::kOutOfRange;
  zone = hours * kMicrosPerHour + minutes * kMicrosPerMinute + seconds * kMicrosPerSecond;
  if (negative) zone = -zone;
  return Reading::kRead;
}

// What may follow the time: a zone, then an era; or nothing.
Reading read_zone_and_era(Cursor& cursor, int64_t& zone, bool& before_christ) {
  bool has_zone = false;
  bool has_era = false;
  for (cursor.skip_spaces(); !cursor.at_end(); cursor.skip_spaces()) {
    const std::string_view word = cursor.take_letters();
    const bool is_utc =
        equals_folded(word, "z") || equals_folded(word, "utc") || equals_folded(word, "gmt");
    const bool is_bc = equals_folded(word, "bc");
    if (!has_zone && !has_era && is_utc) {
      has_zone = true;
    } else if (!has_era && (is_bc || equals_folded(word, "ad"))) {
      has_era = true;
      before_christ = is_bc;
    } else if (!has_zone && !has_era && word.empty()) {
      has_zone = true;
      const Reading reading = read_offset(cursor, zone);
      if (reading != Reading::kRead) return reading;
    } else {
      return Reading::kUnreadable;
    }
  }
  return Reading::kRead;
}

// Every form of timestamp.
Reading read_moment(std::string_view text, Moment& moment) {
  Cursor cursor(text);
  CivilDate date;
  Reading reading = read_date(cursor, date);
  if (reading != Reading::kRead) return reading;
  const bool has_t = cursor.take('T') || cursor.take('t');
  cursor.skip_spaces();
  moment = {};
  if (has_t || is_digit(cursor.peek())) {
    reading = read_time(cursor, moment.time);
    if (reading != Reading::kRead) return reading;
  }
  bool before_christ = false;
  reading = read_zone_and_era(cursor, moment.zone, before_christ);
  if (reading != Reading::kRead) return reading;
  if (before_christ) date.year = 1 - date.year;
  if (date.year < kYearMin || date.day > days_in_month(date.year, date.month)) {
    return Reading::kOutOfRange;
  }
  moment.days = days_from_civil(date);
  return Reading::kRead;
}

Error not_read(Reading reading, std::string_view text, std::string_view type) {
  return reading == Reading::kOutOfRange ? out_of_range(text, type) : unreadable(text, type);
}

constexpr std::array<char, 200> make_pairs() {
  std::array<char, 200> pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}

constexpr std::array<char, 200> kPairs = make_pairs();

inline char* put_pair(char* to, int64_t number) {
  to[0] = kPairs[2 * number];
  to[1] = kPairs[2 * number + 1];
  return to + 2;
}

// Years before 1 have their own count, which the era behind the time names.
void append_civil(std::string& out, CivilDate date) {
  const int64_t year = date.year > 0 ? int64_t{date.year} : 1 - int64_t{date.year};
  if (year > 9999) {
    append_padded(out, year, 4);
  } else {
    char digits[4];
    put_pair(put_pair(digits, year / 100), year % 100);
    out.append(digits, sizeof digits);
  }
  char rest[6];
  rest[0] = '-';
  rest[3] = '-';
  put_pair(rest + 1, date.month);
  put_pair(rest + 4, date.day);
  out.append(rest, sizeof rest);
}

}  // namespace

void append_date(std::string& out, int32_t days) {
  const CivilDate date = civil_from_days(days);
  append_civil(out, date);
  if (date.year <= 0) out += " BC";
}

void append_timestamp(std::string& out, int64_t micros, bool with_zone, TimeStyle style) {
  const CivilDate date = civil_from_days(day_of(micros));
  int64_t time = micros % kMicrosPerDay;
  if (time < 0) time += kMicrosPerDay;
  append_civil(out, date);
  const int64_t seconds = time / kMicrosPerSecond;
  const int64_t fraction = time % kMicrosPerSecond;
  char clock[9];  // " hh:mm:ss"
  clock[0] = style == TimeStyle::kRfc3339 ? 'T' : ' ';
  clock[3] = ':';
  clock[6] = ':';
  put_pair(clock + 1, seconds / 3600);
  put_pair(clock + 4, seconds / 60 % 60);
  put_pair(clock + 7, seconds % 60);
  out.append(clock, sizeof clock);
  if (style == TimeStyle::kPostgres) {
    append_fraction(out, fraction);
    if (with_zone) out += "+00";
  } else {
    if (fraction != 0) {
      out.push_back('.');
      const bool is_millis = fraction % 1000 == 0;
      append_padded(out, is_millis ? fraction / 1000 : fraction, is_millis ? 3 : 6);
    }
    if (with_zone) out.push_back('Z');
  }
  if (date.year <= 0) out += " BC";
}

Result<int32_t> parse_date(std::string_view text) {
  constexpr size_t kPlainSize = 10;
  int32_t days = 0;
  if (text.size() == kPlainSize && read_plain_date(text.data(), days)) return days;
  Moment moment;  // The time behind a date is read and dropped.
  const Reading reading = read_moment(trim(text), moment);
  if (reading != Reading::kRead) return not_read(reading, text, "date");
  return moment.days;
}

Result<int64_t> parse_timestamp(std::string_view text, bool with_zone) {
  Moment moment;
  if (!read_plain_moment(text, moment)) {
    const Reading reading = read_moment(trim(text), moment);
    if (reading != Reading::kRead)
      return not_read(reading, text, with_zone ? "timestamptz" : "timestamp");
  }
  const int64_t time = with_zone ? moment.time - moment.zone : moment.time;
  int64_t micros = 0;
  if (__builtin_mul_overflow(int64_t{moment.days}, kMicrosPerDay, &micros) ||
      __builtin_add_overflow(micros, time, &micros)) {
    return out_of_range(text, with_zone ? "timestamptz" : "timestamp");
  }
  return micros;
}

}  // namespace weir
