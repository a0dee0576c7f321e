#include "engine/sql/ast.h"

#include "engine/sql/syntax_hint.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <pg_query.h>

#include <algorithm>
#include <optional>

namespace weir {
namespace json = boost::json;
namespace {

// The parser's stack grows with the length of an expression: these keep it, and ours, far from
// their ends.
constexpr size_t kScriptBytesMax = 512 << 10;
constexpr size_t kStatementBytesMax = 100'000;
constexpr size_t kTreeDepthMax = 1200;

Node node_of(const json::value& value) {
  if (!value.is_object()) return {};
  const json::object& object = value.get_object();
  if (object.size() != 1 || !object.begin()->value().is_object()) return {};
  return {std::string_view(object.begin()->key()), &object.begin()->value().get_object()};
}

constexpr size_t kNowhere = static_cast<size_t>(-1);

size_t first_location(const json::value& value);

size_t first_location(const json::object& object) {
  if (const json::value* own = object.if_contains("location");
      own != nullptr && own->is_int64() && own->get_int64() >= 0) {
    return static_cast<size_t>(own->get_int64());
  }
  size_t first = kNowhere;
  for (const auto& [key, value] : object) first = std::min(first, first_location(value));
  return first;
}

size_t first_location(const json::value& value) {
  if (value.is_object()) return first_location(value.get_object());
  if (!value.is_array()) return kNowhere;
  size_t first = kNowhere;
  for (const json::value& entry : value.get_array()) first = std::min(first, first_location(entry));
  return first;
}

// Of the first word behind white space and comments.
size_t skip_to_word(const std::string& text, size_t at) {
  while (at < text.size()) {
    if (text.compare(at, 2, "--") == 0) {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.compare(at, 2, "/*") == 0) {
      const size_t end = text.find("*/", at);
      at = end == std::string::npos ? text.size() : end + 2;
    } else if (std::string_view(" \t\r\n\f;").find(text[at]) != std::string_view::npos) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

Error syntax_error(const ScriptText& script, const PgQueryError& error) {
  const size_t character = error.cursorpos > 0 ? static_cast<size_t>(error.cursorpos) - 1 : 0;
  const size_t offset = script.offset_of_character(character);
  const std::string_view variable = script.variable_at(offset);
  if (!variable.empty()) {
    return script.refuse(offset, fmt::format("syntax error in the value of ${{{}}}", variable));
  }
  std::string message = error.message;
  // What was opened and not closed runs to the end of the script.
  if (message.starts_with("unterminated")) message.resize(message.find(" at or near"));
  const size_t line_end = message.find('\n');
  if (line_end != std::string::npos) message.replace(line_end, std::string::npos, "...\"");
  if (message.starts_with("memory exhausted")) message = "this is nested too deeply";
  const std::optional<std::string> hint = syntax_hint(script.text(), offset);
  return script.refuse(offset, hint ? fmt::format("{}: {}", message, *hint) : message);
}

// Frees what libpg_query allocated.
struct ParseResult {
  explicit ParseResult(const std::string& text) : value(pg_query_parse(text.c_str())) {}
  ~ParseResult() { pg_query_free_parse_result(value); }
  ParseResult(const ParseResult&) = delete;
  ParseResult& operator=(const ParseResult&) = delete;

  PgQueryParseResult value;
};

}  // namespace

bool Node::has(std::string_view field) const {
  return fields_ != nullptr && fields_->if_contains(field) != nullptr;
}

Node Node::child(std::string_view field) const {
  const json::value* value = fields_ == nullptr ? nullptr : fields_->if_contains(field);
  return value == nullptr ? Node() : node_of(*value);
}

Node Node::part(std::string_view field) const {
  const json::value* value = fields_ == nullptr ? nullptr : fields_->if_contains(field);
  return value == nullptr || !value->is_object() ? Node() : Node("", &value->get_object());
}

std::vector<Node> Node::list(std::string_view field) const {
  std::vector<Node> nodes;
  const json::value* value = fields_ == nullptr ? nullptr : fields_->if_contains(field);
  if (value == nullptr || !value->is_array()) return nodes;
  for (const json::value& entry : value->get_array()) nodes.push_back(node_of(entry));
  return nodes;
}

std::vector<Node> Node::children() const {
  std::vector<Node> nodes;
  const auto add = [&nodes](const json::value& value) {
    if (!value.is_object()) return;
    const Node node = node_of(value);
    nodes.push_back(node ? node : Node("", &value.get_object()));
  };
  if (fields_ == nullptr) return nodes;
  for (const auto& [key, value] : *fields_) {
    add(value);
    if (!value.is_array()) continue;
    for (const json::value& entry : value.get_array()) add(entry);
  }
  return nodes;
}

std::string Node::text(std::string_view field) const {
  const json::value* value = fields_ == nullptr ? nullptr : fields_->if_contains(field);
  return value == nullptr || !value->is_string() ? "" : std::string(value->get_string());
}

int64_t Node::number(std::string_view field) const {
  const json::value* value = fields_ == nullptr ? nullptr : fields_->if_contains(field);
  return value == nullptr || !value->is_int64() ? 0 : value->get_int64();
}

bool Node::flag(std::string_view field) const {
  const json::value* value = fields_ == nullptr ? nullptr : fields_->if_contains(field);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::vector<std::string> Node::names(std::string_view field) const {
  std::vector<std::string> result;
  for (const Node& node : list(field)) result.push_back(node.text("sval"));
  return result;
}

size_t Node::location() const {
  const size_t first = fields_ == nullptr ? kNowhere : first_location(*fields_);
  return first == kNowhere ? 0 : first;
}

ParsedScript::ParsedScript() = default;
ParsedScript::ParsedScript(ParsedScript&&) noexcept = default;
ParsedScript& ParsedScript::operator=(ParsedScript&&) noexcept = default;
ParsedScript::~ParsedScript() = default;

Result<ParsedScript> parse_script(const ScriptText& script) {
  const std::string& text = script.text();
  if (text.size() > kScriptBytesMax) {
    return script.refuse_script(
        fmt::format("the script has {} bytes; at most {} are read", text.size(), kScriptBytesMax));
  }
  const size_t longest = longest_statement(text);
  if (longest > kStatementBytesMax) {
    return script.refuse_script(
        fmt::format("a statement has {} bytes; at most {} are read: split it, with views", longest,
                    kStatementBytesMax));
  }
  const ParseResult parsed(text);
  if (parsed.value.error != nullptr) return syntax_error(script, *parsed.value.error);

  json::parse_options options;
  options.max_depth = kTreeDepthMax;
  boost::system::error_code failure;
  ParsedScript result;
  result.tree_ =
      std::make_unique<json::value>(json::parse(parsed.value.parse_tree, failure, {}, options));
  if (failure) {
    return script.refuse_script(
        "an expression or a subquery is nested too deeply: split it, with views");
  }
  for (const json::value& entry : result.tree_->at("stmts").as_array()) {
    const json::object& fields = entry.as_object();
    const json::value* location = fields.if_contains("stmt_location");
    const size_t begin =
        location == nullptr ? 0 : static_cast<size_t>(location->to_number<int64_t>());
    result.statements_.push_back(
        {.node = node_of(fields.at("stmt")), .location = skip_to_word(text, begin)});
  }
  return result;
}

}  // namespace weir
