#include "operators/connectors/formats/json_walk.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace weir {
namespace {

constexpr uint32_t kBroken = 0;        // No object ends at token 0.
constexpr size_t kSeenKeysMax = 1024;  // Of one object; keys beyond are looked up each time.
constexpr uint32_t kDepthChecked = 64;

enum class TokenClass : uint8_t { kValue, kOpen, kClose, kSeparator };

constexpr std::array<TokenClass, 256> kTokenClasses = [] {
  std::array<TokenClass, 256> classes{};
  classes['{'] = classes['['] = TokenClass::kOpen;
  classes['}'] = classes[']'] = TokenClass::kClose;
  classes[':'] = classes[','] = TokenClass::kSeparator;
  return classes;
}();

TokenClass class_of(char c) { return kTokenClasses[static_cast<unsigned char>(c)]; }

uint64_t word_at(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// A mask of the first `bytes` bytes of a word in memory order (this project's machines are
// little-endian).
uint64_t mask_of(size_t bytes) {
  return bytes >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * bytes)) - 1;
}

void remember(JsonNode::SeenKey& seen, std::string_view bytes, JsonField* field) {
  seen.bytes.assign(bytes);
  char padded[16] = {};
  std::memcpy(padded, bytes.data(), std::min(bytes.size(), sizeof padded));
  seen.words[0] = word_at(padded);
  seen.words[1] = word_at(padded + 8);
  seen.masks[0] = mask_of(bytes.size());
  seen.masks[1] = mask_of(bytes.size() < 8 ? 0 : bytes.size() - 8);
  seen.is_long = bytes.size() > sizeof padded;
  seen.field = field;
}

class Walk {
 public:
  explicit Walk(const JsonTokens& tokens) : tokens_(tokens), size_(tokens.size()) {}

  // Reads the members of an object from its first token within the braces on; the token behind the
  // object, or kBroken.
  uint32_t object(JsonNode& node, uint32_t token) {
    for (JsonField& field : node.fields) field.value = 0;
    if (token < size_ && tokens_.first_byte(token) == '}') return token + 1;
    for (size_t place = 0;; ++place) {
      // At least a key, a colon, a value, and a comma or brace.
      if (token + 3 >= size_) return ends_early(token);
      if (tokens_.first_byte(token) != '"') return no_key(token);
      if (tokens_.first_byte(token + 1) != ':') {
        return broken("a key has no colon behind it", token + 1);
      }
      JsonField* field = match(node, place, token);
      token += 2;
      const char first = tokens_.first_byte(token);
      if (field != nullptr) field->value = token;
      if (class_of(first) == TokenClass::kValue) [[likely]] {
        ++token;
      } else {
        const bool inside = first == '{' && field != nullptr && field->node != nullptr;
        token = inside ? object(*field->node, token + 1) : pass_over(token, first);
        if (token == kBroken) return kBroken;
        if (token >= size_) return broken("the record ends inside an object", size_);
      }
      const char next = tokens_.first_byte(token++);
      if (next == ',') [[likely]]
        continue;
      if (next == '}') return token;
      return broken("a value is followed by neither a comma nor a brace", token - 1);
    }
  }

  JsonFault fault() const { return fault_; }

 private:
  uint32_t broken(const char* what, uint32_t token) {
    fault_ = {.what = what, .token = token};
    return kBroken;
  }

  // What stands where a key should.
  [[gnu::noinline]] uint32_t no_key(uint32_t token) {
    const bool behind_comma = tokens_.first_byte(token - 1) == ',';
    return broken(tokens_.first_byte(token) == '}' && behind_comma
                      ? "a comma is followed by no key"
                      : "a key of an object is not a string",
                  token);
  }

  // Fewer tokens are left than a member has.
  [[gnu::noinline]] uint32_t ends_early(uint32_t token) {
    if (token < size_ && tokens_.first_byte(token) != '"') return no_key(token);
    if (token + 1 < size_ && tokens_.first_byte(token + 1) != ':') {
      return broken("a key has no colon behind it", token + 1);
    }
    if (token + 2 < size_ && tokens_.first_byte(token + 2) == '}') {
      return broken("a key has no value", token + 2);
    }
    return broken("the record ends inside an object", size_);
  }

  // The token behind the object or array that begins with `first` at `token`, or kBroken.
  uint32_t pass_over(uint32_t token, char first) {
    if (class_of(first) != TokenClass::kOpen) return broken("a key has no value", token);
    uint64_t braces = is_brace(first);  // One bit for each of the innermost 64 levels.
    uint32_t depth = 1;
    for (++token; depth != 0; ++token) {
      if (token >= size_) return broken("the record ends inside an object or array", size_);
      const char next = tokens_.first_byte(token);
      const TokenClass next_class = class_of(next);
      if (next_class == TokenClass::kOpen) {
        ++depth;
        braces = braces << 1 | is_brace(next);
      } else if (next_class == TokenClass::kClose) {
        // Deeper than 64 levels the outer ones were forgotten: only their number is checked.
        const bool is_pair = (braces & 1) == is_brace(next);
        if (!is_pair && depth <= kDepthChecked)
          return broken("a bracket closes a brace, or a brace a bracket", token);
        --depth;
        braces >>= 1;
      }
    }
    return token;
  }

  // 1 for { and }, 0 for [ and ], which differ from them in one bit.
  static uint64_t is_brace(char c) { return (static_cast<unsigned char>(c) >> 5) & 1; }

  JsonField* match(JsonNode& node, size_t place, uint32_t token) {
    const char* key = tokens_.begin_of(token) + 1;
    if (place < node.seen_count) [[likely]] {
      const JsonNode::SeenKey& seen = node.seen[place];
      const uint64_t differences = ((word_at(key) ^ seen.words[0]) & seen.masks[0]) |
                                   ((word_at(key + 8) ^ seen.words[1]) & seen.masks[1]);
      // Where the closing quote was among the bytes compared, that is all.
      if (differences == 0 && (!seen.is_long || is_rest_equal(seen, key, token))) [[likely]] {
        return seen.field;
      }
    }
    return look_up(node, place, {key, static_cast<size_t>(tokens_.end_of(token) - key)});
  }

  bool is_rest_equal(const JsonNode::SeenKey& seen, const char* key, uint32_t token) const {
    const size_t size = seen.bytes.size();
    if (static_cast<size_t>(tokens_.end_of(token) - key) != size) return false;
    return std::memcmp(key + 16, seen.bytes.data() + 16, size - 16) == 0;
  }

  // `bytes` holds the closing quote.
  [[gnu::noinline]] JsonField* look_up(JsonNode& node, size_t place, std::string_view bytes) {
    std::string_view name = bytes.substr(0, bytes.size() - 1);
    if (name.find('\\') != std::string_view::npos) {
      unescaped_.resize(name.size());
      size_t size = 0;
      // A key with a broken escape is no column's, and what nobody reads is not checked.
      if (!unescape(name, unescaped_.data(), size)) return nullptr;
      name = std::string_view(unescaped_.data(), size);
    }
    JsonField* found = nullptr;
    for (JsonField& field : node.fields) {
      if (field.key == name) found = &field;
    }
    if (place < kSeenKeysMax) {
      if (place >= node.seen_count) node.seen.resize(node.seen_count = place + 1);
      remember(node.seen[place], bytes, found);
    }
    return found;
  }

  const JsonTokens& tokens_;
  const uint32_t size_;
  JsonFault fault_;
  std::string unescaped_;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The number of "hhhh" at the beginning of `text`; -1 where it does not begin so.
int hex_word(std::string_view text) {
  if (text.size() < 4) return -1;
  int word = 0;
  for (size_t i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    word = word * 16 + digit;
  }
  return word;
}

char* put_utf8(char* to, uint32_t code) {
  const auto put = [&to](uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
    put(0x80 | (code & 0x3f));
  }
  return to;
}

// Reads "hhhh", or "hhhh\uhhhh" for a surrogate pair, off `rest`. Zero: not a character that text
// can hold.
uint32_t take_code(std::string_view& rest) {
  const int high = hex_word(rest);
  if (high < 0) return 0;
  rest.remove_prefix(4);
  if (high < 0xd800 || high > 0xdfff) return static_cast<uint32_t>(high);
  if (high > 0xdbff || !rest.starts_with("\\u")) return 0;
  const int low = hex_word(rest.substr(2));
  if (low < 0xdc00 || low > 0xdfff) return 0;
  rest.remove_prefix(6);
  return 0x10000 + (static_cast<uint32_t>(high - 0xd800) << 10) +
         static_cast<uint32_t>(low - 0xdc00);
}

// What a backslash and `letter` stand for; zero for no such escape.
char short_escape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/': return letter;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return '\0';
  }
}

}  // namespace

bool unescape(std::string_view inside, char* to, size_t& size) {
  char* next = to;
  while (!inside.empty()) {
    const size_t plain = std::min(inside.find('\\'), inside.size());
    std::memcpy(next, inside.data(), plain);
    next += plain;
    inside.remove_prefix(plain);
    if (inside.empty()) break;
    if (inside.size() < 2) return false;
    const char letter = inside[1];
    inside.remove_prefix(2);
    if (letter == 'u') {
      const uint32_t code = take_code(inside);
      if (code == 0) return false;
      next = put_utf8(next, code);
    } else {
      const char c = short_escape(letter);
      if (c == '\0') return false;
      *next++ = c;
    }
  }
  size = static_cast<size_t>(next - to);
  return true;
}

bool is_json_number(std::string_view token) {
  const auto take_digits = [&token] {
    size_t count = 0;
    while (count < token.size() && token[count] >= '0' && token[count] <= '9') ++count;
    token.remove_prefix(count);
    return count;
  };
  if (token.starts_with('-')) token.remove_prefix(1);
  const bool starts_with_zero = token.starts_with('0');
  const size_t whole = take_digits();
  if (whole == 0 || (starts_with_zero && whole > 1)) return false;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (take_digits() == 0) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('-') || token.starts_with('+')) token.remove_prefix(1);
    if (take_digits() == 0) return false;
  }
  return token.empty();
}

JsonFault walk(const JsonTokens& tokens, JsonNode& root) {
  if (tokens.first_byte(0) != '{')
    return {.what = "the record is not an object", .token = tokens.size()};
  Walk reader(tokens);
  const uint32_t end = reader.object(root, 1);
  if (end == kBroken) return reader.fault();
  if (end != tokens.size()) return {.what = "something follows the object", .token = end};
  return {};
}

}  // namespace weir
