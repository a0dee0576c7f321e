// Functions that measure a text or give a part of it. Positions count characters from 1.
#include "engine/expr/function.h"
#include "engine/expr/loops.h"
#include "engine/expr/slices.h"
#include "engine/expr/utf8.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace weir {
namespace {

void length(const KernelCall& call) {
  const TextValues text(call.args[0]);
  int32_t* out = call.out.values<int32_t>();
  call.rows.each([&](uint32_t row) { out[row] = static_cast<int32_t>(count_chars(text[row])); });
}

void octets(const KernelCall& call) {
  const TextView* views = call.args[0].column->values<TextView>();
  int32_t* out = call.out.values<int32_t>();
  call.rows.each([&](uint32_t row) { out[row] = views[row].size; });
}

// The characters in [start, end), counted from 1; what lies outside of the text is left out.
void put_range(SliceWriter& out, uint32_t row, int64_t start, int64_t end) {
  const std::string_view text = out.text(row);
  const int64_t first = std::max<int64_t>(start, 1);
  if (end <= first) return out.put(row, 0, 0);
  const size_t from = char_offset(text, static_cast<size_t>(first - 1));
  const size_t size = char_offset(text.substr(from), static_cast<size_t>(end - first));
  out.put(row, from, size);
}

void substring_from(const KernelCall& call) {
  SliceWriter out(call);
  const FixedValues<int32_t> start(call.args[1]);
  call.rows.each(
      [&](uint32_t row) { put_range(out, row, start[row], std::numeric_limits<int64_t>::max()); });
}

void substring_for(const KernelCall& call) {
  SliceWriter out(call);
  const FixedValues<int32_t> start(call.args[1]);
  const FixedValues<int32_t> size(call.args[2]);
  call.rows.each([&](uint32_t row) {
    if (size[row] < 0) {
      return call.fail(row, "negative substring length not allowed: " + std::to_string(size[row]));
    }
    put_range(out, row, start[row], int64_t{start[row]} + size[row]);
  });
}

// Where `count` characters from the start end; from the end where negative.
size_t split_at(std::string_view text, int32_t count) {
  if (count >= 0) return char_offset(text, static_cast<size_t>(count));
  const int64_t left = static_cast<int64_t>(count_chars(text)) + count;
  return left <= 0 ? 0 : char_offset(text, static_cast<size_t>(left));
}

void left(const KernelCall& call) {
  SliceWriter out(call);
  const FixedValues<int32_t> count(call.args[1]);
  call.rows.each([&](uint32_t row) { out.put(row, 0, split_at(out.text(row), count[row])); });
}

void right(const KernelCall& call) {
  SliceWriter out(call);
  const FixedValues<int32_t> count(call.args[1]);
  call.rows.each([&](uint32_t row) {
    const std::string_view text = out.text(row);
    // -2^31 has no opposite, and no text has so many characters.
    const int32_t skip = count[row] == std::numeric_limits<int32_t>::min()
                             ? std::numeric_limits<int32_t>::max()
                             : -count[row];
    const size_t from = count[row] == 0 ? text.size() : split_at(text, skip);
    out.put(row, from, text.size() - from);
  });
}

// Where the n-th of the bytes equal to `byte` stands; the text's size if there are not so many.
// Eight at a time: parts of paths are short, and a call of memchr for each costs more than they do.
size_t nth_byte(std::string_view text, char byte, int64_t n) {
  static_assert(std::endian::native == std::endian::little);
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kLow = kOnes * 0x7f;
  const uint64_t wanted = kOnes * static_cast<unsigned char>(byte);
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    word ^= wanted;  // Zero where equal; below, only those bytes have their highest bit set.
    uint64_t found = ~(((word & kLow) + kLow) | word | kLow);
    const int64_t count = __builtin_popcountll(found);
    if (count < n) {
      n -= count;
      continue;
    }
    for (; n > 1; --n) found &= found - 1;
    return at + static_cast<size_t>(__builtin_ctzll(found)) / 8;
  }
  for (; at < text.size(); ++at) {
    if (text[at] == byte && --n == 0) return at;
  }
  return text.size();
}

// Where the n-th delimiter starts, as they are cut from the start; the text's size if there are not
// so many.
size_t nth_delimiter(std::string_view text, std::string_view delimiter, int64_t n) {
  if (delimiter.size() == 1) return nth_byte(text, delimiter.front(), n);
  size_t start = 0;
  while (true) {
    const size_t at = text.find(delimiter, start);
    if (at == text.npos) return text.size();
    if (--n == 0) return at;
    start = at + delimiter.size();
  }
}

// The n-th part from the start; empty if there are not so many.
std::string_view part_from_start(std::string_view text, std::string_view delimiter, int64_t n) {
  std::string_view rest = text;
  if (n > 1) {
    const size_t before = nth_delimiter(text, delimiter, n - 1);
    if (before == text.size()) return text.substr(0, 0);
    rest.remove_prefix(before + delimiter.size());
  }
  return rest.substr(0, nth_delimiter(rest, delimiter, 1));
}

int64_t count_delimiters(std::string_view text, std::string_view delimiter) {
  if (delimiter.size() == 1) return std::count(text.begin(), text.end(), delimiter.front());
  int64_t count = 0;
  for (size_t at = text.find(delimiter); at != text.npos;
       at = text.find(delimiter, at + delimiter.size())) {
    ++count;
  }
  return count;
}

// Counts the parts first, so that overlapping delimiters are cut as they are from the start.
std::string_view part_from_end(std::string_view text, std::string_view delimiter, int64_t n) {
  const int64_t parts = count_delimiters(text, delimiter) + 1;
  return n > parts ? text.substr(0, 0) : part_from_start(text, delimiter, parts + 1 - n);
}

void split_part(const KernelCall& call) {
  SliceWriter out(call);
  const TextValues delimiters(call.args[1]);
  const FixedValues<int32_t> fields(call.args[2]);
  call.rows.each([&](uint32_t row) {
    const std::string_view text = out.text(row);
    const std::string_view delimiter = delimiters[row];
    const int64_t n = fields[row];
    if (n == 0) return call.fail(row, "field position must not be zero");
    if (delimiter.empty()) return out.put(row, n == 1 || n == -1 ? text : text.substr(0, 0));
    out.put(row, n > 0 ? part_from_start(text, delimiter, n) : part_from_end(text, delimiter, -n));
  });
}

bool has_char(std::string_view set, std::string_view character) {
  for (size_t at = 0; at < set.size();) {
    const size_t size = char_bytes(set[at]);
    if (set.substr(at, size) == character) return true;
    at += size;
  }
  return false;
}

std::string_view trim_start(std::string_view text, std::string_view set) {
  while (!text.empty()) {
    const std::string_view first = text.substr(0, char_bytes(text.front()));
    if (!has_char(set, first)) break;
    text.remove_prefix(first.size());
  }
  return text;
}

std::string_view trim_end(std::string_view text, std::string_view set) {
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (is_continuation(text[start])) --start;
    if (!has_char(set, text.substr(start))) break;
    text = text.substr(0, start);
  }
  return text;
}

template <bool at_start, bool at_end>
void trim(const KernelCall& call) {
  SliceWriter out(call);
  call.rows.each([&](uint32_t row) {
    const std::string_view set =
        call.args.size() == 2 ? TextValues(call.args[1])[row] : std::string_view(" ");
    std::string_view text = out.text(row);
    if (at_start) text = trim_start(text, set);
    if (at_end) text = trim_end(text, set);
    out.put(row, text);
  });
}

void position(const KernelCall& call) {
  const TextValues text(call.args[0]);
  const TextValues part(call.args[1]);
  int32_t* out = call.out.values<int32_t>();
  call.rows.each([&](uint32_t row) {
    const size_t at = text[row].find(part[row]);
    out[row] = at == std::string_view::npos
                   ? 0
                   : static_cast<int32_t>(count_chars(text[row].substr(0, at))) + 1;
  });
}

void starts_with(const KernelCall& call) {
  const TextValues text(call.args[0]);
  const TextValues prefix(call.args[1]);
  write_bits(call.rows, call.out.bits(),
             [&](uint32_t row) { return text[row].starts_with(prefix[row]); });
}

constexpr TypeKind kText = TypeKind::kText;
constexpr TypeKind kInt = TypeKind::kInt;

constexpr Function kFunctions[] = {
    {.name = "length",
     .args = takes(kText),
     .result = kInt,
     .kernel = length,
     .nulls = Nulls::kTolerated},
    {.name = "length",
     .args = takes(TypeKind::kBytea),
     .result = kInt,
     .kernel = octets,
     .nulls = Nulls::kTolerated},
    {.name = "octet_length",
     .args = takes(kText),
     .result = kInt,
     .kernel = octets,
     .nulls = Nulls::kTolerated},
    {.name = "octet_length",
     .args = takes(TypeKind::kBytea),
     .result = kInt,
     .kernel = octets,
     .nulls = Nulls::kTolerated},
    {.name = "substring", .args = takes(kText, kInt), .result = kText, .kernel = substring_from},
    {.name = "substring",
     .args = takes(kText, kInt, kInt),
     .result = kText,
     .kernel = substring_for},
    {.name = "left", .args = takes(kText, kInt), .result = kText, .kernel = left},
    {.name = "right", .args = takes(kText, kInt), .result = kText, .kernel = right},
    {.name = "split_part",
     .args = takes(kText, kText, kInt),
     .result = kText,
     .kernel = split_part},
    {.name = "btrim", .args = takes(kText), .result = kText, .kernel = trim<true, true>},
    {.name = "btrim", .args = takes(kText, kText), .result = kText, .kernel = trim<true, true>},
    {.name = "ltrim", .args = takes(kText), .result = kText, .kernel = trim<true, false>},
    {.name = "ltrim", .args = takes(kText, kText), .result = kText, .kernel = trim<true, false>},
    {.name = "rtrim", .args = takes(kText), .result = kText, .kernel = trim<false, true>},
    {.name = "rtrim", .args = takes(kText, kText), .result = kText, .kernel = trim<false, true>},
    {.name = "position", .args = takes(kText, kText), .result = kInt, .kernel = position},
    {.name = "starts_with",
     .args = takes(kText, kText),
     .result = TypeKind::kBoolean,
     .kernel = starts_with},
};

}  // namespace

FunctionFamily text_functions() { return kFunctions; }

}  // namespace weir
