// The tokens of one JSON record: where each brace, bracket, colon, comma and value begins, found by
// simdjson's first stage with vector instructions, which also proves the whole record, read or not,
// to be valid UTF-8, its strings closed and free of control characters.
//
// The decoder walks these places itself instead of using simdjson's iterators: it can then pass
// over a value without looking at its bytes, sees where the record really ends, and knows the raw
// bytes of every value. json_tokens.cc is the one file that includes simdjson.
//
// An object of this class belongs to one decoder and one thread. Between a token and the next one
// stands nothing but the token itself and white space; that is what end_of() relies on.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace weir {

enum class JsonScan { kOk, kEmpty, kNotUtf8, kOpenString, kControlCharacter, kTooLong };

class JsonTokens {
 public:
  JsonTokens();
  ~JsonTokens();

  // Finds the tokens of `record`, which must outlive them. With kOk there is at least one.
  JsonScan scan(std::string_view record);

  uint32_t size() const { return size_; }
  // REQUIRES: token < size().
  char first_byte(uint32_t token) const { return record_[places_[token]]; }
  const char* begin_of(uint32_t token) const { return record_ + places_[token]; }
  // Behind the last byte of a value that is no object or array. REQUIRES: token + 1 < size().
  const char* end_of(uint32_t token) const {
    const char* end = record_ + places_[token + 1];
    while (is_space(end[-1])) --end;
    return end;
  }

  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

 private:
  struct Scanner;

  std::unique_ptr<Scanner> scanner_;
  const char* record_ = nullptr;
  const uint32_t* places_ = nullptr;  // Offsets within the record, in ascending order.
  uint32_t size_ = 0;
};

}  // namespace weir
