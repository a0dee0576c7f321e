#include "operators/connectors/formats/json_tokens.h"

#include "engine/base/check.h"

#include <simdjson.h>

#include <algorithm>

namespace weir {
namespace {

using Parser = simdjson::internal::dom_parser_implementation;

constexpr size_t kFirstCapacity = 64 << 10;  // Bytes of record; grows with the longest seen.
constexpr size_t kDepthUnused = 1;           // For the second stage, which is not run.

}  // namespace

struct JsonTokens::Scanner {
  std::unique_ptr<Parser> parser;
  size_t capacity = 0;

  bool make_room(size_t size);
};

bool JsonTokens::Scanner::make_room(size_t size) {
  const size_t wanted = std::max({kFirstCapacity, 2 * capacity, size});
  const simdjson::error_code error =
      simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, kDepthUnused,
                                                                              parser);
  capacity = error == simdjson::SUCCESS ? wanted : 0;
  return error == simdjson::SUCCESS;
}

JsonTokens::JsonTokens() : scanner_(std::make_unique<Scanner>()) {}
JsonTokens::~JsonTokens() = default;

JsonScan JsonTokens::scan(std::string_view record) {
  size_ = 0;
  if (record.empty()) return JsonScan::kEmpty;
  if (record.size() > scanner_->capacity && !scanner_->make_room(record.size())) {
    return JsonScan::kTooLong;
  }
  Parser& parser = *scanner_->parser;
  const simdjson::error_code error = parser.stage1(reinterpret_cast<const uint8_t*>(record.data()),
                                                   record.size(), simdjson::stage1_mode::regular);
  if (error == simdjson::SUCCESS) [[likely]] {
    record_ = record.data();
    places_ = parser.structural_indexes.get();
    size_ = parser.n_structural_indexes;
    return size_ == 0 ? JsonScan::kEmpty : JsonScan::kOk;
  }
  switch (error) {
    case simdjson::EMPTY: return JsonScan::kEmpty;
    case simdjson::UTF8_ERROR: return JsonScan::kNotUtf8;
    case simdjson::UNCLOSED_STRING: return JsonScan::kOpenString;
    case simdjson::UNESCAPED_CHARS: return JsonScan::kControlCharacter;
    default: return JsonScan::kTooLong;
  }
}

}  // namespace weir
