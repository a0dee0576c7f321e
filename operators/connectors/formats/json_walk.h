// Finds the values that a job reads within a JSON record, in one pass over its tokens.
//
// A JsonNode describes one level of object: the keys that are wanted there, in the order of the
// columns. After walk(), each wanted field says at which token its value stands. Of doubled keys
// the last wins; unknown keys are passed over. Records of one stream mostly have the same keys in
// the same order, so each node remembers the keys of the object before, and a key costs two
// comparisons of eight bytes.
//
// What is checked: that the record is one object and nothing else, its objects along the way are
// well formed, and every object and array in it is closed. What stands inside values that nobody
// reads is otherwise not looked at.
#pragma once

#include "operators/connectors/formats/json_tokens.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct JsonNode;

struct JsonField {
  std::string key;
  size_t column = 0;               // Of the row, or of the composite that the node stands for.
  std::unique_ptr<JsonNode> node;  // Of a composite.
  // Token of the value; 0 (the record's own brace) where the key is missing.
  uint32_t value = 0;
};

struct JsonNode {
  // A key as it was found last time at its place.
  struct SeenKey {
    uint64_t words[2] = {};      // The first 16 of `bytes`,
    uint64_t masks[2] = {};      // and which of their bits count.
    JsonField* field = nullptr;  // Null: nobody wants it.
    bool is_long = false;        // There are more than 16.
    // What stands between the quotes, escapes unresolved, and the closing quote.
    std::string bytes;
  };

  std::vector<JsonField> fields;
  std::vector<SeenKey> seen;
  size_t seen_count = 0;  // seen.size(), without the division it costs.
};

// Why a record is not usable.
struct JsonFault {
  const char* what = nullptr;  // In words for a person; null: it is usable.
  uint32_t token = 0;          // Where; tokens.size() is the record's end.
};

// Fills JsonField::value below `root`. REQUIRES: scan() said kOk, and 16 readable bytes behind the
// record.
JsonFault walk(const JsonTokens& tokens, JsonNode& root);

// Appends what the inside of a JSON string stands for. False: a broken escape, half a surrogate
// pair, or a zero character, which text cannot hold.
// REQUIRES: room for inside.size() bytes at `to`; sets `size` to those used.
bool unescape(std::string_view inside, char* to, size_t& size);

// Whether `token` is a number as JSON writes it.
bool is_json_number(std::string_view token);

}  // namespace weir
