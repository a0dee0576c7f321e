#include "runtime/cli/yaml.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>

namespace weir {
namespace {

// Deep enough for any graph; a bound against files made to exhaust the stack.
constexpr int kDepthMax = 64;

boost::json::value plain_scalar(const std::string& text) {
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  int64_t integer = 0;
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data(), end, integer).ptr == end) return integer;
  double number = 0;
  if (std::from_chars(text.data(), end, number).ptr == end) return number;
  return boost::json::value(text);
}

Result<boost::json::value> to_value(const YAML::Node& node, int depth) {
  if (depth > kDepthMax) return user_error("the graph file is nested too deeply");
  if (node.IsSequence()) {
    boost::json::array array;
    for (const YAML::Node& item : node) array.push_back(TRY(to_value(item, depth + 1)));
    return boost::json::value(std::move(array));
  }
  if (node.IsMap()) {
    boost::json::object object;
    for (const auto& entry : node) {
      const std::string key = entry.first.as<std::string>();
      if (object.contains(key)) {
        return user_error(
            fmt::format("line {}: key \"{}\" stands twice", entry.first.Mark().line + 1, key));
      }
      object[key] = TRY(to_value(entry.second, depth + 1));
    }
    return boost::json::value(std::move(object));
  }
  if (!node.IsScalar()) return boost::json::value(nullptr);
  // yaml-cpp tags quoted scalars "!".
  if (node.Tag() == "!") return boost::json::value(node.Scalar());
  return plain_scalar(node.Scalar());
}

void emit(YAML::Emitter& out, const boost::json::value& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& entry : value.get_object()) {
      out << YAML::Key << std::string(entry.key()) << YAML::Value;
      emit(out, entry.value());
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::BeginSeq;
    for (const boost::json::value& item : value.get_array()) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const std::string text(value.get_string());
    // What would be read back as something else than a string is quoted.
    if (!plain_scalar(text).is_string()) out << YAML::DoubleQuoted;
    out << text;
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << boost::json::serialize(value);
  }
}

}  // namespace

Result<std::string> yaml_to_json(std::string_view yaml) {
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    const boost::json::value value = TRY(to_value(root, 0));
    return boost::json::serialize(value);
  } catch (const YAML::Exception& error) {
    return user_error(fmt::format("not YAML: line {}, column {}: {}", error.mark.line + 1,
                                  error.mark.column + 1, error.msg));
  }
}

std::string json_to_yaml(std::string_view json) {
  YAML::Emitter out;
  emit(out, boost::json::parse(boost::json::string_view(json.data(), json.size())));
  return std::string(out.c_str()) + "\n";
}

}  // namespace weir
