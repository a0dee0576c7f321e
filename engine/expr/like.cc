// LIKE and ILIKE. A constant pattern is sorted once into the simple forms (equal, starts, ends,
// contains) or kept whole.
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/text_build.h"
#include "engine/expr/utf8.h"

#include <algorithm>

namespace weir {
namespace {

constexpr const char* kBadEscape = "LIKE pattern must not end with escape character";

enum class Form { kEqual, kStarts, kEnds, kContains, kGeneral };

// Whether the text fits the pattern from their beginnings on. After a '%' the shortest stretch is
// tried first, and only the last '%' needs to be tried again: what an earlier one could skip, the
// last one can too.
bool fits(std::string_view text, std::string_view pattern) {
  size_t t = 0;
  size_t p = 0;
  size_t retry_pattern = std::string_view::npos;
  size_t retry_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      retry_pattern = ++p;
      retry_text = t;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '_') {
      ++p;
      t += char_bytes(text[t]);
      continue;
    }
    const size_t literal = p < pattern.size() && pattern[p] == '\\' ? p + 1 : p;
    if (literal < pattern.size() && pattern[literal] == text[t]) {
      p = literal + 1;
      ++t;
      continue;
    }
    if (retry_pattern == std::string_view::npos) return false;
    p = retry_pattern;
    retry_text += char_bytes(text[retry_text]);
    t = retry_text;
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

// A backslash that escapes nothing.
bool ends_with_escape(std::string_view pattern) {
  size_t backslashes = 0;
  while (backslashes < pattern.size() && pattern[pattern.size() - 1 - backslashes] == '\\') {
    ++backslashes;
  }
  return backslashes % 2 == 1;
}

class LikePattern : public Prepared {
 public:
  explicit LikePattern(std::string_view pattern) : literal_(pattern) {
    const size_t wild = pattern.find_first_of("%_\\");
    if (wild == pattern.npos) {
      form_ = Form::kEqual;
      return;
    }
    const bool open_start = pattern.front() == '%';
    const bool open_end = pattern.size() > 1 && pattern.back() == '%';
    if (pattern == "%") {
      form_ = Form::kStarts;
      literal_.clear();
      return;
    }
    std::string_view middle = pattern;
    if (open_start) middle.remove_prefix(1);
    if (open_end) middle.remove_suffix(1);
    if (middle.find_first_of("%_\\") != middle.npos) return;
    literal_ = middle;
    form_ = open_start ? (open_end ? Form::kContains : Form::kEnds) : Form::kStarts;
  }

  bool matches(std::string_view text) const {
    switch (form_) {
      case Form::kEqual: return text == literal_;
      case Form::kStarts: return text.starts_with(literal_);
      case Form::kEnds: return text.ends_with(literal_);
      case Form::kContains: return text.find(literal_) != text.npos;
      case Form::kGeneral: return fits(text, literal_);
    }
    unreachable();
  }

 private:
  Form form_ = Form::kGeneral;
  std::string literal_;
};

template <bool ignore_case>
Result<std::unique_ptr<Prepared>> prepare(Arguments args) {
  const std::string* pattern = constant_text(args, 1);
  if (pattern == nullptr) return std::unique_ptr<Prepared>();
  if (ends_with_escape(*pattern)) return user_error(kBadEscape);
  std::string folded;
  if (ignore_case) append_lower(folded, *pattern);
  return std::unique_ptr<Prepared>(std::make_unique<LikePattern>(ignore_case ? folded : *pattern));
}

template <bool ignore_case, bool negated>
void like(const KernelCall& call) {
  const TextValues text(call.args[0]);
  const TextValues pattern(call.args[1]);
  const LikePattern* prepared = static_cast<const LikePattern*>(call.prepared);
  uint64_t* bits = call.out.bits();
  std::string folded;
  std::string folded_pattern;
  call.rows.each([&](uint32_t row) {
    std::string_view subject = text[row];
    if (ignore_case) {
      folded.clear();
      append_lower(folded, subject);
      subject = folded;
    }
    if (prepared != nullptr) return bit_put(bits, row, prepared->matches(subject) != negated);
    std::string_view form = pattern[row];
    if (ends_with_escape(form)) return call.fail(row, kBadEscape);
    if (ignore_case) {
      folded_pattern.clear();
      append_lower(folded_pattern, form);
      form = folded_pattern;
    }
    bit_put(bits, row, fits(subject, form) != negated);
  });
}

// A pattern with an escape of its own, in the form that has the backslash for it.
void append_escaped(std::string& out, std::string_view pattern, std::string_view escape) {
  for (size_t at = 0; at < pattern.size();) {
    const size_t size = char_bytes(pattern[at]);
    const std::string_view character = pattern.substr(at, size);
    at += size;
    if (character == escape) {
      out += '\\';
      if (at >= pattern.size()) return;  // Refused as a pattern that ends with its escape.
      const size_t next = char_bytes(pattern[at]);
      out.append(pattern.substr(at, next));
      at += next;
    } else {
      if (character == "\\") out += '\\';
      out.append(character);
    }
  }
}

void like_escape(const KernelCall& call) {
  const TextValues pattern(call.args[0]);
  const TextValues escape(call.args[1]);
  std::string escaped;
  call.rows.each([&](uint32_t row) {
    if (count_chars(escape[row]) > 1) {
      return call.fail(row, "invalid escape string: it must be empty or one character");
    }
    escaped.clear();
    append_escaped(escaped, pattern[row], escape[row]);
    put_bounded(call, row, escaped);
  });
}

constexpr TypeKind kText = TypeKind::kText;

constexpr Function entry(std::string_view name, Kernel kernel, Prepare prepare) {
  return {.name = name,
          .args = takes(kText, kText),
          .result = TypeKind::kBoolean,
          .kernel = kernel,
          .prepare = prepare};
}

constexpr Function kFunctions[] = {
    entry("~~", like<false, false>, prepare<false>),
    entry("!~~", like<false, true>, prepare<false>),
    entry("~~*", like<true, false>, prepare<true>),
    entry("!~~*", like<true, true>, prepare<true>),
    {.name = "like_escape", .args = takes(kText, kText), .result = kText, .kernel = like_escape},
};

}  // namespace

FunctionFamily like_functions() { return kFunctions; }

}  // namespace weir
