// to_char of moments. The template is read once into pieces; PostgreSQL's rarer patterns are
// refused, not ignored.
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/text_build.h"
#include "engine/expr/time_unit.h"

#include <fmt/format.h>

#include <charconv>

namespace weir {
namespace {

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};
constexpr size_t kNameWidth = 9;  // Full names are padded to the longest one.
constexpr size_t kShortName = 3;

struct Moment {
  explicit Moment(int64_t micros)
      : days(day_of(micros)), date(civil_from_days(days)), time(time_of_day(micros)) {}
  int64_t hour() const { return time / (3600 * kMicrosPerSecond); }

  int32_t days;
  CivilDate date;
  int64_t time;
};

// A year as it is written: the one before 1 is 1, before Christ.
int64_t shown_year(int32_t year) { return year > 0 ? year : 1 - int64_t{year}; }

int64_t hour_of_12(const Moment& moment) {
  const int64_t hour = moment.hour() % 12;
  return hour == 0 ? 12 : hour;
}

using NumberOf = int64_t (*)(const Moment&);

struct NumberPattern {
  std::string_view name;
  int width;
  NumberOf number;
  bool always_padded = false;  // Fractions, which FM must not shorten.
};

// Longer names before their beginnings.
constexpr NumberPattern kNumbers[] = {
    {"YYYY", 4, [](const Moment& m) { return shown_year(m.date.year); }},
    {"YYY", 3, [](const Moment& m) { return shown_year(m.date.year) % 1000; }},
    {"YY", 2, [](const Moment& m) { return shown_year(m.date.year) % 100; }},
    {"Y", 1, [](const Moment& m) { return shown_year(m.date.year) % 10; }},
    {"IYYY", 4, [](const Moment& m) { return shown_year(iso_week_of(m.days).year); }},
    {"IW", 2, [](const Moment& m) { return int64_t{iso_week_of(m.days).week}; }},
    {"ID", 1, [](const Moment& m) { return int64_t{weekday_of(m.days)} + 1; }},
    {"MM", 2, [](const Moment& m) { return int64_t{m.date.month}; }},
    {"MI", 2, [](const Moment& m) { return m.time / (60 * kMicrosPerSecond) % 60; }},
    {"MS", 3, [](const Moment& m) { return m.time % kMicrosPerSecond / 1000; }, true},
    {"US", 6, [](const Moment& m) { return m.time % kMicrosPerSecond; }, true},
    {"DDD", 3, [](const Moment& m) { return int64_t{day_of_year(m.days)}; }},
    {"DD", 2, [](const Moment& m) { return int64_t{m.date.day}; }},
    {"HH24", 2, [](const Moment& m) { return m.hour(); }},
    {"HH12", 2, hour_of_12},
    {"HH", 2, hour_of_12},
    {"SS", 2, [](const Moment& m) { return m.time / kMicrosPerSecond % 60; }},
    {"WW", 2, [](const Moment& m) { return int64_t{(day_of_year(m.days) - 1) / 7 + 1}; }},
    {"W", 1, [](const Moment& m) { return int64_t{(m.date.day - 1) / 7 + 1}; }},
    {"Q", 1, [](const Moment& m) { return int64_t{(m.date.month - 1) / 3 + 1}; }},
};
constexpr NumberPattern kDayOfWeek = {
    "D", 1, [](const Moment& m) { return int64_t{(weekday_of(m.days) + 1) % 7} + 1; }};

enum class Case { kUpper, kCapital, kLower };
enum class Name { kMonth, kShortMonth, kDay, kShortDay, kHalf, kDottedHalf, kZone };

struct NamePattern {
  std::string_view name;
  Name what;
  Case letters;
};

constexpr NamePattern kNames[] = {
    {"MONTH", Name::kMonth, Case::kUpper},      {"Month", Name::kMonth, Case::kCapital},
    {"month", Name::kMonth, Case::kLower},      {"MON", Name::kShortMonth, Case::kUpper},
    {"Mon", Name::kShortMonth, Case::kCapital}, {"mon", Name::kShortMonth, Case::kLower},
    {"DAY", Name::kDay, Case::kUpper},          {"Day", Name::kDay, Case::kCapital},
    {"day", Name::kDay, Case::kLower},          {"DY", Name::kShortDay, Case::kUpper},
    {"Dy", Name::kShortDay, Case::kCapital},    {"dy", Name::kShortDay, Case::kLower},
    {"AM", Name::kHalf, Case::kUpper},          {"PM", Name::kHalf, Case::kUpper},
    {"am", Name::kHalf, Case::kLower},          {"pm", Name::kHalf, Case::kLower},
    {"A.M.", Name::kDottedHalf, Case::kUpper},  {"P.M.", Name::kDottedHalf, Case::kUpper},
    {"a.m.", Name::kDottedHalf, Case::kLower},  {"p.m.", Name::kDottedHalf, Case::kLower},
    {"TZ", Name::kZone, Case::kUpper},          {"tz", Name::kZone, Case::kLower},
};

// What PostgreSQL would replace and this does not.
constexpr std::string_view kRefused[] = {"SSSSS", "SSSS", "FF1", "FF2",  "FF3", "FF4",  "FF5",
                                         "FF6",   "FX",   "TM",  "TH",   "SP",  "BC",   "B.C.",
                                         "AD",    "A.D.", "CC",  "J",    "RM",  "OF",   "TZH",
                                         "TZM",   "IYY",  "IY",  "IDDD", "I",   "Y,YYY"};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool starts_ignoring_case(std::string_view text, std::string_view upper_prefix) {
  if (text.size() < upper_prefix.size()) return false;
  for (size_t i = 0; i < upper_prefix.size(); ++i) {
    if (upper(text[i]) != upper_prefix[i]) return false;
  }
  return true;
}

struct Piece {
  std::string literal;  // Where neither of the others is set.
  const NumberPattern* number = nullptr;
  const NamePattern* name = nullptr;
  bool plain = false;  // FM: without padding.
};

class Format : public Prepared {
 public:
  static Result<Format> read(std::string_view text);
  void append(std::string& out, int64_t micros, bool with_zone) const;

 private:
  // The number of letters taken, 0 if no pattern starts here.
  size_t add_pattern(std::string_view rest, bool plain);
  void add_literal(char c);

  std::vector<Piece> pieces_;
};

const NumberPattern* number_at(std::string_view rest) {
  for (const NumberPattern& pattern : kNumbers) {
    if (starts_ignoring_case(rest, pattern.name)) return &pattern;
  }
  return starts_ignoring_case(rest, kDayOfWeek.name) ? &kDayOfWeek : nullptr;
}

const NamePattern* name_at(std::string_view rest) {
  for (const NamePattern& pattern : kNames) {
    if (rest.starts_with(pattern.name)) return &pattern;
  }
  return nullptr;
}

// Longer patterns win: "IW" is one, "I" is refused.
std::string_view refused_at(std::string_view rest, size_t known) {
  for (const std::string_view pattern : kRefused) {
    if (pattern.size() > known && starts_ignoring_case(rest, pattern)) return pattern;
  }
  return {};
}

size_t Format::add_pattern(std::string_view rest, bool plain) {
  if (const NamePattern* name = name_at(rest)) {
    pieces_.push_back({.literal = {}, .number = nullptr, .name = name, .plain = plain});
    return name->name.size();
  }
  if (const NumberPattern* number = number_at(rest)) {
    pieces_.push_back({.literal = {}, .number = number, .name = nullptr, .plain = plain});
    return number->name.size();
  }
  return 0;
}

void Format::add_literal(char c) {
  const bool open =
      !pieces_.empty() && pieces_.back().number == nullptr && pieces_.back().name == nullptr;
  if (!open) pieces_.push_back({});
  pieces_.back().literal += c;
}

Result<Format> Format::read(std::string_view text) {
  if (text.empty()) return user_error("to_char needs a template such as 'YYYY-MM-DD'");
  Format format;
  bool plain = false;
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (rest.front() ==
        '"') {  // Literal up to the next quote; a backslash takes the next character as it is.
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        format.add_literal(text[at]);
      }
      ++at;
      continue;
    }
    if (starts_ignoring_case(rest, "FM")) {
      plain = true;
      at += 2;
      continue;
    }
    const size_t pieces = format.pieces_.size();
    const size_t taken = format.add_pattern(rest, plain);
    const std::string_view suffix = taken == 0 ? std::string_view() : rest.substr(taken);
    std::string_view refused = refused_at(rest, taken);
    if (starts_ignoring_case(suffix, "TH")) refused = "TH";
    if (!refused.empty()) {
      return user_error(fmt::format(
          "to_char does not support the pattern {} in \"{}\": quote it if it is meant as text",
          refused, text));
    }
    if (taken == 0) format.add_literal(rest.front());
    if (format.pieces_.size() != pieces) plain = false;
    at += taken == 0 ? 1 : taken;
  }
  return format;
}

void append_name(std::string& out, std::string_view name, Case letters) {
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (letters == Case::kUpper) out += upper(c);
    if (letters == Case::kLower) out += lower(c);
    if (letters == Case::kCapital) out += c;
  }
}

void append_named(std::string& out, const NamePattern& pattern, const Moment& moment, bool plain,
                  bool with_zone) {
  const std::string_view month = kMonths[moment.date.month - 1];
  const std::string_view day = kDays[weekday_of(moment.days)];
  const bool afternoon = moment.hour() >= 12;
  std::string_view text;
  bool padded = false;
  switch (pattern.what) {
    case Name::kMonth:
      text = month;
      padded = !plain;
      break;
    case Name::kShortMonth: text = month.substr(0, kShortName); break;
    case Name::kDay:
      text = day;
      padded = !plain;
      break;
    case Name::kShortDay: text = day.substr(0, kShortName); break;
    case Name::kHalf: text = afternoon ? "PM" : "AM"; break;
    case Name::kDottedHalf: text = afternoon ? "P.M." : "A.M."; break;
    case Name::kZone: text = with_zone ? "UTC" : ""; break;
  }
  append_name(out, text, pattern.letters);
  if (padded) out.append(kNameWidth - text.size(), ' ');
}

void append_padded(std::string& out, int64_t number, int width) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  CHECK(error == std::errc());
  for (auto missing = width - (end - digits); missing > 0; --missing) out += '0';
  out.append(digits, end);
}

void Format::append(std::string& out, int64_t micros, bool with_zone) const {
  const Moment moment(micros);
  for (const Piece& piece : pieces_) {
    if (piece.number != nullptr) {
      const bool padded = !piece.plain || piece.number->always_padded;
      append_padded(out, piece.number->number(moment), padded ? piece.number->width : 1);
    } else if (piece.name != nullptr) {
      append_named(out, *piece.name, moment, piece.plain, with_zone);
    } else {
      out += piece.literal;
    }
  }
}

Result<std::unique_ptr<Prepared>> prepare_format(Arguments args) {
  const std::string* text = constant_text(args, 1);
  if (text == nullptr) return std::unique_ptr<Prepared>();
  Format format = TRY(Format::read(*text));
  return std::unique_ptr<Prepared>(std::make_unique<Format>(std::move(format)));
}

template <bool with_zone>
void to_char(const KernelCall& call) {
  const FixedValues<int64_t> moment(call.args[0]);
  const TextValues formats(call.args[1]);
  std::string text;
  call.rows.each([&](uint32_t row) {
    text.clear();
    if (call.prepared != nullptr) {
      static_cast<const Format*>(call.prepared)->append(text, moment[row], with_zone);
    } else {
      const Result<Format> format = Format::read(formats[row]);
      if (!format.ok()) return call.fail(row, format.error().message);
      format->append(text, moment[row], with_zone);
    }
    put_bounded(call, row, text);
  });
}

constexpr Function entry(TypeKind kind, Kernel kernel) {
  return {.name = "to_char",
          .args = takes(kind, TypeKind::kText),
          .result = TypeKind::kText,
          .kernel = kernel,
          .prepare = prepare_format};
}

constexpr Function kFunctions[] = {
    entry(TypeKind::kTimestamp, to_char<false>),
    entry(TypeKind::kTimestamptz, to_char<true>),
};

}  // namespace

FunctionFamily time_format_functions() { return kFunctions; }

}  // namespace weir
