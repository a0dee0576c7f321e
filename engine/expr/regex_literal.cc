#include "engine/expr/regex_literal.h"

#include "engine/expr/utf8.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace weir {
namespace {

constexpr int kDepthMax = 50;
constexpr size_t kRepeatMax = 1000;  // RE2's own bound.
constexpr size_t kCharBytesMax = 4;
constexpr size_t kBoundedWorth = 4;  // A text whose place is known spares as much work as one that
                                     // is this much longer.

size_t add(size_t a, size_t b) { return a == kUnbounded || b == kUnbounded ? kUnbounded : a + b; }
size_t times(size_t a, size_t b) {
  if (a == 0 || b == 0) return 0;
  return a == kUnbounded || b == kUnbounded ? kUnbounded : a * b;
}

// How many bytes a part of the pattern matches.
struct Width {
  size_t min = 0;
  size_t max = 0;
};

struct Repeat {
  size_t min = 1;
  size_t max = 1;
  bool once() const { return min == 1 && max == 1; }
};

struct Part {
  Width width;
  RequiredLiteral literal;
  bool plain = false;  // One character that stands for itself.
};

size_t worth(const RequiredLiteral& literal) {
  if (literal.empty()) return 0;
  return literal.text.size() + (literal.before_max == kUnbounded ? 0 : kBoundedWorth);
}

// Parts one after the other, and the best text found in them so far.
class Sequence {
 public:
  void add_part(Part part, Repeat repeat) {
    if (part.plain && repeat.min >= 1) {
      if (run_.empty()) run_at_ = width_;
      run_ += part.literal.text;
    }
    if (!part.plain || !repeat.once()) end_run();
    if (!part.plain && repeat.min >= 1) {
      part.literal.before_min += width_.min;
      part.literal.before_max = add(part.literal.before_max, width_.max);
      consider(std::move(part.literal));
    }
    width_.min = add(width_.min, times(part.width.min, repeat.min));
    width_.max = add(width_.max, times(part.width.max, repeat.max));
    only_run_ &= part.plain && repeat.once();
  }

  Part finish() {
    end_run();
    best_.whole = only_run_ && !best_.empty();
    return {.width = width_, .literal = std::move(best_)};
  }

 private:
  void end_run() {
    consider({.text = std::move(run_), .before_min = run_at_.min, .before_max = run_at_.max});
    run_.clear();
  }
  void consider(RequiredLiteral literal) {
    if (worth(literal) > worth(best_)) best_ = std::move(literal);
  }

  Width width_;
  std::string run_;  // Plain characters that follow each other,
  Width run_at_;     // and what is in front of them.
  RequiredLiteral best_;
  bool only_run_ = true;
};

// Reads a pattern from left to right; absent results mean that it holds something unknown.
class Reader {
 public:
  explicit Reader(std::string_view pattern) : pattern_(pattern) {}

  std::optional<Part> run() {
    std::optional<Part> all = alternatives();
    if (!all || at_ != pattern_.size()) return std::nullopt;
    return all;
  }

 private:
  std::optional<Part> alternatives();
  std::optional<Part> sequence();
  std::optional<Part> atom();
  std::optional<Part> group();
  std::optional<Part> brackets();
  std::optional<Part> escape();
  std::optional<Repeat> repeat();
  std::optional<Repeat> counted_repeat();
  std::optional<size_t> number();

  bool at_end() const { return at_ == pattern_.size(); }
  bool next_is(char c) const { return !at_end() && pattern_[at_] == c; }
  bool take(std::string_view text) {
    if (!pattern_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  // Goes behind the next `end`.
  bool skip_past(std::string_view end) {
    const size_t found = pattern_.find(end, at_);
    if (found == pattern_.npos) return false;
    at_ = found + end.size();
    return true;
  }

  std::string_view pattern_;
  size_t at_ = 0;
  int depth_ = 0;
};

Part nothing() { return {}; }
Part any_char() { return {.width = {1, kCharBytesMax}, .literal = {}}; }
Part plain(std::string_view text) {
  return {
      .width = {text.size(), text.size()}, .literal = {.text = std::string(text)}, .plain = true};
}

std::optional<Part> Reader::alternatives() {
  if (++depth_ > kDepthMax) return std::nullopt;
  std::optional<Part> all = sequence();
  while (all && take("|")) {
    const std::optional<Part> other = sequence();
    if (!other) return std::nullopt;
    all->width = {std::min(all->width.min, other->width.min),
                  std::max(all->width.max, other->width.max)};
    all->literal = {};
  }
  --depth_;
  return all;
}

std::optional<Part> Reader::sequence() {
  Sequence sequence;
  while (!at_end() && !next_is('|') && !next_is(')')) {
    std::optional<Part> part = atom();
    if (!part) return std::nullopt;
    const std::optional<Repeat> times = repeat();
    if (!times) return std::nullopt;
    sequence.add_part(std::move(*part), *times);
  }
  return sequence.finish();
}

std::optional<Part> Reader::atom() {
  switch (pattern_[at_]) {
    case '(': return group();
    case '[': return brackets();
    case '\\': return escape();
    case '.': ++at_; return any_char();
    case '^':
    case '$': ++at_; return nothing();
    case '*':
    case '+':
    case '?':
    case '{': return std::nullopt;
    default: break;
  }
  const std::string_view text = pattern_.substr(at_, char_bytes(pattern_[at_]));
  at_ += text.size();
  return plain(text);
}

std::optional<Part> Reader::group() {
  ++at_;
  if (next_is('?') && !take("?:")) return std::nullopt;
  std::optional<Part> inside = alternatives();
  if (!inside || !take(")")) return std::nullopt;
  inside->literal.whole = false;
  return inside;
}

std::optional<Part> Reader::brackets() {
  ++at_;
  take("^");
  take("]");
  while (!at_end() && !next_is(']')) {
    if (take("[:")) {
      if (!skip_past(":]")) return std::nullopt;
    } else {
      at_ += next_is('\\') ? 2 : 1;
    }
  }
  if (at_ > pattern_.size() || !take("]")) return std::nullopt;
  return any_char();
}

std::optional<Part> Reader::escape() {
  if (at_ + 1 == pattern_.size()) return std::nullopt;
  const char c = pattern_[at_ + 1];
  at_ += 2;
  const unsigned char byte = static_cast<unsigned char>(c);
  if (byte < 0x80 && std::isalnum(byte) == 0) return plain({&pattern_[at_ - 1], 1});
  switch (c) {
    case 'b':
    case 'B':
    case 'A':
    case 'z': return nothing();
    case 'd':
    case 'D':
    case 's':
    case 'S':
    case 'a':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'v': return any_char();
    case 'p':
    case 'x':
      if (!take("{") || !skip_past("}")) return std::nullopt;
      return any_char();
    default: return std::nullopt;
  }
}

std::optional<size_t> Reader::number() {
  size_t value = 0;
  const size_t first = at_;
  for (; !at_end() && std::isdigit(static_cast<unsigned char>(pattern_[at_])) != 0; ++at_) {
    value = value * 10 + static_cast<size_t>(pattern_[at_] - '0');
    if (value > kRepeatMax) return std::nullopt;
  }
  if (at_ == first) return std::nullopt;
  return value;
}

std::optional<Repeat> Reader::counted_repeat() {
  const std::optional<size_t> min = number();
  if (!min) return std::nullopt;
  Repeat counted = {.min = *min, .max = *min};
  if (take(",")) {
    counted.max = kUnbounded;
    if (!next_is('}')) {
      const std::optional<size_t> max = number();
      if (!max) return std::nullopt;
      counted.max = *max;
    }
  }
  if (!take("}")) return std::nullopt;
  return counted;
}

std::optional<Repeat> Reader::repeat() {
  std::optional<Repeat> found = Repeat{};
  if (take("*")) {
    found = Repeat{.min = 0, .max = kUnbounded};
  } else if (take("+")) {
    found = Repeat{.min = 1, .max = kUnbounded};
  } else if (take("?")) {
    found = Repeat{.min = 0, .max = 1};
  } else if (take("{")) {
    found = counted_repeat();
  } else {
    return found;
  }
  take("?");
  const bool again = next_is('*') || next_is('+') || next_is('?') || next_is('{');
  if (again) return std::nullopt;
  return found;
}

}  // namespace

RequiredLiteral required_literal(std::string_view pattern) {
  std::optional<Part> all = Reader(pattern).run();
  return all ? std::move(all->literal) : RequiredLiteral{};
}

}  // namespace weir
