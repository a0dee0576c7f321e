#include "runtime/coordinator/api_request.h"

#include "engine/data/text_form.h"
#include "engine/expr/nearest_name.h"
#include "engine/plan/options.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace weir {
namespace {

namespace json = boost::json;

std::optional<uint8_t> hex_pair(std::string_view digits) {
  uint8_t value = 0;
  if (digits.size() != 2) return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + 2, value, 16);
  if (error != std::errc() || end != digits.data() + 2) return std::nullopt;
  return value;
}

Result<std::string> decoded(std::string_view text, bool in_query) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && in_query) {
      result += ' ';
    } else if (text[i] != '%') {
      result += text[i];
    } else {
      const std::optional<uint8_t> byte = hex_pair(text.substr(i + 1, 2));
      if (!byte.has_value() || *byte == 0) {
        return user_error(
            fmt::format("'{}' in the address is no escape: write %25 for a percent "
                        "sign",
                        text.substr(i, 3)));
      }
      result += static_cast<char>(*byte);
      i += 2;
    }
  }
  if (!is_utf8(result)) return user_error("the address is not UTF-8 behind its escapes");
  return result;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(at), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// "application/json; charset=utf-8" to "application/json"
std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return type;
}

Status known_names(std::string_view name, const std::vector<std::string>& known,
                   std::string_view what) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return {};
  const std::string near = did_you_mean(name, known);
  return user_error(
      fmt::format("unknown {} \"{}\"{}", what, name,
                  near.empty() ? fmt::format("; known are {}", fmt::join(known, ", ")) : near));
}

// An object with no other keys than these. `body` is what error messages call it.
Result<json::object> read_object(std::string_view text, const std::vector<std::string>& known) {
  json::error_code error;
  json::value value = json::parse(json::string_view(text), error);
  if (error) return user_error("the body of the request is no JSON: " + error.message());
  if (!value.is_object()) return user_error("the body of the request must be a JSON object");
  for (const json::key_value_pair& field : value.get_object()) {
    TRY(known_names(field.key(), known, "key"));
  }
  return std::move(value.get_object());
}

Result<std::string> text_of(const json::value& value, std::string_view key) {
  if (const json::string* text = value.if_string()) return std::string(std::string_view(*text));
  return user_error(fmt::format("\"{}\" must be a text", key));
}

Result<uint32_t> instances_of(const json::value& value) {
  const int64_t* number = value.if_int64();
  if (number != nullptr && *number >= 1 && *number <= kParallelismMax) {
    return static_cast<uint32_t>(*number);
  }
  return user_error(fmt::format("\"parallelism\" must be a number from 1 to {}, but is {}",
                                kParallelismMax, json::serialize(value)));
}

// Values are texts, but people write 4 and true. They are not shown: they may be secrets.
Result<std::map<std::string, std::string>> texts_of(const json::value& value,
                                                    std::string_view key) {
  const json::object* object = value.if_object();
  if (object == nullptr) return user_error(fmt::format("\"{}\" must be an object", key));
  std::map<std::string, std::string> texts;
  for (const json::key_value_pair& field : *object) {
    const json::value& each = field.value();
    const std::string name(field.key());
    if (each.is_string()) {
      texts[name] = std::string(std::string_view(each.get_string()));
    } else if (each.is_primitive() && !each.is_null()) {
      texts[name] = json::serialize(each);
    } else {
      return user_error(fmt::format("\"{}\" in \"{}\" must be a text", name, key));
    }
  }
  return texts;
}

Status set_script(SubmitRequest& submit, std::string_view key, const json::value& value) {
  if (!submit.script.empty()) {
    return user_error("give the job as \"sql\" or as \"graph\", not both");
  }
  submit.kind = key == "sql" ? ScriptKind::kSql : ScriptKind::kGraphJson;
  if (key == "graph" && value.is_object()) {
    submit.script = json::serialize(value);
  } else {
    submit.script = TRY(text_of(value, key));
  }
  if (submit.script.empty()) return user_error(fmt::format("\"{}\" is empty", key));
  return {};
}

Status set_field(SubmitRequest& submit, std::string_view key, const json::value& value) {
  if (key == "sql" || key == "graph") return set_script(submit, key, value);
  if (key == "name") {
    submit.name = TRY(text_of(value, key));
  } else if (key == "file") {
    submit.file = TRY(text_of(value, key));
  } else if (key == "from") {
    submit.from = TRY(text_of(value, key));
  } else if (key == "parallelism") {
    submit.parallelism = TRY(instances_of(value));
  } else if (key == "variables") {
    submit.variables = TRY(texts_of(value, key));
  } else if (key == "settings") {
    submit.settings = TRY(texts_of(value, key));
  } else if (value.is_bool()) {
    submit.fork = value.get_bool();
  } else {
    return user_error("\"fork\" must be true or false");
  }
  return {};
}

Result<SubmitRequest> submit_of_json(std::string_view body) {
  const json::object object = TRY(read_object(body, {"name", "sql", "graph", "file", "parallelism",
                                                     "from", "fork", "variables", "settings"}));
  SubmitRequest submit;
  for (const json::key_value_pair& field : object) {
    TRY(set_field(submit, field.key(), field.value()));
  }
  if (submit.script.empty()) {
    return user_error("the request names no job: give its script as \"sql\", or a \"graph\"");
  }
  return submit;
}

Result<SubmitRequest> submit_of_sql(const ApiTarget& target, const std::string& body) {
  SubmitRequest submit{.script = body};
  for (const auto& [name, value] : target.query) {
    TRY(known_names(name, {"name", "parallelism", "from", "fork"}, "parameter"));
    json::value field = json::string(value);
    json::error_code error;
    if (name == "parallelism" || name == "fork") field = json::parse(value, error);
    if (error) return user_error(fmt::format("{}={} is no value for it", name, value));
    TRY(set_field(submit, name, field));
  }
  if (submit.script.empty()) return user_error("the body of the request is empty: send the script");
  if (!is_utf8(submit.script)) return user_error("the script in the body is not valid UTF-8");
  return submit;
}

Status check_submit(const SubmitRequest& submit) {
  if (submit.fork && submit.from.empty()) {
    return user_error("fork makes a new lineage from a savepoint: say which one with from");
  }
  if (submit.name.find_first_of("\r\n\t") != std::string::npos) {
    return user_error("a name of a job is one line of text");
  }
  return {};
}

}  // namespace

Result<ApiTarget> parse_target(std::string_view target) {
  const bool is_plain =
      std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (!is_plain) return user_error("the address holds bytes that must be escaped, as %20");
  const size_t question = target.find('?');
  ApiTarget result;
  for (const std::string_view part : split(target.substr(0, question), '/')) {
    result.path.push_back(TRY(decoded(part, false)));
  }
  if (question == std::string_view::npos) return result;
  for (const std::string_view part : split(target.substr(question + 1), '&')) {
    const size_t equals = std::min(part.find('='), part.size());
    std::string name = TRY(decoded(part.substr(0, equals), true));
    std::string value = TRY(decoded(part.substr(std::min(equals + 1, part.size())), true));
    if (!result.query.emplace(name, std::move(value)).second) {
      return user_error(fmt::format("parameter \"{}\" stands twice", name));
    }
  }
  return result;
}

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

Result<SubmitRequest> read_submit(const ApiTarget& target, const ApiRequest& request) {
  const std::string type = media_type(request.content_type);
  SubmitRequest submit;
  if (type == "application/json" || type.empty()) {
    submit = TRY(submit_of_json(request.body));
  } else if (type == "text/plain" || type == "application/sql") {
    submit = TRY(submit_of_sql(target, request.body));
  } else {
    return user_error(fmt::format(
        "a job cannot be read from a body of type {}: send application/json, or application/sql "
        "for a script (curl -H 'Content-Type: application/sql' --data-binary @job.sql)",
        type));
  }
  TRY(check_submit(submit));
  return submit;
}

Result<std::string> read_place(const ApiRequest& request) {
  if (request.body.empty()) return std::string();
  const json::object object = TRY(read_object(request.body, {"to"}));
  const json::value* place = object.if_contains("to");
  return place == nullptr ? std::string() : text_of(*place, "to");
}

Result<uint32_t> read_parallelism(const ApiRequest& request) {
  const json::object object = TRY(read_object(request.body, {"parallelism"}));
  const json::value* number = object.if_contains("parallelism");
  if (number == nullptr) return user_error("say how many instances: {\"parallelism\": 4}");
  return instances_of(*number);
}

}  // namespace weir
