// to_json of graph_text.h. graph_reader.cc reads it back.
#include "engine/plan/graph_text.h"

#include "engine/plan/json_text.h"
#include "engine/plan/spec_fields.h"
#include "engine/plan/type_json.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <utility>

namespace weir {
namespace {

namespace json = boost::json;

// Whether nothing needs to be written, as reading nothing gives the same.
bool is_unset(const std::string& text, const std::string&) { return text.empty(); }
bool is_unset(const ExprPtr& expr, const ExprPtr&) { return expr == nullptr; }
bool is_unset(const OptionMap& options, const OptionMap&) { return options.empty(); }
template <typename T>
bool is_unset(const std::vector<T>& list, const std::vector<T>&) {
  return list.empty();
}
template <typename T>
bool is_unset(const T& value, const T& fallback) {
  return value == fallback;
}

// What a reader takes for granted about the rest of a struct, beside each field's own default.
template <typename Spec>
bool follows(const Spec&, std::string_view, const Schema&) {
  return false;
}
bool follows(const SourceSpec& spec, std::string_view key, const Schema&) {
  if (key != "columns" || spec.columns.size() != spec.payload.size()) return false;
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    const NamedExpr& column = spec.columns[i];
    if (column.name != spec.payload[i].name || column.expr->kind != ExprKind::kColumn ||
        column.expr->index != i) {
      return false;
    }
  }
  return true;
}
bool follows(const AggregateCall& call, std::string_view key, const Schema& scope) {
  if (key != "type") return false;
  const Result<Type> type = call_type(call, scope);
  return type.ok() && *type == call.type;
}
bool follows(const OverCall& call, std::string_view key, const Schema& scope) {
  if (key != "type") return false;
  const Result<Type> type = call_type(call, scope);
  return type.ok() && *type == call.type;
}

template <typename Spec>
json::object object_of(const Spec& spec, const SchemaPtr& input);

json::value to_value(const std::string& text, const Schema&) { return json::string(text); }
json::value to_value(bool flag, const Schema&) { return flag; }
json::value to_value(uint32_t number, const Schema&) { return number; }
json::value to_value(int64_t micros, const Schema&) { return json::string(micros_text(micros)); }
json::value to_value(size_t column, const Schema& scope) {
  return json::string(scope.fields[column].name);
}
json::value to_value(const Type& type, const Schema&) { return type_to_json(type); }
json::value to_value(const ExprPtr& expr, const Schema& scope) {
  return json::string(to_text(*expr, scope));
}
json::value to_value(const OptionMap& options, const Schema&) {
  json::object object;
  for (const auto& [name, value] : options) object[name] = value;
  return object;
}
template <typename T>
requires std::is_enum_v<T> json::value to_value(T choice, const Schema&) {
  return json::string(choice_names(choice)[static_cast<size_t>(choice)]);
}

// Writes each field of one struct into an object.
template <typename Spec>
struct FieldWriter {
  const Spec& spec;
  const SchemaPtr& input;
  json::object object = {};

  template <typename T>
  void operator()(const FieldKey& key, T Spec::*member) {
    static const Spec kDefaults{};
    const T& value = spec.*member;
    const bool required = key.presence == FieldPresence::kRequired;
    if (!required && is_unset(value, kDefaults.*member)) return;
    const SchemaPtr scope = scope_schema(spec, key.scope, input);
    static const Schema kNoSchema;
    const Schema& schema = scope == nullptr ? kNoSchema : *scope;
    if (!required && follows(spec, key.name, schema)) return;
    object[key.name] = write(key, value, scope, schema);
  }

  template <typename T>
  static json::value write(const FieldKey& key, const std::optional<T>& value,
                           const SchemaPtr& scope, const Schema& schema) {
    return write(key, *value, scope, schema);
  }
  template <typename T>
  static json::value write(const FieldKey& key, const std::vector<T>& list, const SchemaPtr& scope,
                           const Schema& schema) {
    json::array array;
    for (const T& each : list) array.push_back(write(key, each, scope, schema));
    return array;
  }
  template <typename T>
  static json::value write(const FieldKey& key, const T& value, const SchemaPtr& scope,
                           const Schema& schema) {
    if constexpr (requires { to_value(value, schema); }) {
      if constexpr (std::is_same_v<T, size_t>) {
        if (key.scope == FieldScope::kNone) return value;
      }
      return to_value(value, schema);
    } else {
      return object_of(value, scope);
    }
  }
};

template <typename Spec>
json::object object_of(const Spec& spec, const SchemaPtr& input) {
  FieldWriter<Spec> writer{spec, input};
  visit_fields(writer, FieldsOf<Spec>());
  return std::move(writer.object);
}

json::object vertex_object(const Vertex& vertex, const SchemaPtr& input) {
  json::object object{{"id", vertex.id}, {"kind", kind_name(vertex.spec)}};
  const json::object fields =
      std::visit([&input](const auto& spec) { return object_of(spec, input); }, vertex.spec);
  for (const json::key_value_pair& field : fields) object[field.key()] = field.value();
  return object;
}

json::object edge_object(const JobGraph& graph, const Edge& edge, const Schema& schema) {
  json::object object{{"from", graph.vertex(edge.from).id}, {"to", graph.vertex(edge.to).id}};
  if (edge.from_port != kRowsPort) object["port"] = port_name(edge.from_port);
  if (input_ports(graph.vertex(edge.to).spec) == 2) {
    object["input"] = edge.to_port == kLeftPort ? "left" : "right";
  }
  switch (edge.distribution.kind) {
    case DistributionKind::kForward: break;
    case DistributionKind::kHash: {
      json::array columns;
      for (const size_t column : edge.distribution.columns) {
        columns.emplace_back(schema.fields[column].name);
      }
      object["hash"] = std::move(columns);
      break;
    }
    case DistributionKind::kRebalance: object["distribution"] = "rebalance"; break;
    case DistributionKind::kBroadcast: object["distribution"] = "broadcast"; break;
  }
  return object;
}

}  // namespace

std::string to_json(const JobGraph& graph) {
  const std::vector<SchemaPtr> inputs = input_schemas(graph);
  json::array vertices;
  for (size_t i = 0; i < graph.vertices.size(); ++i) {
    vertices.push_back(vertex_object(graph.vertices[i], inputs[i]));
  }
  json::array edges;
  for (const Edge& edge : graph.edges) {
    const SchemaPtr schema =
        output_schema(graph.vertex(edge.from).spec, edge.from_port, inputs[edge.from.value()]);
    edges.push_back(edge_object(graph, edge, *schema));
  }
  json::object root;
  json::object options = object_of(graph.options, nullptr);
  if (!options.empty()) root["options"] = std::move(options);
  root["vertices"] = std::move(vertices);
  root["edges"] = std::move(edges);
  return json_text(root);
}

}  // namespace weir
