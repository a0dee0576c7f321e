// job_graph_schema of graph_text.h: the JSON Schema of what graph_reader.cc reads.
#include "engine/plan/graph_text.h"
#include "engine/plan/spec_fields.h"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir {
namespace {

namespace json = boost::json;

template <typename Spec>
json::object object_schema();

// What a value of this member looks like.
template <typename T>
struct SchemaOf {
  static json::object get() {
    if constexpr (std::is_enum_v<T>) {
      json::array names;
      for (const std::string_view name : choice_names(T())) names.emplace_back(name);
      return {{"enum", std::move(names)}};
    } else {
      return object_schema<T>();
    }
  }
};
template <typename T>
struct SchemaOf<std::vector<T>> {
  static json::object get() { return {{"type", "array"}, {"items", SchemaOf<T>::get()}}; }
};
template <typename T>
struct SchemaOf<std::optional<T>> : SchemaOf<T> {};
template <>
struct SchemaOf<std::string> {
  static json::object get() { return {{"type", "string"}}; }
};
template <>
struct SchemaOf<ExprPtr> : SchemaOf<std::string> {};
template <>
struct SchemaOf<size_t> : SchemaOf<std::string> {};  // A column's name
template <>
struct SchemaOf<int64_t> {
  static json::object get() {
    return {{"type", "string"}, {"examples", json::array{"10 seconds", "1 minute"}}};
  }
};
template <>
struct SchemaOf<bool> {
  static json::object get() { return {{"type", "boolean"}}; }
};
template <>
struct SchemaOf<uint32_t> {
  static json::object get() { return {{"type", "integer"}, {"minimum", 0}}; }
};
template <>
struct SchemaOf<Type> {
  static json::object get() { return {{"$ref", "#/$defs/type"}}; }
};
template <>
struct SchemaOf<OptionMap> {
  static json::object get() {
    return {{"type", "object"},
            {"additionalProperties",
             json::object{{"type", json::array{"string", "integer", "boolean"}}}}};
  }
};

struct PropertyWriter {
  json::object properties;
  json::array required;

  template <typename Spec, typename T>
  void operator()(const FieldKey& key, T Spec::*) {
    json::object property = SchemaOf<T>::get();
    if (key.scope == FieldScope::kNone) {
      property = {{"type", json::array{"string", "integer"}}};
    }
    property["description"] = key.sentence;
    properties[key.name] = std::move(property);
    if (key.presence == FieldPresence::kRequired) required.emplace_back(key.name);
  }
};

json::object closed_object(PropertyWriter writer) {
  json::object object{{"type", "object"}, {"properties", std::move(writer.properties)}};
  if (!writer.required.empty()) object["required"] = std::move(writer.required);
  object["additionalProperties"] = false;
  return object;
}

template <typename Spec>
json::object object_schema() {
  PropertyWriter writer;
  visit_fields(writer, FieldsOf<Spec>());
  return closed_object(std::move(writer));
}

template <typename Spec>
json::object vertex_schema() {
  PropertyWriter writer;
  writer.properties["id"] = {{"type", "string"},
                             {"description", "names the step and its state, for ever"}};
  writer.properties["kind"] = {{"const", kind_name(Spec())}};
  writer.required = {"id", "kind"};
  visit_fields(writer, FieldsOf<Spec>());
  return closed_object(std::move(writer));
}

json::object edge_schema() {
  PropertyWriter writer;
  writer.properties["from"] = {{"type", "string"}, {"description", "the id of a step"}};
  writer.properties["to"] = {{"type", "string"}, {"description", "the id of a step"}};
  writer.properties["port"] = {{"enum", json::array{"rows", "bad", "late"}},
                               {"description", "which rows of the step; without it \"rows\""}};
  writer.properties["input"] = {{"enum", json::array{"left", "right"}},
                                {"description", "of a join: which of its sides"}};
  writer.properties["hash"] = {{"type", "array"},
                               {"items", json::object{{"type", "string"}}},
                               {"description", "rows equal in these columns meet in one place"}};
  writer.properties["distribution"] = {
      {"enum", json::array{"forward", "rebalance", "broadcast"}},
      {"description", "how rows reach the instances of the step; without it \"forward\""}};
  writer.required = {"from", "to"};
  return closed_object(std::move(writer));
}

json::object type_schema() {
  const json::object type{{"$ref", "#/$defs/type"}};
  PropertyWriter field;
  field.properties = {{"name", json::object{{"type", "string"}}}, {"type", type}};
  field.required = {"name", "type"};
  PropertyWriter composite;
  composite.properties = {
      {"name", json::object{{"type", "string"}}},
      {"fields", json::object{{"type", "array"}, {"items", closed_object(std::move(field))}}}};
  composite.required = {"name", "fields"};
  PropertyWriter array;
  array.properties = {{"array", type}};
  array.required = {"array"};
  json::array forms;
  forms.push_back(json::object{{"type", "string"},
                               {"examples", json::array{"bigint", "numeric(12,2)", "text[]"}}});
  forms.push_back(closed_object(std::move(composite)));
  forms.push_back(closed_object(std::move(array)));
  return {{"anyOf", std::move(forms)}};
}

}  // namespace

std::string job_graph_schema() {
  json::array vertices;
  vertices.push_back(vertex_schema<SourceSpec>());
  vertices.push_back(vertex_schema<ProjectSpec>());
  vertices.push_back(vertex_schema<WindowAggregateSpec>());
  vertices.push_back(vertex_schema<AssignWindowSpec>());
  vertices.push_back(vertex_schema<ProcessingTimeSpec>());
  vertices.push_back(vertex_schema<WindowRankSpec>());
  vertices.push_back(vertex_schema<OverSpec>());
  vertices.push_back(vertex_schema<SuppressSpec>());
  vertices.push_back(vertex_schema<IntervalJoinSpec>());
  vertices.push_back(vertex_schema<WindowJoinSpec>());
  vertices.push_back(vertex_schema<GroupAggregateSpec>());
  vertices.push_back(vertex_schema<TopSpec>());
  vertices.push_back(vertex_schema<EquiJoinSpec>());
  vertices.push_back(vertex_schema<AsOfJoinSpec>());
  vertices.push_back(vertex_schema<FoldSpec>());
  vertices.push_back(vertex_schema<UnionSpec>());
  vertices.push_back(vertex_schema<SinkSpec>());
  PropertyWriter root;
  root.properties["options"] = object_schema<JobOptions>();
  root.properties["vertices"] = {{"type", "array"},
                                 {"items", json::object{{"oneOf", std::move(vertices)}}}};
  root.properties["edges"] = {{"type", "array"}, {"items", edge_schema()}};
  root.properties["plan"] = {{"description", "what explain says of the graph; not read"}};
  root.required = {"vertices", "edges"};
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "Weir job graph"}};
  const json::object body = closed_object(std::move(root));
  for (const json::key_value_pair& each : body) schema[each.key()] = each.value();
  schema["$defs"] = {{"type", type_schema()}};
  return json::serialize(schema) + "\n";
}

}  // namespace weir
