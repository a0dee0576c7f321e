// ~ and its kin, regexp_like, regexp_replace, regexp_substr, regexp_count and substring by a
// pattern.
//
// A constant pattern is compiled once for each Evaluator; others are compiled when they change from
// row to row, with the last one kept.
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/regex_pattern.h"
#include "engine/expr/regex_search.h"
#include "engine/expr/slices.h"
#include "engine/expr/text_build.h"
#include "engine/expr/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

std::string_view view(const re2::StringPiece& text) { return {text.data(), text.size()}; }

// The expression of the current row. What it keeps depends on pattern and flags alone.
class RegexCache : public Prepared {
 public:
  // A null pointer if the pattern is refused: reason() then says why.
  const RegexSearch* find(std::string_view pattern, bool ignore_case) {
    const bool same = known_ && pattern == pattern_ && ignore_case == ignore_case_;
    if (!same) compile(pattern, ignore_case);
    return regex_ ? &*regex_ : nullptr;
  }
  const std::string& reason() const { return reason_; }

 private:
  void compile(std::string_view pattern, bool ignore_case) {
    known_ = true;
    pattern_ = pattern;
    ignore_case_ = ignore_case;
    Result<RegexSearch> compiled = RegexSearch::compile(pattern, ignore_case);
    reason_ = compiled.ok() ? std::string() : compiled.error().message;
    regex_.reset();
    if (compiled.ok()) regex_.emplace(std::move(compiled).value());
  }

  bool known_ = false;
  std::string pattern_;
  bool ignore_case_ = false;
  std::optional<RegexSearch> regex_;
  std::string reason_;
};

// kFlags: the index of the flags among the arguments; none where negative.
template <bool ignore_case, int flags_at, bool allow_global>
Result<std::unique_ptr<Prepared>> prepare(Arguments args) {
  auto cache = std::make_unique<RegexCache>();
  RegexFlags flags{.ignore_case = ignore_case};
  bool flags_known = true;
  if (flags_at >= 0 && static_cast<size_t>(flags_at) < args.size()) {
    const std::string* text = constant_text(args, static_cast<size_t>(flags_at));
    flags_known = text != nullptr;
    if (text != nullptr) flags = TRY(read_regex_flags(*text, allow_global));
  }
  const std::string* pattern = constant_text(args, 1);
  if (pattern != nullptr && flags_known) {
    const RegexSearch* regex = cache->find(*pattern, flags.ignore_case);
    if (regex == nullptr) return user_error(cache->reason());
  }
  return std::unique_ptr<Prepared>(std::move(cache));
}

// The rows' expressions, with the failure of a row reported.
class RowRegex {
 public:
  explicit RowRegex(const KernelCall& call)
      : call_(call), patterns_(call.args[1]), cache_(*static_cast<RegexCache*>(call.prepared)) {}

  const RegexSearch* at(uint32_t row, bool ignore_case) {
    if (constant_ != nullptr && ignore_case == constant_ignores_case_) return constant_;
    const RegexSearch* regex = cache_.find(patterns_[row], ignore_case);
    if (regex == nullptr) call_.fail(row, cache_.reason());
    if (call_.args[1].constant) {
      constant_ = regex;
      constant_ignores_case_ = ignore_case;
    }
    return regex;
  }
  // Flags in argument `index`, defaults if there are not so many. Absent if the row failed.
  std::optional<RegexFlags> flags(uint32_t row, size_t index, bool allow_global) {
    if (index >= call_.args.size()) return RegexFlags{};
    if (constant_flags_) return constant_flags_;
    const Result<RegexFlags> flags =
        read_regex_flags(TextValues(call_.args[index])[row], allow_global);
    if (flags.ok() && call_.args[index].constant) constant_flags_ = *flags;
    if (flags.ok()) return *flags;
    call_.fail(row, flags.error().message);
    return std::nullopt;
  }
  // A positive number in argument `index`.
  std::optional<int32_t> positive(uint32_t row, size_t index, std::string_view name, int32_t least,
                                  int32_t otherwise) {
    if (index >= call_.args.size()) return otherwise;
    const int32_t value = FixedValues<int32_t>(call_.args[index])[row];
    if (value >= least) return value;
    call_.fail(row, fmt::format("invalid value for parameter \"{}\": {}", name, value));
    return std::nullopt;
  }

 private:
  const KernelCall& call_;
  TextValues patterns_;
  RegexCache& cache_;
  // Of constant arguments, once a row asked for them.
  const RegexSearch* constant_ = nullptr;
  bool constant_ignores_case_ = false;
  std::optional<RegexFlags> constant_flags_;
};

template <bool ignore_case, bool negated>
void matches(const KernelCall& call) {
  const TextValues text(call.args[0]);
  RowRegex regexes(call);
  uint64_t* bits = call.out.bits();
  call.rows.each([&](uint32_t row) {
    const RegexSearch* regex = regexes.at(row, ignore_case);
    if (regex == nullptr) return;
    bit_put(bits, row, regex->find(text[row], 0, {}) != negated);
  });
}

// regexp_like(text, pattern [, flags])
void like(const KernelCall& call) {
  const TextValues text(call.args[0]);
  RowRegex regexes(call);
  uint64_t* bits = call.out.bits();
  call.rows.each([&](uint32_t row) {
    const auto flags = regexes.flags(row, 2, false);
    if (!flags) return;
    const RegexSearch* regex = regexes.at(row, flags->ignore_case);
    if (regex != nullptr) bit_put(bits, row, regex->find(text[row], 0, {}));
  });
}

// Where the search for the next match starts: behind the last one, one character on if that was
// empty.
size_t next_start(std::string_view text, const re2::StringPiece& match) {
  const size_t end = static_cast<size_t>(match.data() - text.data()) + match.size();
  if (!match.empty()) return end;
  return end < text.size() ? end + char_bytes(text[end]) : text.size() + 1;
}

// The template of regexp_replace: \1 to \9 stand for groups, \& for the match, \\ for a backslash.
void append_replacement(std::string& out, std::string_view replacement,
                        std::span<const re2::StringPiece> groups) {
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\' || i + 1 == replacement.size()) {
      out += replacement[i];
      continue;
    }
    const char c = replacement[++i];
    if (c == '&') {
      out.append(view(groups[0]));
    } else if (c >= '1' && c <= '9') {
      const size_t group = static_cast<size_t>(c - '0');
      if (group < groups.size()) out.append(view(groups[group]));
    } else if (c == '\\') {
      out += '\\';
    } else {
      out += '\\';
      out += c;
    }
  }
}

struct Replacing {
  size_t start = 0;  // Byte from which on matches count.
  int32_t nth = 1;   // The only match to replace; 0 for all of them.
};

void append_replaced(std::string& out, const RegexSearch& regex, std::string_view text,
                     std::string_view replacement, Replacing how) {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(std::min(9, regex.group_count())) + 1);
  size_t copied = 0;
  int32_t number = 0;
  for (size_t start = how.start; regex.find(text, start, groups) && out.size() <= kTextBytesMax;
       start = next_start(text, groups[0])) {
    ++number;
    if (how.nth != 0 && number != how.nth) continue;
    const size_t at = static_cast<size_t>(groups[0].data() - text.data());
    out.append(text, copied, at - copied);
    append_replacement(out, replacement, groups);
    copied = at + groups[0].size();
    if (how.nth != 0) break;
  }
  out.append(text.substr(copied));
}

void replace_by_flags(const KernelCall& call) {
  const TextValues text(call.args[0]);
  const TextValues replacement(call.args[2]);
  RowRegex regexes(call);
  std::string replaced;
  call.rows.each([&](uint32_t row) {
    const auto flags = regexes.flags(row, 3, true);
    if (!flags) return;
    const RegexSearch* regex = regexes.at(row, flags->ignore_case);
    if (regex == nullptr) return;
    replaced.clear();
    append_replaced(replaced, *regex, text[row], replacement[row],
                    {.start = 0, .nth = flags->global ? 0 : 1});
    put_bounded(call, row, replaced);
  });
}

// regexp_replace(text, pattern, replacement, start [, N [, flags]])
void replace_nth(const KernelCall& call) {
  const TextValues text(call.args[0]);
  const TextValues replacement(call.args[2]);
  RowRegex regexes(call);
  std::string replaced;
  call.rows.each([&](uint32_t row) {
    const auto start = regexes.positive(row, 3, "start", 1, 1);
    if (!start) return;
    const auto nth = regexes.positive(row, 4, "n", 0, 1);
    if (!nth) return;
    const auto flags = regexes.flags(row, 5, true);
    if (!flags) return;
    const RegexSearch* regex = regexes.at(row, flags->ignore_case);
    if (regex == nullptr) return;
    const bool all = flags->global && call.args.size() < 5;
    replaced.clear();
    append_replaced(
        replaced, *regex, text[row], replacement[row],
        {.start = char_offset(text[row], static_cast<size_t>(*start - 1)), .nth = all ? 0 : *nth});
    put_bounded(call, row, replaced);
  });
}

// regexp_substr(text, pattern [, start [, N [, flags [, subexpr]]]])
void find_substring(const KernelCall& call) {
  SliceWriter out(call);
  RowRegex regexes(call);
  std::vector<re2::StringPiece> groups;
  call.rows.each([&](uint32_t row) {
    const auto start = regexes.positive(row, 2, "start", 1, 1);
    if (!start) return;
    const auto nth = regexes.positive(row, 3, "n", 1, 1);
    if (!nth) return;
    const auto flags = regexes.flags(row, 4, false);
    if (!flags) return;
    const auto group = regexes.positive(row, 5, "subexpr", 0, 0);
    if (!group) return;
    const RegexSearch* regex = regexes.at(row, flags->ignore_case);
    if (regex == nullptr) return;
    const std::string_view text = out.text(row);
    if (*group > regex->group_count()) return call.out.set_null(row);
    groups.resize(static_cast<size_t>(*group) + 1);
    size_t from = char_offset(text, static_cast<size_t>(*start - 1));
    if (static_cast<size_t>(*start - 1) > text.size()) from = text.size() + 1;
    for (int32_t number = 1; regex->find(text, from, groups); ++number) {
      if (number == *nth) {
        if (groups.back().data() == nullptr) break;
        return out.put(row, view(groups.back()));
      }
      from = next_start(text, groups[0]);
    }
    call.out.set_null(row);
  });
}

// substring(text, pattern): the first group if there is one, otherwise the whole match.
void substring_by_pattern(const KernelCall& call) {
  SliceWriter out(call);
  RowRegex regexes(call);
  call.rows.each([&](uint32_t row) {
    const RegexSearch* regex = regexes.at(row, false);
    if (regex == nullptr) return;
    std::array<re2::StringPiece, 2> found;
    const size_t group = regex->group_count() > 0 ? 1 : 0;
    const bool any = regex->find(out.text(row), 0, {found.data(), group + 1});
    if (!any || found[group].data() == nullptr) return call.out.set_null(row);
    out.put(row, view(found[group]));
  });
}

// regexp_count(text, pattern [, start [, flags]])
void count_matches(const KernelCall& call) {
  const TextValues texts(call.args[0]);
  RowRegex regexes(call);
  int32_t* out = call.out.values<int32_t>();
  call.rows.each([&](uint32_t row) {
    const auto start = regexes.positive(row, 2, "start", 1, 1);
    if (!start) return;
    const auto flags = regexes.flags(row, 3, false);
    if (!flags) return;
    const RegexSearch* regex = regexes.at(row, flags->ignore_case);
    if (regex == nullptr) return;
    const std::string_view text = texts[row];
    std::array<re2::StringPiece, 1> match;
    int32_t count = 0;
    size_t from = char_offset(text, static_cast<size_t>(*start - 1));
    if (static_cast<size_t>(*start - 1) > text.size()) from = text.size() + 1;
    for (; regex->find(text, from, match); from = next_start(text, match[0])) ++count;
    out[row] = count;
  });
}

constexpr TypeKind kText = TypeKind::kText;
constexpr TypeKind kInt = TypeKind::kInt;
constexpr TypeKind kBoolean = TypeKind::kBoolean;

constexpr Function test(std::string_view name, Kernel kernel, Prepare how) {
  return {.name = name,
          .args = takes(kText, kText),
          .result = kBoolean,
          .kernel = kernel,
          .prepare = how};
}

constexpr Function replacing(ArgumentKinds args, Kernel kernel, Prepare how) {
  return {
      .name = "regexp_replace", .args = args, .result = kText, .kernel = kernel, .prepare = how};
}

constexpr Function finding(ArgumentKinds args) {
  return {.name = "regexp_substr",
          .args = args,
          .result = kText,
          .kernel = find_substring,
          .prepare = prepare<false, 4, false>,
          .gives_null = true};
}

constexpr Function counting(ArgumentKinds args) {
  return {.name = "regexp_count",
          .args = args,
          .result = kInt,
          .kernel = count_matches,
          .prepare = prepare<false, 3, false>};
}

constexpr Function liking(ArgumentKinds args) {
  return {.name = "regexp_like",
          .args = args,
          .result = kBoolean,
          .kernel = like,
          .prepare = prepare<false, 2, false>};
}

constexpr Function kFunctions[] = {
    liking(takes(kText, kText)),
    liking(takes(kText, kText, kText)),
    test("~", matches<false, false>, prepare<false, -1, false>),
    test("!~", matches<false, true>, prepare<false, -1, false>),
    test("~*", matches<true, false>, prepare<true, -1, false>),
    test("!~*", matches<true, true>, prepare<true, -1, false>),
    replacing(takes(kText, kText, kText), replace_by_flags, prepare<false, 3, true>),
    replacing(takes(kText, kText, kText, kText), replace_by_flags, prepare<false, 3, true>),
    replacing(takes(kText, kText, kText, kInt), replace_nth, prepare<false, 5, true>),
    replacing(takes(kText, kText, kText, kInt, kInt), replace_nth, prepare<false, 5, true>),
    replacing(takes(kText, kText, kText, kInt, kInt, kText), replace_nth, prepare<false, 5, true>),
    finding(takes(kText, kText)),
    finding(takes(kText, kText, kInt)),
    finding(takes(kText, kText, kInt, kInt)),
    finding(takes(kText, kText, kInt, kInt, kText)),
    finding(takes(kText, kText, kInt, kInt, kText, kInt)),
    counting(takes(kText, kText)),
    counting(takes(kText, kText, kInt)),
    counting(takes(kText, kText, kInt, kText)),
    {.name = "substring",
     .args = takes(kText, kText),
     .result = kText,
     .kernel = substring_by_pattern,
     .prepare = prepare<false, -1, false>,
     .gives_null = true},
};

}  // namespace

FunctionFamily regex_functions() { return kFunctions; }

}  // namespace weir
