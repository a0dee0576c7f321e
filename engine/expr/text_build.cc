// Functions that make new text out of their arguments. No result is longer than kTextBytesMax.
#include "engine/expr/text_build.h"

#include "engine/data/text_form.h"
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// Eight bytes with the case of the letters changed that lie between `first` and 25 behind it.
// REQUIRES: all of them ASCII.
uint64_t change_letters(uint64_t bytes, char first) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t from = static_cast<uint64_t>(0x80 - first);
  const uint64_t reached = bytes + kOnes * from;
  const uint64_t passed = bytes + kOnes * (from - 26);
  return bytes ^ (((reached ^ passed) & (kOnes * 0x80)) >> 2);
}

// Changes the letters of a text that stands in its view; false if there are others than ASCII.
bool change_inline(TextView& view, char first) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t head;
  uint64_t tail;
  std::memcpy(&head, view.bytes, sizeof head);
  std::memcpy(&tail, view.bytes + 4, sizeof tail);
  if (((head | tail) & kHighBits) != 0) return false;
  head = change_letters(head, first);
  tail = change_letters(tail, first);
  std::memcpy(view.bytes, &head, sizeof head);
  std::memcpy(view.bytes + 4, &tail, sizeof tail);
  return true;
}

template <void (*append)(std::string&, std::string_view), char first>
void change_case(const KernelCall& call) {
  const Operand& text = call.args[0];
  const TextView* views = text.column->values<TextView>();
  TextView* out = call.out.values<TextView>();
  std::string changed;
  call.rows.each([&](uint32_t row) {
    const uint32_t at = text.constant ? 0 : row;
    TextView view = views[at];
    if (view.is_inline() && change_inline(view, first)) {
      out[row] = view;
      return;
    }
    changed.clear();
    append(changed, text.column->text(at));
    call.out.set_text(row, changed);
  });
}

void concatenate(const KernelCall& call) {
  const TextValues a(call.args[0]);
  const TextValues b(call.args[1]);
  Arena& arena = call.out.arena();
  TextView* out = call.out.values<TextView>();
  call.rows.each([&](uint32_t row) {
    const std::string_view first = a[row];
    const std::string_view second = b[row];
    const size_t size = first.size() + second.size();
    if (size > kTextBytesMax) return fail_too_long(call, row, size);
    char* to = arena.reserve(size);
    std::memcpy(to, first.data(), first.size());
    std::memcpy(to + first.size(), second.data(), second.size());
    out[row] = arena.commit(size);
  });
}

void append_replaced(std::string& out, std::string_view text, std::string_view from,
                     std::string_view to) {
  size_t start = 0;
  while (!from.empty() && out.size() <= kTextBytesMax) {
    const size_t at = text.find(from, start);
    if (at == text.npos) break;
    out.append(text, start, at - start);
    out.append(to);
    start = at + from.size();
  }
  out.append(text.substr(start));
}

void replace(const KernelCall& call) {
  const TextValues text(call.args[0]);
  const TextValues from(call.args[1]);
  const TextValues to(call.args[2]);
  std::string replaced;
  call.rows.each([&](uint32_t row) {
    replaced.clear();
    append_replaced(replaced, text[row], from[row], to[row]);
    put_bounded(call, row, replaced);
  });
}

// `count` characters of the fill, repeated from its start as often as it takes.
void append_fill(std::string& out, std::string_view fill, size_t count) {
  const size_t chars = count_chars(fill);
  for (; count >= chars; count -= chars) out.append(fill);
  out.append(fill.substr(0, char_offset(fill, count)));
}

template <bool at_left>
void pad(const KernelCall& call) {
  const TextValues text(call.args[0]);
  const FixedValues<int32_t> length(call.args[1]);
  std::string padded;
  call.rows.each([&](uint32_t row) {
    const std::string_view fill =
        call.args.size() == 3 ? TextValues(call.args[2])[row] : std::string_view(" ");
    const size_t wanted = static_cast<size_t>(std::max(0, length[row]));
    if (wanted * std::max<size_t>(1, fill.size()) > 4 * kTextBytesMax) {
      return fail_too_long(call, row, wanted);
    }
    const size_t chars = count_chars(text[row]);
    if (chars >= wanted || fill.empty()) {
      return call.out.set_text(row, text[row].substr(0, char_offset(text[row], wanted)));
    }
    padded.clear();
    if (!at_left) padded.append(text[row]);
    append_fill(padded, fill, wanted - chars);
    if (at_left) padded.append(text[row]);
    put_bounded(call, row, padded);
  });
}

void reverse(const KernelCall& call) {
  const TextValues text(call.args[0]);
  std::string reversed;
  call.rows.each([&](uint32_t row) {
    const std::string_view whole = text[row];
    reversed.resize(whole.size());
    size_t to = whole.size();
    for (size_t at = 0; at < whole.size();) {
      const size_t size = std::min(char_bytes(whole[at]), whole.size() - at);
      to -= size;
      std::memcpy(reversed.data() + to, whole.data() + at, size);
      at += size;
    }
    call.out.set_text(row, reversed);
  });
}

// The form that concat gives a value: that of output, in which true is "t".
void append_output(std::string& out, const Column& column, size_t row) {
  if (column.type().kind() == TypeKind::kBoolean) {
    out += column.boolean(row) ? 't' : 'f';
  } else if (column.type().kind() == TypeKind::kText) {
    out += column.text(row);
  } else {
    append_value(out, column, row);
  }
}

void append_joined(std::string& out, std::span<const Operand> args, uint32_t row,
                   std::string_view separator) {
  bool first = true;
  for (const Operand& arg : args) {
    const uint32_t at = arg.constant ? 0 : row;
    if (arg.column->is_null(at)) continue;
    if (!first) out += separator;
    first = false;
    append_output(out, *arg.column, at);
  }
}

void concat(const KernelCall& call) {
  std::string joined;
  call.rows.each([&](uint32_t row) {
    joined.clear();
    append_joined(joined, call.args, row, {});
    put_bounded(call, row, joined);
  });
}

void concat_ws(const KernelCall& call) {
  const Operand& separator = call.args[0];
  std::string joined;
  call.rows.each([&](uint32_t row) {
    const uint32_t at = separator.constant ? 0 : row;
    if (separator.column->is_null(at)) return call.out.set_null(row);
    joined.clear();
    append_joined(joined, call.args.subspan(1), row, separator.column->text(at));
    put_bounded(call, row, joined);
  });
}

constexpr TypeKind kText = TypeKind::kText;
constexpr TypeKind kInt = TypeKind::kInt;

constexpr Function kFunctions[] = {
    {.name = "lower",
     .args = takes(kText),
     .result = kText,
     .kernel = change_case<append_lower, 'A'>},
    {.name = "upper",
     .args = takes(kText),
     .result = kText,
     .kernel = change_case<append_upper, 'a'>},
    {.name = "||", .args = takes(kText, kText), .result = kText, .kernel = concatenate},
    {.name = "||",
     .args = takes(TypeKind::kBytea, TypeKind::kBytea),
     .result = TypeKind::kBytea,
     .kernel = concatenate},
    {.name = "replace", .args = takes(kText, kText, kText), .result = kText, .kernel = replace},
    {.name = "lpad", .args = takes(kText, kInt), .result = kText, .kernel = pad<true>},
    {.name = "lpad", .args = takes(kText, kInt, kText), .result = kText, .kernel = pad<true>},
    {.name = "rpad", .args = takes(kText, kInt), .result = kText, .kernel = pad<false>},
    {.name = "rpad", .args = takes(kText, kInt, kText), .result = kText, .kernel = pad<false>},
    {.name = "reverse", .args = takes(kText), .result = kText, .kernel = reverse},
    {.name = "concat",
     .result = kText,
     .kernel = concat,
     .nulls = Nulls::kHandled,
     .variadic = Variadic::kAny},
    {.name = "concat_ws",
     .args = takes(kText),
     .result = kText,
     .kernel = concat_ws,
     .nulls = Nulls::kHandled,
     .variadic = Variadic::kAny,
     .gives_null = true},
};

}  // namespace

void fail_too_long(const KernelCall& call, uint32_t row, size_t bytes) {
  call.fail(row, fmt::format("text too long: {} bytes, and {} are allowed", bytes, kTextBytesMax));
}

void put_bounded(const KernelCall& call, uint32_t row, std::string_view text) {
  if (text.size() > kTextBytesMax) return fail_too_long(call, row, text.size());
  call.out.set_text(row, text);
}

FunctionFamily text_build_functions() { return kFunctions; }

}  // namespace weir
