// to_char of numbers. The template is read once into pieces; PostgreSQL's rarer patterns are
// refused, not ignored.
#include "engine/data/decimal.h"
#include "engine/data/text_form.h"
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/text_build.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {
namespace {

constexpr size_t kNone = ~size_t{0};
constexpr size_t kTemplateMax = 200;
constexpr size_t kDoubleDigits = std::numeric_limits<double>::digits10;

enum class Pattern {
  kText,
  kDigit,
  kZero,
  kPoint,
  kComma,
  kMinus,
  kPlus,
  kSign,
  kS,
  kBracket,
  kFill
};

struct Keyword {
  std::string_view upper;
  std::string_view lower;
  Pattern pattern;
};

constexpr Keyword kKeywords[] = {
    {"9", "9", Pattern::kDigit},     {"0", "0", Pattern::kZero},   {".", ".", Pattern::kPoint},
    {"D", "d", Pattern::kPoint},     {",", ",", Pattern::kComma},  {"G", "g", Pattern::kComma},
    {"MI", "mi", Pattern::kMinus},   {"PL", "pl", Pattern::kPlus}, {"SG", "sg", Pattern::kSign},
    {"PR", "pr", Pattern::kBracket}, {"FM", "fm", Pattern::kFill}, {"S", "s", Pattern::kS},
};
// What PostgreSQL would replace and this does not.
constexpr Keyword kRefused[] = {
    {"SP", "sp", {}}, {"TH", "th", {}}, {"EEEE", "eeee", {}}, {"RN", "rn", {}},
    {"V", "v", {}},   {"B", "b", {}},   {"C", "c", {}},       {"L", "l", {}},
};

template <size_t count>
const Keyword* keyword_at(const Keyword (&keywords)[count], std::string_view rest) {
  for (const Keyword& keyword : keywords) {
    if (rest.starts_with(keyword.upper) || rest.starts_with(keyword.lower)) return &keyword;
  }
  return nullptr;
}

struct Piece {
  Pattern pattern;
  std::string text;  // kText
};

// Where the sign of the number goes, apart from the pieces that are signs themselves.
enum class SignPlace {
  kFirst,     // In front of the first digit: a minus, or a blank.
  kLeading,   // S in front: plus or minus there.
  kTrailing,  // S behind the digits.
  kBracket,
  kPieces,  // MI and SG say it.
};

// A number in digits, rounded as the template asks.
struct Digits {
  bool negative = false;
  std::string whole;
  std::string fraction;
  bool point = false;
  size_t fraction_size = 0;  // Of `fraction`, also where the number has none, as infinity.
};

class NumberFormat : public Prepared {
 public:
  static Result<NumberFormat> read(std::string_view text);

  size_t fraction_size() const { return after_; }
  void append(std::string& out, Digits digits) const;

 private:
  friend class NumberWriter;

  Status add(Pattern pattern, std::string_view text);
  Status add_sign(Pattern pattern);
  void add_text(char c);

  std::vector<Piece> pieces_;
  bool fill_ = false;  // FM: nothing where a blank would stand.
  bool point_ = false;
  size_t before_ = 0;  // Places in front of the point and behind it.
  size_t after_ = 0;
  size_t first_zero_ = kNone;  // The first 0 in front of the point.
  size_t zeros_after_ = 0;     // Places behind the point up to the last 0.
  size_t last_part_ = kNone;   // The last piece that is a place or the point.
  SignPlace sign_ = SignPlace::kFirst;
  size_t s_at_ = 0;  // Places in front of a leading S.
  bool plus_ = false;
};

Error conflict(std::string_view text) {
  return user_error(
      fmt::format("to_char: the signs in \"{}\" exclude each other: use one of S, PR, "
                  "SG, or MI and PL",
                  text));
}

void NumberFormat::add_text(char c) {
  if (pieces_.empty() || pieces_.back().pattern != Pattern::kText) {
    pieces_.push_back({Pattern::kText, {}});
  }
  pieces_.back().text += c;
}

Status NumberFormat::add_sign(Pattern pattern) {
  const bool taken = sign_ != SignPlace::kFirst || plus_;
  switch (pattern) {
    case Pattern::kS:
      if (taken) return user_error("");
      sign_ = point_ ? SignPlace::kTrailing : SignPlace::kLeading;
      s_at_ = before_;
      return {};
    case Pattern::kBracket:
      if (taken) return user_error("");
      sign_ = SignPlace::kBracket;
      return {};
    case Pattern::kPlus:
      if (taken && sign_ != SignPlace::kPieces) return user_error("");
      plus_ = true;
      break;
    default:
      if (taken && sign_ != SignPlace::kPieces && sign_ != SignPlace::kFirst) return user_error("");
      sign_ = SignPlace::kPieces;
      break;
  }
  pieces_.push_back({pattern, {}});
  return {};
}

Status NumberFormat::add(Pattern pattern, std::string_view text) {
  switch (pattern) {
    case Pattern::kFill: fill_ = true; return {};
    case Pattern::kComma: pieces_.push_back({pattern, {}}); return {};
    case Pattern::kMinus:
    case Pattern::kPlus:
    case Pattern::kSign:
    case Pattern::kS:
    case Pattern::kBracket: {
      if (add_sign(pattern).ok()) return {};
      return conflict(text);
    }
    case Pattern::kPoint:
      if (point_)
        return user_error(fmt::format("to_char: multiple decimal points in \"{}\"", text));
      point_ = true;
      break;
    case Pattern::kDigit:
    case Pattern::kZero:
      if (sign_ == SignPlace::kBracket) {
        return user_error(
            fmt::format("to_char: PR stands behind the digits, not as in \"{}\"", text));
      }
      if (pattern == Pattern::kZero && !point_) first_zero_ = std::min(first_zero_, before_);
      ++(point_ ? after_ : before_);
      if (pattern == Pattern::kZero && point_) zeros_after_ = after_;
      break;
    case Pattern::kText: unreachable();
  }
  last_part_ = pieces_.size();
  pieces_.push_back({pattern, {}});
  return {};
}

Result<NumberFormat> NumberFormat::read(std::string_view text) {
  if (text.size() > kTemplateMax) {
    return user_error(fmt::format("to_char: a template of {} bytes is too long: at most {}",
                                  text.size(), kTemplateMax));
  }
  NumberFormat format;
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("\\\"")) {
      format.add_text('"');
      at += 2;
    } else if (rest.front() == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        format.add_text(text[at]);
      }
      ++at;
    } else if (const Keyword* refused = keyword_at(kRefused, rest)) {
      return user_error(fmt::format(
          "to_char does not support the pattern {} in \"{}\": quote it if it is meant as text",
          refused->upper, text));
    } else if (const Keyword* keyword = keyword_at(kKeywords, rest)) {
      TRY(format.add(keyword->pattern, text));
      at += keyword->upper.size();
    } else {
      format.add_text(rest.front());
      ++at;
    }
  }
  const bool behind_digits = format.sign_ == SignPlace::kLeading && format.s_at_ == format.before_;
  if (behind_digits) format.sign_ = SignPlace::kTrailing;
  return format;
}

// One number on its way through the pieces.
class NumberWriter {
 public:
  NumberWriter(const NumberFormat& format, Digits digits, std::string& out)
      : format_(format), digits_(std::move(digits)), out_(out) {
    if (digits_.whole.size() > format_.before_) {
      digits_.whole.assign(format_.before_, '#');
      digits_.fraction.assign(digits_.fraction_size, '#');
      digits_.point = true;
    }
    blanks_ = format_.before_ - digits_.whole.size();
    kept_ = digits_.fraction.size();
    if (format_.fill_ && format_.point_) {
      const size_t last = digits_.fraction.find_last_not_of('0');
      kept_ = std::max(last == std::string::npos ? 0 : last + 1, format_.zeros_after_);
    }
    const bool plain = !digits_.negative && format_.fill_;
    sign_ = format_.sign_;
    if (plain && sign_ == SignPlace::kBracket) sign_ = SignPlace::kPieces;
    signed_ = sign_ == SignPlace::kPieces || sign_ == SignPlace::kTrailing ||
              (plain && sign_ == SignPlace::kFirst);
    lone_zero_ = format_.first_zero_ == kNone && format_.after_ != 0 && digits_.whole == "0";
  }

  void run() {
    for (size_t i = 0; i < format_.pieces_.size(); ++i) {
      write(format_.pieces_[i]);
      if (i == format_.last_part_) close();
    }
  }

 private:
  void write(const Piece& piece) {
    switch (piece.pattern) {
      case Pattern::kText: out_ += piece.text; return;
      case Pattern::kDigit:
      case Pattern::kZero:
        in_number_ = false;
        if (behind_point_) return fraction_place(piece.pattern == Pattern::kZero);
        return whole_place();
      case Pattern::kPoint:
        in_number_ = false;
        behind_point_ = true;
        open();
        if (digits_.point) out_ += '.';
        return;
      case Pattern::kComma: return in_number_ ? put(',') : blank();
      case Pattern::kMinus: return digits_.negative ? put('-') : blank();
      case Pattern::kPlus: return digits_.negative ? blank() : put('+');
      case Pattern::kSign: return put(sign());
      case Pattern::kS:
      case Pattern::kBracket:
      case Pattern::kFill: break;
    }
    unreachable();
  }

  char sign() const { return digits_.negative ? '-' : '+'; }
  void put(char c) { out_ += c; }
  void blank() {
    if (!format_.fill_) out_ += ' ';
  }

  // The sign in front of the number, once.
  void open() {
    if (signed_) return;
    signed_ = true;
    if (sign_ == SignPlace::kLeading) return put(sign());
    if (sign_ == SignPlace::kBracket) return put(digits_.negative ? '<' : ' ');
    return digits_.negative ? put('-') : blank();
  }
  void close() {
    if (sign_ == SignPlace::kTrailing) put(sign());
    if (sign_ == SignPlace::kBracket && signed_) put(digits_.negative ? '>' : ' ');
  }

  void whole_place() {
    const size_t at = place_++;
    if (at < blanks_) {
      if (format_.first_zero_ == kNone || at < format_.first_zero_) return blank();
      open();
      put('0');
      in_number_ = true;
      return;
    }
    // A zero alone in front of the point is left out, but for FM where nothing follows.
    const bool nothing_follows = format_.fill_ && kept_ == 0;
    if (lone_zero_ && !nothing_follows) return blank();
    open();
    put(digits_.whole[at - blanks_]);
    in_number_ = true;
  }

  void fraction_place(bool always) {
    const size_t at = fraction_place_++;
    if (at >= digits_.fraction.size() || (at >= kept_ && !always)) return;
    put(digits_.fraction[at]);
    in_number_ = true;
  }

  const NumberFormat& format_;
  Digits digits_;
  std::string& out_;
  SignPlace sign_;
  size_t blanks_ = 0;
  size_t kept_ = 0;  // Digits behind the point that are written in any case.
  bool lone_zero_ = false;
  bool signed_ = false;
  bool in_number_ = false;  // The last place gave a digit.
  bool behind_point_ = false;
  size_t place_ = 0;
  size_t fraction_place_ = 0;
};

void NumberFormat::append(std::string& out, Digits digits) const {
  NumberWriter(*this, std::move(digits), out).run();
}

// "12.3" with at least `fraction` places behind the point; none where there are none.
Digits cut(std::string_view text, bool negative, size_t fraction) {
  Digits digits;
  digits.negative = negative;
  const size_t point = text.find('.');
  digits.whole = text.substr(0, point);
  if (point != text.npos) digits.fraction = text.substr(point + 1);
  if (digits.fraction.size() < fraction) digits.fraction.resize(fraction, '0');
  digits.point = fraction != 0;
  digits.fraction_size = fraction;
  return digits;
}

Digits digits_of(Int128 value, int scale, size_t fraction) {
  const int kept = static_cast<int>(std::min(static_cast<size_t>(scale), fraction));
  const std::optional<Int128> rounded = rescale(value, scale, kept);
  CHECK(rounded.has_value());  // It has no more digits than before.
  std::string text;
  append_numeric(text, *rounded < 0 ? -*rounded : *rounded, kept);
  return cut(text, *rounded < 0, fraction);
}

// PostgreSQL shows no more digits of a double than its 15.
Digits digits_of(double value, size_t fraction) {
  const bool negative = std::signbit(value) && !std::isnan(value);
  std::string whole = fmt::format("{:.0f}", std::fabs(value));
  if (std::isnan(value)) whole = "NaN";
  if (std::isinf(value)) whole = "Infinity";
  const size_t kept =
      whole.size() >= kDoubleDigits ? 0 : std::min(fraction, kDoubleDigits - whole.size());
  if (!std::isfinite(value)) {
    return {.negative = negative, .whole = std::move(whole), .fraction_size = kept};
  }
  return cut(fmt::format("{:.{}f}", std::fabs(value), kept), negative, kept);
}

Result<std::unique_ptr<Prepared>> prepare_format(Arguments args) {
  const std::string* text = constant_text(args, 1);
  if (text == nullptr) return std::unique_ptr<Prepared>();
  NumberFormat format = TRY(NumberFormat::read(*text));
  return std::unique_ptr<Prepared>(std::make_unique<NumberFormat>(std::move(format)));
}

// digits(row, fraction) gives the number of the row.
template <typename F>
void format_rows(const KernelCall& call, F&& digits) {
  const TextValues templates(call.args[1]);
  std::string text;
  call.rows.each([&](uint32_t row) {
    text.clear();
    if (call.prepared != nullptr) {
      const auto& format = *static_cast<const NumberFormat*>(call.prepared);
      format.append(text, digits(row, format.fraction_size()));
    } else {
      const Result<NumberFormat> format = NumberFormat::read(templates[row]);
      if (!format.ok()) return call.fail(row, format.error().message);
      format->append(text, digits(row, format->fraction_size()));
    }
    put_bounded(call, row, text);
  });
}

template <typename T>
void format_whole(const KernelCall& call) {
  const FixedValues<T> value(call.args[0]);
  format_rows(call, [&](uint32_t row, size_t fraction) {
    return digits_of(Int128{value[row]}, 0, fraction);
  });
}

void format_numeric(const KernelCall& call) {
  const FixedValues<Int128> value(call.args[0]);
  const int scale = call.args[0].type().scale();
  format_rows(
      call, [&](uint32_t row, size_t fraction) { return digits_of(value[row], scale, fraction); });
}

void format_double(const KernelCall& call) {
  const FixedValues<double> value(call.args[0]);
  format_rows(call, [&](uint32_t row, size_t fraction) { return digits_of(value[row], fraction); });
}

constexpr Function entry(TypeKind kind, Kernel kernel) {
  return {.name = "to_char",
          .args = takes(kind, TypeKind::kText),
          .result = TypeKind::kText,
          .kernel = kernel,
          .prepare = prepare_format};
}

constexpr Function kFunctions[] = {
    entry(TypeKind::kInt, format_whole<int32_t>),
    entry(TypeKind::kBigint, format_whole<int64_t>),
    entry(TypeKind::kNumeric, format_numeric),
    entry(TypeKind::kDouble, format_double),
};

}  // namespace

FunctionFamily number_format_functions() { return kFunctions; }

}  // namespace weir
