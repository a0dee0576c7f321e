#include "operators/connectors/formats/json_decoder.h"

#include "engine/data/text_form.h"
#include "operators/connectors/formats/bad_record.h"
#include "operators/connectors/formats/field_text.h"
#include "operators/connectors/formats/json_tokens.h"
#include "operators/connectors/formats/json_walk.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <utility>

namespace weir {
namespace {

JsonNode node_of(const std::vector<Field>& fields, size_t count, const NeededColumns& needed) {
  JsonNode node;
  for (size_t i = 0; i < count; ++i) {
    const bool whole = needed.empty();
    if (!whole && !needed[i].needed) continue;
    JsonField field{.key = fields[i].name, .column = i, .node = nullptr};
    if (fields[i].type.kind() == TypeKind::kComposite) {
      const std::vector<Field>& inside = fields[i].type.fields().fields;
      field.node = std::make_unique<JsonNode>(
          node_of(inside, inside.size(), whole ? NeededColumns() : needed[i].fields));
    }
    node.fields.push_back(std::move(field));
  }
  return node;
}

// The number that `size` digits at `text` stand for; above 99,999,999 where they are not all
// digits. Eight characters are computed with at once. REQUIRES: size <= 8, and 8 readable bytes.
uint64_t eight_digits(const char* text, size_t size) {
  constexpr uint64_t kEach = 0x0101010101010101;
  uint64_t word;
  std::memcpy(&word, text, sizeof word);
  if (size == 0) return 0;
  // Little-endian: the shift throws away what follows the digits and puts zeros before them.
  word = (word ^ '0' * kEach) << (8 * (8 - size));
  if ((((word + 0x76 * kEach) | word) & 0x80 * kEach) != 0) return ~uint64_t{0};
  word = word * 10 + (word >> 8);
  constexpr uint64_t kPairs = 0x000000ff000000ff;
  return ((word & kPairs) * (100 + (uint64_t{1000000} << 32)) +
          ((word >> 16) & kPairs) * (1 + (uint64_t{10000} << 32))) >>
         32;
}

// The integer of up to 16 digits that the token is; absent for everything else, right or wrong.
// REQUIRES: 16 readable bytes.
inline std::optional<int64_t> short_integer(std::string_view token) {
  const bool negative = token.front() == '-';
  const char* digits = token.data() + (negative ? 1 : 0);
  const size_t size = token.size() - (negative ? 1 : 0);
  if (size - 1 > 15 || (*digits == '0' && size > 1)) return std::nullopt;
  constexpr uint64_t kDigitsMax = 99'999'999;
  uint64_t value = eight_digits(digits, size <= 8 ? size : size - 8);
  if (value > kDigitsMax) return std::nullopt;
  if (size > 8) {
    const uint64_t low = eight_digits(digits + (size - 8), 8);
    if (low > kDigitsMax) return std::nullopt;
    value = value * (kDigitsMax + 1) + low;
  }
  const int64_t magnitude = static_cast<int64_t>(value);
  return negative ? -magnitude : magnitude;
}

class JsonDecoder : public Decoder {
 public:
  JsonDecoder(const FormatOptions& options, const RowShape& shape)
      : unit_(options.timestamp_unit),
        bytes_max_(options.max_record_bytes),
        root_(node_of(shape.schema->fields, shape.payload_fields(), shape.needed)) {}

  bool is_blank(std::string_view line) const override {
    if (!line.empty() && line.front() == '{') [[likely]]
      return false;
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
  }

  void decode(const RawRecord& record, RowsWriter& rows, std::vector<BadRecord>& bad) override {
    if (!has_allowed_size(record, bytes_max_, bad)) return;
    const JsonScan scan = tokens_.scan(record.payload);
    if (scan != JsonScan::kOk) [[unlikely]] {
      return bad.push_back(unscannable(record, scan));
    }
    const JsonFault fault = walk(tokens_, root_);
    if (fault.what != nullptr) [[unlikely]] {
      return bad.push_back(bad_record(record, bytes_max_, text_of(fault, record), "not JSON"));
    }
    for (const JsonField& field : root_.fields) {
      if (append(field, *rows.column(field.column))) [[likely]]
        continue;
      rows.drop_row();
      const std::string path = field.key + std::exchange(path_, {});
      return bad.push_back(bad_record(record, bytes_max_,
                                      fmt::format("column {}: {}", path, reason_),
                                      std::exchange(label_, {})));
    }
    rows.end_row(record);
  }

 private:
  std::string text_of(const JsonFault& fault, const RawRecord& record) const {
    if (fault.token >= tokens_.size()) return fault.what;
    const auto before = tokens_.begin_of(fault.token) - record.payload.data();
    return fmt::format("{}, at byte {} of the record", fault.what, before + 1);
  }

  BadRecord unscannable(const RawRecord& record, JsonScan scan) const {
    switch (scan) {
      case JsonScan::kOk: break;
      case JsonScan::kEmpty:
        return bad_record(record, bytes_max_, "the record is empty", "not JSON");
      case JsonScan::kNotUtf8:
        return bad_record(record, bytes_max_, "the record is not valid UTF-8",
                          std::string(kNotUtf8Label));
      case JsonScan::kOpenString:
        return bad_record(record, bytes_max_, "the record ends inside a string", "not JSON");
      case JsonScan::kControlCharacter:
        return bad_record(record, bytes_max_,
                          "a string holds a control character that is not escaped", "not JSON");
      case JsonScan::kTooLong:
        return bad_record(record, bytes_max_,
                          "the record is too long to be read as JSON: lower max_record_bytes",
                          "too long");
    }
    unreachable();
  }

  // Appends the field's value, or says false with reason_, label_ and path_ filled.
  bool append(const JsonField& field, ColumnWriter& writer) {
    const uint32_t token = field.value;
    if (token == 0) {
      writer.append_null();
      return true;
    }
    switch (tokens_.first_byte(token)) {
      case '"': return append_string(token, writer);
      case '{':
        if (field.node != nullptr) return append_object(*field.node, writer);
        [[fallthrough]];
      case '[': return append_json(token, writer);
      default: return append_word(token, writer);
    }
  }

  bool append_object(const JsonNode& node, ColumnWriter& writer) {
    for (const JsonField& field : node.fields) {
      if (append(field, writer.child(field.column))) [[likely]]
        continue;
      path_ = "." + field.key + path_;
      return false;
    }
    writer.append_composite();
    return true;
  }

  bool append_string(uint32_t token, ColumnWriter& writer) {
    const char* begin = tokens_.begin_of(token) + 1;
    const std::string_view inside(begin, static_cast<size_t>(tokens_.end_of(token) - 1 - begin));
    const TypeKind kind = writer.type().kind();
    if (kind == TypeKind::kTimestamp || kind == TypeKind::kTimestamptz) {
      // Nearly always without escapes; with them it cannot be read, and is tried again below.
      const Result<int64_t> micros = parse_timestamp(inside, kind == TypeKind::kTimestamptz);
      if (micros.ok()) [[likely]] {
        writer.append(*micros);
        return true;
      }
    }
    const bool is_escaped = std::memchr(inside.data(), '\\', inside.size()) != nullptr;
    if (kind == TypeKind::kText) {
      if (is_escaped) return append_escaped(inside, writer);
      writer.append_text(inside);
      return true;
    }
    if (!is_escaped) return append_inside(inside, writer);
    scratch_.resize(inside.size());
    size_t size = 0;
    if (!unescape(inside, scratch_.data(), size)) return wrong_escape(inside, writer);
    return append_inside(std::string_view(scratch_.data(), size), writer);
  }

  // What a string stands for, for a column that is not text.
  bool append_inside(std::string_view text, ColumnWriter& writer) {
    switch (writer.type().kind()) {
      case TypeKind::kBytea: {
        const Result<std::string> bytes = parse_base64(text);
        if (!bytes.ok()) return wrong(bytes.error().message, writer);
        writer.append_text(*bytes);
        return true;
      }
      case TypeKind::kComposite:
      case TypeKind::kArray:
        return wrong(fmt::format("expected an object, not the string '{}'", shown(text)), writer);
      default: {
        const Status status = append_parsed(writer, text);
        return status.ok() || wrong(status.error().message, writer);
      }
    }
  }

  // Straight into the arena, where an unescaped string needs no more room than the escaped one.
  bool append_escaped(std::string_view inside, ColumnWriter& writer) {
    Arena& arena = writer.arena();
    size_t size = 0;
    if (!unescape(inside, arena.reserve(inside.size()), size)) return wrong_escape(inside, writer);
    writer.append_view(arena.commit(size));
    return true;
  }

  // An object or an array for a column that is no composite.
  bool append_json(uint32_t token, ColumnWriter& writer) {
    if (writer.type().kind() != TypeKind::kText) {
      const bool is_composite = writer.type().kind() == TypeKind::kComposite;
      return wrong(fmt::format("expected {}, not {}", is_composite ? "an object" : "a value",
                               shown_value(token)),
                   writer);
    }
    writer.append_text(raw_json(token));
    return true;
  }

  // A number, true, false or null.
  bool append_word(uint32_t token, ColumnWriter& writer) {
    const char* begin = tokens_.begin_of(token);
    const std::string_view word(begin, static_cast<size_t>(tokens_.end_of(token) - begin));
    if (*begin <= '9') return append_number(word, writer);
    if (word == "null") {
      writer.append_null();
      return true;
    }
    if (word == "true" || word == "false") return append_boolean(word, writer);
    return wrong(fmt::format("{} is not a JSON value", shown(word)), writer);
  }

  bool append_number(std::string_view word, ColumnWriter& writer) {
    const TypeKind kind = writer.type().kind();
    if (kind == TypeKind::kBigint || kind == TypeKind::kInt) {
      const std::optional<int64_t> value = short_integer(word);
      if (value && kind == TypeKind::kBigint) [[likely]] {
        writer.append(*value);
        return true;
      }
      if (value && *value == static_cast<int32_t>(*value)) {
        writer.append(static_cast<int32_t>(*value));
        return true;
      }
    }
    if (!is_json_number(word)) {
      return wrong(fmt::format("{} is not a JSON value", shown(word)), writer);
    }
    return append_any_number(word, writer);
  }

  bool append_boolean(std::string_view word, ColumnWriter& writer) {
    if (writer.type().kind() == TypeKind::kBoolean) {
      writer.append_bool(word == "true");
    } else if (writer.type().kind() == TypeKind::kText) {
      writer.append_text(word);
    } else {
      return wrong(fmt::format("cannot read {} as {}", word, to_text(writer.type())), writer);
    }
    return true;
  }

  bool append_any_number(std::string_view word, ColumnWriter& writer) {
    const Type& type = writer.type();
    if (type.is_time() && word.find_first_of(".eE") == std::string_view::npos) {
      return append_result(timestamp_of_integer(word, unit_), writer);
    }
    if (!type.is_number() && type.kind() != TypeKind::kText) {
      return wrong(fmt::format("cannot read the number {} as {}", shown(word), to_text(type)),
                   writer);
    }
    Status status = append_parsed(writer, word);
    return status.ok() || wrong(status.error().message, writer);
  }

  bool append_result(const Result<int64_t>& value, ColumnWriter& writer) {
    if (!value.ok()) [[unlikely]]
      return wrong(value.error().message, writer);
    writer.append(*value);
    return true;
  }

  // The object or array that begins at `token`, as it stands in the record. The walk saw it end.
  std::string_view raw_json(uint32_t token) const {
    const char* begin = tokens_.begin_of(token);
    uint32_t depth = 0;
    for (;; ++token) {
      const char c = tokens_.first_byte(token);
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return {begin, static_cast<size_t>(tokens_.begin_of(token) + 1 - begin)};
  }

  std::string shown_value(uint32_t token) const {
    const char c = tokens_.first_byte(token);
    if (c == '{' || c == '[') return shown(raw_json(token));
    const char* begin = tokens_.begin_of(token);
    return shown({begin, static_cast<size_t>(tokens_.end_of(token) - begin)});
  }

  bool wrong(std::string reason, const ColumnWriter& writer) {
    reason_ = std::move(reason);
    label_ = bad_value_label(writer.type());
    return false;
  }

  bool wrong_escape(std::string_view inside, const ColumnWriter& writer) {
    return wrong(
        fmt::format("'{}' holds an escape that stands for no character of text", shown(inside)),
        writer);
  }

  // Constant after construction.
  const TimestampUnit unit_;
  const size_t bytes_max_;

  // Of the record being decoded.
  JsonTokens tokens_;
  JsonNode root_;
  std::string scratch_;
  // Why the value was refused, its label, and below which field of the column it stands.
  std::string reason_;
  std::string label_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> make_json_decoder(const FormatOptions& options,
                                                   const RowShape& shape) {
  TRY(check_readable(shape, options.format, true));
  return std::make_unique<JsonDecoder>(options, shape);
}

}  // namespace weir
