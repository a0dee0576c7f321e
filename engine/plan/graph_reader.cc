// job_graph_from_json of graph_text.h. Steps are read in the order of the edges, since what a
// step's names mean depends on the columns of the step before it.
#include "engine/plan/graph_text.h"
#include "engine/plan/job_options.h"
#include "engine/plan/spec_fields.h"
#include "engine/plan/type_json.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace weir {
namespace {

namespace json = boost::json;

Error at(std::string_view path, std::string_view message) {
  return user_error(path.empty() ? std::string(message) : fmt::format("{}: {}", path, message));
}

std::string joined(std::span<const std::string_view> names) {
  return fmt::format("\"{}\"", fmt::join(names, "\", \""));
}

Status known_keys(const json::object& object, const std::vector<std::string>& known,
                  std::string_view path) {
  for (const json::key_value_pair& field : object) {
    const std::string key(field.key());
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string near = did_you_mean(key, known);
    return at(path,
              fmt::format("unknown key \"{}\"{}", key,
                          near.empty() ? "; known are " + fmt::format("{}", fmt::join(known, ", "))
                                       : near));
  }
  return {};
}

Result<std::string> text_of(const json::value& value, std::string_view path) {
  if (const json::string* text = value.if_string()) return std::string(std::string_view(*text));
  return at(path, fmt::format("a text is expected here, not {}", json::serialize(value)));
}

// Options are texts, but people write 4 and true.
Result<std::string> option_text(const json::value& value, std::string_view path) {
  if (value.is_int64() || value.is_uint64() || value.is_bool()) return json::serialize(value);
  return text_of(value, path);
}

Result<size_t> column_named(const json::value& value, const Schema& scope, std::string_view path) {
  const std::string name = TRY(text_of(value, path));
  if (const std::optional<size_t> column = scope.find(name)) return *column;
  std::vector<std::string> known;
  for (const Field& field : scope.fields) known.push_back(field.name);
  return at(path, fmt::format("column \"{}\" does not exist{}", name, did_you_mean(name, known)));
}

// What a field is where it is not given and its own default does not say it.
template <typename Spec>
void follow(Spec&, std::string_view, const Schema&) {}
void follow(SourceSpec& spec, std::string_view key, const Schema& record) {
  if (key != "columns") return;
  for (size_t i = 0; i < spec.payload.size(); ++i) {
    auto column = std::make_shared<Expr>();
    column->kind = ExprKind::kColumn;
    column->type = record.fields[i].type;
    column->index = i;
    spec.columns.push_back({spec.payload[i].name, std::move(column)});
  }
}
template <typename Call>
requires(std::is_same_v<Call, AggregateCall> ||
         std::is_same_v<Call, OverCall>) void follow(Call& call, std::string_view key,
                                                     const Schema& scope) {
  if (key != "type") return;
  const Result<Type> type = call_type(call, scope);
  if (type.ok()) call.type = *type;  // Otherwise validate_step says what is wrong.
}

struct KeyNames {
  std::vector<std::string> names;

  template <typename Member>
  void operator()(const FieldKey& key, Member) {
    names.emplace_back(key.name);
  }
};

class SpecReader {
 public:
  explicit SpecReader(const ExpressionReader& read) : read_(read) {}

  // `more`: keys of the object that are not the struct's.
  template <typename Spec>
  Status read(const json::value& value, Spec& spec, const std::string& path, const SchemaPtr& scope,
              std::vector<std::string> more = {}) const {
    const json::object* object = value.if_object();
    if (object == nullptr) return at(path, "an object with keys is expected here");
    KeyNames keys{std::move(more)};
    visit_fields(keys, FieldsOf<Spec>());
    TRY(known_keys(*object, keys.names, path));
    Fields<Spec> fields{*this, *object, spec, path, scope};
    visit_fields(fields, FieldsOf<Spec>());
    return std::move(fields.status);
  }

 private:
  template <typename Spec>
  struct Fields {
    const SpecReader& reader;
    const json::object& object;
    Spec& spec;
    const std::string& path;
    const SchemaPtr& input;
    Status status = {};

    template <typename T>
    void operator()(const FieldKey& key, T Spec::*member) {
      if (!status.ok()) return;
      const std::string field = fmt::format("{}.{}", path, key.name);
      const json::value* value = object.if_contains(key.name);
      if (value == nullptr && key.presence == FieldPresence::kRequired) {
        status = at(path, fmt::format("\"{}\" is missing: {}", key.name, key.sentence));
        return;
      }
      const SchemaPtr scope = scope_schema(spec, key.scope, input);
      if (value == nullptr) {
        static const Schema kNoSchema;
        follow(spec, key.name, scope == nullptr ? kNoSchema : *scope);
        return;
      }
      status = reader.value(*value, spec.*member, field, scope);
    }
  };

  template <typename Spec>
  requires std::is_class_v<Spec> Status value(const json::value& json, Spec& out,
                                              const std::string& path, const SchemaPtr& scope)
  const { return read(json, out, path, scope); }
  template <typename T>
  Status value(const json::value& json, std::vector<T>& out, const std::string& path,
               const SchemaPtr& scope) const {
    const json::array* array = json.if_array();
    if (array == nullptr) return at(path, "a list is expected here: [...]");
    for (size_t i = 0; i < array->size(); ++i) {
      T each{};
      TRY(value((*array)[i], each, fmt::format("{}[{}]", path, i), scope));
      out.push_back(std::move(each));
    }
    return {};
  }
  template <typename T>
  Status value(const json::value& json, std::optional<T>& out, const std::string& path,
               const SchemaPtr& scope) const {
    if (json.is_null()) return {};
    T inner{};
    TRY(value(json, inner, path, scope));
    out = std::move(inner);
    return {};
  }
  template <typename T>
  requires std::is_enum_v<T> Status value(const json::value& json, T& out, const std::string& path,
                                          const SchemaPtr&)
  const {
    const std::string name = TRY(text_of(json, path));
    const std::span<const std::string_view> names = choice_names(out);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return at(path, fmt::format("\"{}\" is not one of {}", name, joined(names)));
    }
    out = static_cast<T>(found - names.begin());
    return {};
  }
  Status value(const json::value& json, std::string& out, const std::string& path,
               const SchemaPtr&) const {
    out = TRY(text_of(json, path));
    return {};
  }
  Status value(const json::value& json, bool& out, const std::string& path,
               const SchemaPtr&) const {
    const bool* flag = json.if_bool();
    if (flag == nullptr) return at(path, "true or false is expected here");
    out = *flag;
    return {};
  }
  Status value(const json::value& json, int64_t& out, const std::string& path,
               const SchemaPtr&) const {
    const std::string text = TRY(text_of(json, path));
    const Result<int64_t> micros = parse_signed_micros(text);
    if (!micros.ok()) {
      return at(path, micros.error().message + "; write an interval such as \"10 seconds\"");
    }
    out = *micros;
    return {};
  }
  Status value(const json::value& json, uint32_t& out, const std::string& path,
               const SchemaPtr&) const {
    json::error_code error;
    out = json.to_number<uint32_t>(error);
    if (error) return at(path, "a whole number from 0 is expected here");
    return {};
  }
  Status value(const json::value& json, size_t& out, const std::string& path,
               const SchemaPtr& scope) const {
    out = TRY(column_named(json, *scope, path));
    return {};
  }
  Status value(const json::value& json, Type& out, const std::string& path,
               const SchemaPtr&) const {
    Result<Type> type = type_from_json(json);
    if (!type.ok()) return at(path, type.error().message);
    out = std::move(type).value();
    return {};
  }
  Status value(const json::value& json, ExprPtr& out, const std::string& path,
               const SchemaPtr& scope) const {
    const std::string text = TRY(text_of(json, path));
    Result<ExprPtr> expr = read_(text, *scope);
    if (!expr.ok()) return at(path, expr.error().message);
    out = std::move(expr).value();
    return {};
  }
  Status value(const json::value& json, OptionMap& out, const std::string& path,
               const SchemaPtr&) const {
    const json::object* object = json.if_object();
    if (object == nullptr) return at(path, "an object of names and texts is expected here");
    for (const json::key_value_pair& each : *object) {
      const std::string name(each.key());
      out[name] = TRY(option_text(each.value(), path + "." + name));
    }
    return {};
  }

  const ExpressionReader& read_;
};

class GraphReader {
 public:
  explicit GraphReader(const ExpressionReader& read) : spec_reader_(read) {}

  Result<JobGraph> read(const json::value& value);

 private:
  struct RawEdge {
    const json::object* object;
    std::string path;
  };

  Status read_options(const json::value* value);
  Status read_shapes(const json::value* vertices, const json::value* edges);
  Status read_shape(const json::value& value, const std::string& path);
  Result<VertexIndex> step_named(const json::object& edge, std::string_view key,
                                 const std::string& path) const;
  Status read_edge(const json::value& value, const std::string& path);
  Result<Port> port_of(const json::object& edge, const std::string& path) const;
  Result<Port> side_of(const json::object& edge, const Vertex& to, const std::string& path) const;
  Status read_step(VertexIndex index);
  Status read_distribution(Edge& edge, const RawEdge& raw, const Schema& schema) const;
  template <typename Table>
  Status check_table(const Table& table, bool is_source, const std::string& path) const;

  const SpecReader spec_reader_;
  JobGraph graph_;
  std::vector<const json::value*> raw_vertices_;
  std::vector<RawEdge> raw_edges_;
  std::vector<SchemaPtr> inputs_;  // By vertex.
};

Status GraphReader::read_options(const json::value* value) {
  if (value == nullptr) return {};
  const json::object* object = value->if_object();
  if (object == nullptr) return at("options", "an object of names and values is expected here");
  for (const json::key_value_pair& each : *object) {
    const std::string path = fmt::format("options.{}", std::string_view(each.key()));
    const std::string text = TRY(option_text(each.value(), path));
    const Status set = set_job_option(graph_.options, each.key(), text);
    if (!set.ok()) return at(path, set.error().message);
  }
  return {};
}

// A spec of each kind, without any field set.
template <typename... Specs>
std::vector<VertexSpec> empty_specs(const std::variant<Specs...>&) {
  return {Specs()...};
}

Status GraphReader::read_shape(const json::value& value, const std::string& path) {
  const json::object* object = value.if_object();
  if (object == nullptr) return at(path, "a step is an object with \"id\" and \"kind\"");
  const json::value* id = object->if_contains("id");
  const json::value* kind = object->if_contains("kind");
  if (id == nullptr) return at(path, "\"id\" is missing: the name of the step and of its state");
  const std::vector<VertexSpec> specs = empty_specs(VertexSpec());
  std::vector<std::string> kinds;
  for (const VertexSpec& spec : specs) kinds.emplace_back(kind_name(spec));
  if (kind == nullptr) {
    return at(path, fmt::format("\"kind\" is missing: one of {}", fmt::join(kinds, ", ")));
  }
  Vertex vertex;
  vertex.id = TRY(text_of(*id, path + ".id"));
  const std::string name = TRY(text_of(*kind, path + ".kind"));
  const auto found = std::find(kinds.begin(), kinds.end(), name);
  if (found == kinds.end()) {
    return at(path + ".kind", fmt::format("\"{}\" is not one of {}{}", name, fmt::join(kinds, ", "),
                                          did_you_mean(name, kinds)));
  }
  vertex.spec = specs[static_cast<size_t>(found - kinds.begin())];
  for (size_t i = 0; i < graph_.vertices.size(); ++i) {
    if (graph_.vertices[i].id != vertex.id) continue;
    return at(path + ".id", fmt::format("vertices[{}] has the id \"{}\" already: ids name state, "
                                        "so give one another",
                                        i, vertex.id));
  }
  graph_.vertices.push_back(std::move(vertex));
  raw_vertices_.push_back(&value);
  return {};
}

Result<VertexIndex> GraphReader::step_named(const json::object& edge, std::string_view key,
                                            const std::string& path) const {
  const json::value* value = edge.if_contains(key);
  if (value == nullptr) return at(path, fmt::format("\"{}\" is missing: the id of a step", key));
  const std::string field = fmt::format("{}.{}", path, key);
  const std::string id = TRY(text_of(*value, field));
  std::vector<std::string> known;
  for (size_t i = 0; i < graph_.vertices.size(); ++i) {
    if (graph_.vertices[i].id == id) return VertexIndex(static_cast<uint32_t>(i));
    known.push_back(graph_.vertices[i].id);
  }
  return at(field, fmt::format("step \"{}\" does not exist{}", id, did_you_mean(id, known)));
}

Result<Port> GraphReader::port_of(const json::object& edge, const std::string& path) const {
  const json::value* value = edge.if_contains("port");
  if (value == nullptr) return kRowsPort;
  const std::string name = TRY(text_of(*value, path + ".port"));
  for (const Port port : {kRowsPort, kBadPort, kLatePort}) {
    if (port_name(port) == name) return port;
  }
  return at(path + ".port",
            fmt::format("\"{}\" is not a port: use \"rows\", \"bad\" or \"late\"", name));
}

// "input" says by which side rows enter a join, and belongs to nothing else.
Result<Port> GraphReader::side_of(const json::object& edge, const Vertex& to,
                                  const std::string& path) const {
  const json::value* value = edge.if_contains("input");
  if (input_ports(to.spec) < 2) {
    if (value == nullptr) return kRowsPort;
    return at(path + ".input",
              fmt::format("a {} has one input: leave this out", kind_name(to.spec)));
  }
  if (value == nullptr) {
    return at(path, "\"input\" is missing: say \"left\" or \"right\", the side of the join");
  }
  const std::string name = TRY(text_of(*value, path + ".input"));
  if (name == "left") return kLeftPort;
  if (name == "right") return kRightPort;
  return at(path + ".input", fmt::format("\"{}\" is not \"left\" or \"right\"", name));
}

Status GraphReader::read_edge(const json::value& value, const std::string& path) {
  const json::object* object = value.if_object();
  if (object == nullptr) return at(path, "an edge is an object with \"from\" and \"to\"");
  TRY(known_keys(*object, {"from", "to", "port", "input", "hash", "distribution"}, path));
  Edge edge;
  edge.from = TRY(step_named(*object, "from", path));
  edge.to = TRY(step_named(*object, "to", path));
  edge.from_port = TRY(port_of(*object, path));
  edge.to_port = TRY(side_of(*object, graph_.vertex(edge.to), path));
  if (!has_port(graph_.vertex(edge.from).spec, edge.from_port)) {
    return at(
        path,
        fmt::format("step \"{}\" is a {}, which has no port \"{}\"", graph_.vertex(edge.from).id,
                    kind_name(graph_.vertex(edge.from).spec), port_name(edge.from_port)));
  }
  graph_.edges.push_back(std::move(edge));
  raw_edges_.push_back({object, path});
  return {};
}

Status GraphReader::read_shapes(const json::value* vertices, const json::value* edges) {
  if (vertices == nullptr || !vertices->is_array()) {
    return at("vertices", "a list of steps is expected here: [...]");
  }
  if (edges == nullptr || !edges->is_array()) {
    return at("edges", "a list of edges is expected here: [...]");
  }
  const json::array& steps = vertices->get_array();
  for (size_t i = 0; i < steps.size(); ++i) {
    TRY(read_shape(steps[i], fmt::format("vertices[{}]", i)));
  }
  const json::array& joints = edges->get_array();
  for (size_t i = 0; i < joints.size(); ++i) {
    TRY(read_edge(joints[i], fmt::format("edges[{}]", i)));
  }
  return {};
}

Status GraphReader::read_distribution(Edge& edge, const RawEdge& raw, const Schema& schema) const {
  const json::value* hash = raw.object->if_contains("hash");
  const json::value* kind = raw.object->if_contains("distribution");
  if (hash != nullptr) {
    const std::string path = raw.path + ".hash";
    const json::array* columns = hash->if_array();
    if (columns == nullptr) return at(path, "a list of columns is expected here: [...]");
    if (kind != nullptr) return at(raw.path, "give \"hash\" or \"distribution\", not both");
    edge.distribution.kind = DistributionKind::kHash;
    for (size_t i = 0; i < columns->size(); ++i) {
      const std::string column = fmt::format("{}[{}]", path, i);
      edge.distribution.columns.push_back(TRY(column_named((*columns)[i], schema, column)));
    }
    return {};
  }
  if (kind == nullptr) return {};
  const std::string name = TRY(text_of(*kind, raw.path + ".distribution"));
  if (name == "rebalance") {
    edge.distribution.kind = DistributionKind::kRebalance;
  } else if (name == "broadcast") {
    edge.distribution.kind = DistributionKind::kBroadcast;
  } else if (name != "forward") {
    return at(raw.path + ".distribution",
              fmt::format("\"{}\" is not one of \"forward\", \"rebalance\", \"broadcast\"; for "
                          "hash write \"hash\": [columns]",
                          name));
  }
  return {};
}

// SQL has checked the options of its tables; here nobody has.
template <typename Table>
Status GraphReader::check_table(const Table& table, bool is_source, const std::string& path) const {
  const Result<const Option*> connector = find_table_option(table.connector, "connector");
  CHECK(connector.ok());
  const Status known = check_option(**connector, table.connector);
  if (!known.ok()) return at(path + ".connector", known.error().message);
  for (const auto& [name, value] : table.options) {
    const std::string field = fmt::format("{}.options.{}", path, name);
    const Result<const Option*> option = find_table_option(table.connector, name);
    if (!option.ok()) return at(field, option.error().message);
    const OptionScope other = is_source ? OptionScope::kSink : OptionScope::kSource;
    if ((*option)->scope == other) {
      return at(field, fmt::format("option \"{}\" is for tables that are {}", name,
                                   is_source ? "written" : "read"));
    }
    const Status checked = check_option(**option, value);
    if (!checked.ok()) return at(field, checked.error().message);
  }
  return {};
}

Status GraphReader::read_step(VertexIndex index) {
  Vertex& vertex = graph_.vertices[index.value()];
  const std::string path = fmt::format("vertices[{}]", index.value());
  const SchemaPtr& input = inputs_[index.value()];
  const bool is_source = std::holds_alternative<SourceSpec>(vertex.spec);
  if (!is_source && input == nullptr) {
    return at(path,
              fmt::format("nothing leads to step \"{}\": add an edge, or take it out", vertex.id));
  }
  TRY(std::visit(
      [&](auto& spec) {
        return spec_reader_.read(*raw_vertices_[index.value()], spec, path, input, {"id", "kind"});
      },
      vertex.spec));
  if (const auto* source = std::get_if<SourceSpec>(&vertex.spec)) {
    TRY(check_table(*source, true, path));
  }
  if (const auto* sink = std::get_if<SinkSpec>(&vertex.spec)) TRY(check_table(*sink, false, path));
  const Status valid = validate_step(vertex, input);
  if (!valid.ok()) return at(path, valid.error().message);
  for (size_t i = 0; i < graph_.edges.size(); ++i) {
    Edge& edge = graph_.edges[i];
    if (edge.from != index) continue;
    const SchemaPtr schema = output_schema(vertex.spec, edge.from_port, input);
    inputs_[edge.to.value()] = schema;
    TRY(read_distribution(edge, raw_edges_[i], *schema));
  }
  return {};
}

Result<JobGraph> GraphReader::read(const json::value& value) {
  const json::object* root = value.if_object();
  if (root == nullptr) {
    return user_error("a graph file is an object with \"vertices\" and \"edges\"");
  }
  // "plan" is what explain says of the graph.
  TRY(known_keys(*root, {"options", "vertices", "edges", "plan"}, ""));
  TRY(read_options(root->if_contains("options")));
  TRY(read_shapes(root->if_contains("vertices"), root->if_contains("edges")));
  inputs_.resize(graph_.vertices.size());
  const std::vector<VertexIndex> order = TRY(topological_order(graph_));
  for (const VertexIndex index : order) TRY(read_step(index));
  TRY(validate(graph_));
  return std::move(graph_);
}

// Line and column, from 1, of a byte.
std::string place_of(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, byte);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const size_t newline = before.rfind('\n');
  const size_t column = newline == std::string_view::npos ? byte + 1 : byte - newline;
  return fmt::format("line {}, column {}", lines + 1, column);
}

}  // namespace

Result<JobGraph> job_graph_from_json(std::string_view text, const ExpressionReader& read) {
  json::stream_parser parser;
  json::error_code error;
  const size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error && used == text.size()) parser.finish(error);
  if (error || used < text.size()) {
    const std::string what = error ? error.message() : "text after the end of the graph";
    return user_error(fmt::format("not JSON: {} at {}", what, place_of(text, used)));
  }
  const json::value value = parser.release();
  return GraphReader(read).read(value);
}

}  // namespace weir
