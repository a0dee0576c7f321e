// Intervals as text. The input grammar, a subset of PostgreSQL's:
//
//   interval = '@'? part+ 'ago'?  |  iso
//   part     = sign? number unit        "1 day", "1.5h", "-3 mons"
//            | sign? clock              "02:00:00", "-00:00:25.5", "02:03", "02:03.5" (mm:ss.f)
//            | sign? digits '-' digits  years and months
//            | sign? number             days where a clock follows; at the end, seconds
//   iso      = 'P' (sign? number [YMWD])* ('T' (sign? number [HMS])*)?
//
// A sign belongs to its part alone. A fraction goes down into the next smaller units, as in
// PostgreSQL.
#include "engine/data/calendar.h"
#include "engine/data/text_form.h"
#include "engine/data/text_scan.h"

#include <optional>

namespace weir {

using text_scan::append_fraction;
using text_scan::append_padded;
using text_scan::ClockTime;
using text_scan::Cursor;
using text_scan::equals_folded;
using text_scan::is_digit;
using text_scan::is_letter;
using text_scan::take_clock_time;
using text_scan::to_number;

namespace {

constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;

// One of each kind: what a unit counts, and how many.
enum class Counts { kMonths, kDays, kMicros };

struct Unit {
  Counts counts;
  int64_t times;
};

struct UnitNames {
  Unit unit;
  std::string_view names[7];
};

constexpr Unit kMicrosecond{Counts::kMicros, 1};
constexpr Unit kMillisecond{Counts::kMicros, 1000};
constexpr Unit kSecond{Counts::kMicros, kMicrosPerSecond};
constexpr Unit kMinute{Counts::kMicros, kMicrosPerMinute};
constexpr Unit kHour{Counts::kMicros, kMicrosPerHour};
constexpr Unit kDay{Counts::kDays, 1};
constexpr Unit kWeek{Counts::kDays, 7};
constexpr Unit kMonth{Counts::kMonths, 1};
constexpr Unit kYear{Counts::kMonths, 12};
constexpr Unit kDecade{Counts::kMonths, 120};
constexpr Unit kCentury{Counts::kMonths, 1200};
constexpr Unit kMillennium{Counts::kMonths, 12000};

constexpr UnitNames kUnits[] = {
    {kSecond, {"second", "seconds", "s", "sec", "secs"}},
    {kMinute, {"minute", "minutes", "m", "min", "mins"}},
    {kHour, {"hour", "hours", "h", "hr", "hrs"}},
    {kDay, {"day", "days", "d"}},
    {kMonth, {"month", "months", "mon", "mons"}},
    {kYear, {"year", "years", "y", "yr", "yrs"}},
    {kWeek, {"week", "weeks", "w"}},
    {kMicrosecond, {"us", "usec", "usecs", "usecond", "useconds", "microsecond", "microseconds"}},
    {kMillisecond, {"ms", "msec", "msecs", "msecond", "mseconds", "millisecond", "milliseconds"}},
    {kDecade, {"dec", "decs", "decade", "decades"}},
    {kCentury, {"c", "cent", "century", "centuries"}},
    {kMillennium, {"mil", "mils", "millennium", "millennia"}},
};

// REQUIRES: at least one letter.
const Unit* unit_named(std::string_view word) {
  for (const UnitNames& entry : kUnits) {
    for (const std::string_view name : entry.names) {
      if (equals_folded(word, name)) return &entry.unit;
    }
  }
  return nullptr;
}

// A decimal number: whole + billionths / 10^9, both with the sign of the number.
struct Amount {
  static constexpr int64_t kOne = 1'000'000'000;
  int64_t whole = 0;
  int64_t billionths = 0;
};

// Sums up parts. 128 bits: any sum of parts that a text of sane length can hold fits, and the end
// checks the range.
class IntervalSum {
 public:
  void add(const Amount& amount, Unit unit) {
    switch (unit.counts) {
      case Counts::kMonths: return add_months(amount, unit.times);
      case Counts::kDays:
        days_ += Int128{amount.whole} * unit.times;
        return add_part_of_days(Int128{amount.billionths} * unit.times);
      case Counts::kMicros:
        micros_ += Int128{amount.whole} * unit.times +
                   rounded(Int128{amount.billionths} * unit.times, Amount::kOne);
        return;
    }
    unreachable();
  }
  void add_micros(int64_t micros) { micros_ += micros; }
  void negate() {
    months_ = -months_;
    days_ = -days_;
    micros_ = -micros_;
  }
  std::optional<Interval> result() const {
    const Interval interval{.months = static_cast<int32_t>(months_),
                            .days = static_cast<int32_t>(days_),
                            .micros = static_cast<int64_t>(micros_)};
    const bool fits =
        interval.months == months_ && interval.days == days_ && interval.micros == micros_;
    return fits ? std::optional(interval) : std::nullopt;
  }

 private:
  static Int128 rounded(Int128 value, int64_t divisor) {
    const int64_t half = divisor / 2;
    return (value + (value < 0 ? -half : half)) / divisor;
  }
  // A part of a month is a number of days of 30 to the month; a part of a year is rounded to
  // months.
  void add_months(const Amount& amount, int64_t times) {
    months_ += Int128{amount.whole} * times;
    if (times != 1) {
      months_ += rounded(Int128{amount.billionths} * times, Amount::kOne);
    } else {
      add_part_of_days(Int128{amount.billionths} * 30);
    }
  }
  void add_part_of_days(Int128 billionths) {
    days_ += billionths / Amount::kOne;
    micros_ += rounded(billionths % Amount::kOne * kMicrosPerDay, Amount::kOne);
  }

  Int128 months_ = 0;
  Int128 days_ = 0;
  Int128 micros_ = 0;
};

// A number at the cursor, without its sign. False where there is none, or it has more than 18
// digits.
bool take_amount(Cursor& cursor, Amount& amount) {
  constexpr int64_t kWholeMax = 999'999'999'999'999'999;
  const std::string_view whole = cursor.take_digits();
  std::string_view fraction;
  if (cursor.take('.')) fraction = cursor.take_digits();
  if (whole.empty() && fraction.empty()) return false;
  amount = {};
  if (!whole.empty() && !to_number(whole, kWholeMax, amount.whole)) return false;
  for (size_t i = 0; i < 9; ++i) {
    amount.billionths = amount.billionths * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  return true;
}

Amount with_sign(Amount amount, bool negative) {
  if (!negative) return amount;
  return {.whole = -amount.whole, .billionths = -amount.billionths};
}

bool add_clock(Cursor& cursor, bool negative, IntervalSum& sum) {
  ClockTime time;
  if (!take_clock_time(cursor, true, time)) return false;
  if (time.minutes > 59 || time.seconds > 60) return false;
  const int64_t rest =
      time.minutes * kMicrosPerMinute + time.seconds * kMicrosPerSecond + time.micros;
  sum.add(with_sign({.whole = time.hours}, negative), kHour);
  sum.add_micros(negative ? -rest : rest);
  return true;
}

// Whether the cursor stands before a clock time.
bool at_clock(Cursor cursor) {
  if (!cursor.take('-')) cursor.take('+');
  return !cursor.take_digits().empty() && cursor.take(':');
}

// One part, sign and all.
bool add_part(Cursor& cursor, IntervalSum& sum) {
  const bool negative = cursor.take('-');
  if (!negative) cursor.take('+');
  cursor.skip_spaces();
  if (at_clock(cursor)) return is_digit(cursor.peek()) && add_clock(cursor, negative, sum);
  Amount amount;
  if (!take_amount(cursor, amount)) return false;
  amount = with_sign(amount, negative);
  if (amount.billionths == 0 && cursor.take('-')) {
    int64_t months = 0;
    if (!to_number(cursor.take_digits(), 11, months)) return false;
    sum.add(amount, kYear);
    sum.add({.whole = negative ? -months : months}, kMonth);
    return cursor.at_end() || cursor.peek() == ' ';  // Not the beginning of a date.
  }
  cursor.skip_spaces();
  const Cursor before_word = cursor;
  const std::string_view word = cursor.take_letters();
  if (word.empty() || equals_folded(word, "ago")) {
    cursor = before_word;
    const bool is_last = cursor.at_end() || !word.empty();
    if (!is_last && !at_clock(cursor)) return false;
    sum.add(amount, is_last ? kSecond : kDay);
    return true;
  }
  const Unit* unit = unit_named(word);
  if (unit == nullptr) return false;
  sum.add(amount, *unit);
  return true;
}

// ISO 8601 with designators, behind the P.
bool read_iso(Cursor& cursor, IntervalSum& sum) {
  bool in_time = false;
  bool any = false;
  while (!cursor.at_end()) {
    if (!in_time && cursor.take('T')) {
      in_time = true;
      continue;
    }
    const bool negative = cursor.take('-');
    if (!negative) cursor.take('+');
    Amount amount;
    if (!take_amount(cursor, amount)) return false;
    amount = with_sign(amount, negative);
    if (!in_time && cursor.take('Y')) {
      sum.add(amount, kYear);
    } else if (cursor.take('M')) {
      sum.add(amount, in_time ? kMinute : kMonth);
    } else if (!in_time && cursor.take('W')) {
      sum.add(amount, kWeek);
    } else if (!in_time && cursor.take('D')) {
      sum.add(amount, kDay);
    } else if (in_time && cursor.take('H')) {
      sum.add(amount, kHour);
    } else if (in_time && cursor.take('S')) {
      sum.add(amount, kSecond);
    } else {
      return false;
    }
    any = true;
  }
  return any;
}

bool read_interval(std::string_view text, IntervalSum& sum) {
  Cursor cursor(text);
  if (cursor.take('P')) return read_iso(cursor, sum);
  if (cursor.take('@')) cursor.skip_spaces();
  bool any = false;
  for (; !cursor.at_end(); cursor.skip_spaces()) {
    if (is_letter(cursor.peek())) {
      if (!any || !equals_folded(cursor.rest(), "ago")) return false;
      sum.negate();
      return true;
    }
    if (!add_part(cursor, sum)) return false;
    any = true;
  }
  return any;
}

// Appends one part in calendar units, if it is not zero. A positive part behind a negative one
// shows its sign.
void append_calendar_part(std::string& out, size_t start, int32_t value, std::string_view unit,
                          bool& after_negative) {
  if (value == 0) return;
  if (out.size() != start) out.push_back(' ');
  if (after_negative && value > 0) out.push_back('+');
  append_integer(out, value);
  out.append(" ").append(unit);
  if (value != 1) out.push_back('s');
  after_negative = value < 0;
}

}  // namespace

void append_interval(std::string& out, const Interval& interval) {
  const size_t start = out.size();
  bool after_negative = false;
  append_calendar_part(out, start, interval.months / 12, "year", after_negative);
  append_calendar_part(out, start, interval.months % 12, "mon", after_negative);
  append_calendar_part(out, start, interval.days, "day", after_negative);
  if (interval.micros == 0 && out.size() != start) return;
  if (out.size() != start) out.push_back(' ');
  if (interval.micros < 0) {
    out.push_back('-');
  } else if (after_negative) {
    out.push_back('+');
  }
  // The smallest value has no positive counterpart, hence the magnitude of each part.
  const auto magnitude = [](int64_t value) { return value < 0 ? -value : value; };
  append_padded(out, magnitude(interval.micros / kMicrosPerHour), 2);
  out.push_back(':');
  append_padded(out, magnitude(interval.micros / kMicrosPerMinute % 60), 2);
  out.push_back(':');
  append_padded(out, magnitude(interval.micros / kMicrosPerSecond % 60), 2);
  append_fraction(out, magnitude(interval.micros % kMicrosPerSecond));
}

Result<Interval> parse_interval(std::string_view text) {
  IntervalSum sum;
  if (!read_interval(text_scan::trim(text), sum)) return text_scan::unreadable(text, "interval");
  const std::optional<Interval> interval = sum.result();
  if (!interval) return text_scan::out_of_range(text, "interval");
  return *interval;
}

}  // namespace weir
