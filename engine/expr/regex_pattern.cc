#include "engine/expr/regex_pattern.h"

#include <fmt/format.h>

#include <cctype>

namespace weir {
namespace {

constexpr int kProgramBytesMax = 8 << 20;

constexpr std::string_view kWordSet = "\\p{L}\\p{N}_";

struct NamedClass {
  std::string_view name;
  std::string_view set;
};
constexpr NamedClass kNamedClasses[] = {{"alpha", "\\p{L}"},
                                        {"alnum", "\\p{L}\\p{N}"},
                                        {"word", kWordSet},
                                        {"lower", "\\p{Ll}"},
                                        {"upper", "\\p{Lu}"}};

Error refuse(std::string_view pattern, std::string_view reason) {
  return user_error(fmt::format("invalid regular expression \"{}\": {}", pattern, reason));
}

// Reads a pattern from left to right and writes what RE2 calls the same.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  Result<std::string> run() {
    while (at_ < pattern_.size()) TRY(step());
    return std::move(out_);
  }

 private:
  Status step();
  Status escape(bool in_brackets);
  Status hex_escape(size_t digits);
  Status brackets();
  Status named_class();
  Status group();

  bool next_is(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }
  void copy(size_t count) {
    out_.append(pattern_.substr(at_, count));
    at_ += count;
  }

  std::string_view pattern_;
  size_t at_ = 0;
  std::string out_;
};

Status Translator::step() {
  switch (pattern_[at_]) {
    case '\\': return escape(false);
    case '[': return brackets();
    case '(': return group();
    default: copy(1); return {};
  }
}

Status Translator::hex_escape(size_t digits) {
  const std::string_view code = pattern_.substr(at_ + 2, digits);
  if (code.size() < digits) return refuse(pattern_, "\\u needs four hexadecimal digits, \\U eight");
  out_ += fmt::format("\\x{{{}}}", code);
  at_ += 2 + digits;
  return {};
}

Status Translator::escape(bool in_brackets) {
  if (at_ + 1 >= pattern_.size()) return refuse(pattern_, "it ends with a backslash");
  const char c = pattern_[at_ + 1];
  if (std::isalnum(static_cast<unsigned char>(c)) == 0) {  // The character itself.
    copy(2);
    return {};
  }
  switch (c) {
    case 'w':
    case 'W':
      if (in_brackets && c == 'W') return refuse(pattern_, "\\W cannot stand in brackets");
      out_ += in_brackets ? std::string(kWordSet)
                          : fmt::format("[{}{}]", c == 'W' ? "^" : "", kWordSet);
      break;
    case 'd':
    case 's':
    case 'D':
    case 'S':
    case 'a':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'v':
    case 'x': copy(2); return {};
    case 'u': return hex_escape(4);
    case 'U': return hex_escape(8);
    case 'e': out_ += "\\x1b"; break;
    case 'b': out_ += "\\x08"; break;
    case 'B': out_ += "\\\\"; break;
    case '0': return refuse(pattern_, "text has no zero character");
    case 'A':
    case 'Z':
    case 'y':
    case 'Y':
    case 'm':
    case 'M':
      if (in_brackets) return refuse(pattern_, "a constraint cannot stand in brackets");
      if (c == 'm' || c == 'M') {
        return refuse(pattern_,
                      "\\m and \\M are not supported: use \\y, which is either end of a word");
      }
      out_ += c == 'A' ? "\\A" : c == 'Z' ? "\\z" : c == 'y' ? "\\b" : "\\B";
      break;
    default:
      if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
        return refuse(pattern_, "back-references are not supported");
      }
      return refuse(pattern_, fmt::format("invalid escape \\{}", c));
  }
  at_ += 2;
  return {};
}

Status Translator::brackets() {
  copy(1);
  if (next_is("^")) copy(1);
  if (next_is("]")) copy(1);  // As the first one it is an ordinary character.
  while (at_ < pattern_.size() && pattern_[at_] != ']') {
    if (next_is("[:<:]") || next_is("[:>:]")) {
      return refuse(pattern_, "[[:<:]] and [[:>:]] are not supported: use \\y");
    }
    if (next_is("[.") || next_is("[=")) {
      return refuse(pattern_, "collating elements are not supported");
    }
    if (next_is("[:")) {
      TRY(named_class());
    } else if (pattern_[at_] == '\\') {
      TRY(escape(true));
    } else if (pattern_[at_] == '[') {
      out_ += "\\[";
      ++at_;
    } else {
      copy(1);
    }
  }
  if (at_ >= pattern_.size()) return refuse(pattern_, "brackets [] not balanced");
  copy(1);
  return {};
}

// RE2's own named classes know ASCII only.
Status Translator::named_class() {
  const size_t end = pattern_.find(":]", at_);
  if (end == pattern_.npos) return refuse(pattern_, "[: without :]");
  const std::string_view name = pattern_.substr(at_ + 2, end - at_ - 2);
  for (const NamedClass& known : kNamedClasses) {
    if (known.name != name) continue;
    out_ += known.set;
    at_ = end + 2;
    return {};
  }
  copy(end + 2 - at_);
  return {};
}

Status Translator::group() {
  for (const std::string_view look : {"(?=", "(?!", "(?<=", "(?<!"}) {
    if (next_is(look)) return refuse(pattern_, "look-around is not supported");
  }
  if (next_is("(?:")) {
    copy(3);
    return {};
  }
  if (next_is("(?i)") && at_ == 0) {
    copy(4);
    return {};
  }
  if (next_is("(?"))
    return refuse(pattern_, "(? is only supported in (?:...) and, at the start, (?i)");
  copy(1);
  return {};
}

// A quantifier followed by a question mark, outside of brackets.
bool has_non_greedy(std::string_view pattern) {
  bool in_brackets = false;
  for (size_t i = 0; i + 1 < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '[') {
      in_brackets = true;
    } else if (c == ']') {
      in_brackets = false;
    } else if (!in_brackets && pattern[i + 1] == '?' &&
               (c == '*' || c == '+' || c == '?' || c == '}')) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<RegexFlags> read_regex_flags(std::string_view flags, bool allow_global) {
  RegexFlags read;
  for (const char flag : flags) {
    if (flag == 'i') {
      read.ignore_case = true;
    } else if (flag == 'c') {
      read.ignore_case = false;
    } else if (flag == 'g' && allow_global) {
      read.global = true;
    } else if (flag != 's') {  // The default: a dot matches a line break too.
      return user_error(fmt::format("regular expression flag \"{}\" is not supported here: {}",
                                    flag, allow_global ? "use g, i or c" : "use i or c"));
    }
  }
  return read;
}

Result<std::string> translate_regex(std::string_view pattern) {
  if (pattern.starts_with("***")) return refuse(pattern, "*** is not supported");
  return Translator(pattern).run();
}

Result<std::unique_ptr<re2::RE2>> compile_regex(std::string_view pattern, bool ignore_case) {
  const std::string translated = TRY(translate_regex(pattern));
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_case_sensitive(!ignore_case);
  options.set_longest_match(!has_non_greedy(translated));
  options.set_max_mem(kProgramBytesMax);
  auto regex = std::make_unique<re2::RE2>(translated, options);
  if (!regex->ok()) return refuse(pattern, regex->error());
  return regex;
}

}  // namespace weir
