#include "runtime/coordinator/openapi.h"

#include "runtime/coordinator/api.h"
#include "runtime/coordinator/api_schemas.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

namespace json = boost::json;

json::value text(std::string_view value) { return json::value(json::string_view(value)); }

json::object reference(std::string_view name) {
  return {{"$ref", text(fmt::format("#/components/schemas/{}", name))}};
}

json::object one_of_texts(std::string_view choices) {
  json::array values;
  while (!choices.empty()) {
    const std::string_view choice = choices.substr(0, choices.find('|'));
    values.push_back(text(choice));
    choices.remove_prefix(std::min(choice.size() + 1, choices.size()));
  }
  return {{"type", "string"}, {"enum", std::move(values)}};
}

// The types of api_schemas.h.
json::object schema_of(std::string_view type) {
  const std::string_view inner = type.substr(1, type.size() - 2);
  if (type.ends_with('?')) {
    return {{"anyOf", {schema_of(type.substr(0, type.size() - 1)), {{"type", "null"}}}}};
  }
  if (type.starts_with('[')) return {{"type", "array"}, {"items", schema_of(inner)}};
  if (type.starts_with('{')) {
    return {{"type", "object"}, {"additionalProperties", schema_of(inner)}};
  }
  if (type.find('|') != std::string_view::npos) return one_of_texts(type);
  if (type[0] >= 'A' && type[0] <= 'Z') return reference(type);
  if (type == "time") {
    return {{"type", "string"}, {"description", "RFC 3339 in UTC, or \"infinity\""}};
  }
  return {{"type", text(type)}};
}

void add_fields(std::span<const ApiField> fields, json::object& properties, json::array& required) {
  for (const ApiField& field : fields) {
    const bool optional = field.name.ends_with('?');
    const std::string_view name = field.name.substr(0, field.name.size() - (optional ? 1 : 0));
    json::object schema = schema_of(field.type);
    if (!field.sentence.empty()) schema["description"] = text(field.sentence);
    properties[name] = std::move(schema);
    if (!optional) required.push_back(text(name));
  }
}

json::object object_schema(const ApiSchema& schema) {
  json::object properties;
  json::array required;
  add_fields(schema.fields, properties, required);
  add_fields(schema.more, properties, required);
  json::object object{{"type", "object"}};
  if (!schema.sentence.empty()) object["description"] = text(schema.sentence);
  object["properties"] = std::move(properties);
  object["required"] = std::move(required);
  return object;
}

json::object content(std::string_view answer) {
  if (answer.find('/') != std::string_view::npos) return {{answer, json::object()}};
  return {{"application/json", {{"schema", reference(answer)}}}};
}

json::array parameters(const ApiRoute& route) {
  json::array array;
  for (const std::string_view name : {"job", "number"}) {
    if (route.path.find(fmt::format("{{{}}}", name)) == std::string_view::npos) continue;
    array.push_back(json::object{{"name", text(name)},
                                 {"in", "path"},
                                 {"required", true},
                                 {"description", name == "job" ? "Id or name" : "Its id"},
                                 {"schema", {{"type", "string"}}}});
  }
  for (const ApiParameter& parameter : route.query) {
    array.push_back(json::object{{"name", text(parameter.name)},
                                 {"in", "query"},
                                 {"description", text(parameter.sentence)},
                                 {"schema", schema_of(parameter.type)}});
  }
  return array;
}

json::object operation(const ApiRoute& route) {
  json::object object{{"summary", text(route.sentence)}};
  json::array takes = parameters(route);
  if (!takes.empty()) object["parameters"] = std::move(takes);
  if (!route.body.empty()) {
    json::object body = content(route.body);
    if (route.body == "Submit") body["application/sql"] = {{"schema", {{"type", "string"}}}};
    const bool optional = route.body == "Place";
    object["requestBody"] = {{"required", !optional}, {"content", std::move(body)}};
  }
  object["responses"] = {
      {std::to_string(route.status),
       {{"description", "Done, or begun"}, {"content", content(route.answer)}}},
      {"default",
       {{"description",
         "400 the request is wrong, 404 unknown, 409 not in this state, 503 not now"},
        {"content", content("Error")}}}};
  return object;
}

std::string lower_case(std::string_view method) {
  std::string result(method);
  for (char& c : result) c = static_cast<char>(c - 'A' + 'a');
  return result;
}

}  // namespace

std::string openapi() {
  json::object schemas;
  for (const ApiSchema& schema : api_schemas()) schemas[schema.name] = object_schema(schema);
  json::object paths;
  for (const ApiRoute& route : api_routes()) {
    json::value& path = paths[route.path];
    if (path.is_null()) path.emplace_object();
    path.get_object()[lower_case(route.method)] = operation(route);
  }
  const json::object document{
      {"openapi", "3.1.0"},
      {"info", {{"title", "Weir"}, {"version", "1"}, {"license", {{"name", "Apache-2.0"}}}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", std::move(schemas)},
        {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"security", {json::object(), {{"token", json::array()}}}}};
  return json::serialize(document) + "\n";
}

}  // namespace weir
