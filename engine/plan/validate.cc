// validate() of job_graph.h: first the shape (ids, edges, ports, cycles), then each step against
// the schema of its input, in topological order, so that no check looks at a schema that was not
// checked itself.
#include "engine/base/match.h"
#include "engine/plan/job_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace weir {
namespace {

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const std::optional<std::string> nearest = nearest_name(name, known);
  return nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : std::string();
}

template <typename Named>
std::vector<std::string> names_of(const std::vector<Named>& columns) {
  std::vector<std::string> names;
  for (const Named& column : columns) names.push_back(column.name);
  return names;
}

// Says which step the messages are about.
class Judge {
 public:
  explicit Judge(const std::string& id) : id_(id) {}

  template <typename... Args>
  Error refuse(fmt::format_string<Args...> what, Args&&... args) const {
    return user_error(
        fmt::format("step \"{}\": {}", id_, fmt::format(what, std::forward<Args>(args)...)));
  }

  Status has_column(size_t column, const Schema& schema, std::string_view role) const {
    if (column < schema.fields.size()) return {};
    return refuse("{} is column {}, but its input has {} columns: count from 0", role, column,
                  schema.fields.size());
  }

  Status distinct_names(const std::vector<std::string>& names) const {
    std::set<std::string_view> seen;
    for (const std::string& name : names) {
      if (name.empty()) return refuse("a column has no name: give it one");
      if (!seen.insert(name).second) {
        return refuse("two columns are called \"{}\": give one of them another name", name);
      }
    }
    return {};
  }

  // Every column and field that the tree reads exists and has the type that the tree takes it for.
  Status fits(const ExprPtr& expr, const Schema& schema, std::string_view role) const {
    if (expr == nullptr) return refuse("{} has no expression: write one", role);
    if (expr->kind == ExprKind::kColumn) {
      TRY(has_column(expr->index, schema, role));
      const Field& field = schema.fields[expr->index];
      if (field.type == expr->type) return {};
      return refuse("{} takes column \"{}\" for {}, but it is {}: build it over this input", role,
                    field.name, to_text(expr->type), to_text(field.type));
    }
    for (const ExprPtr& arg : expr->args) TRY(fits(arg, schema, role));
    return {};
  }

  Status condition(const ExprPtr& expr, const Schema& schema, std::string_view role) const {
    TRY(fits(expr, schema, role));
    if (expr->type.kind() == TypeKind::kBoolean) return {};
    return refuse("{} is of type {}, not boolean: compare it with something", role,
                  to_text(expr->type));
  }

  Status key(size_t column, const Schema& schema, std::string_view role) const {
    TRY(has_column(column, schema, role));
    const Field& field = schema.fields[column];
    const TypeKind kind = field.type.kind();
    if (kind != TypeKind::kComposite && kind != TypeKind::kArray) return {};
    return refuse("{} is column \"{}\" of type {}, which cannot be a key: use its parts", role,
                  field.name, to_text(field.type));
  }

  // The same columns by name and type. What is nullable or event time may differ.
  Status same_columns(const std::vector<Field>& own, const Schema& input,
                      std::string_view from) const {
    if (own.size() != input.fields.size()) {
      return refuse("it has {} columns, but \"{}\" gives {}: project them first", own.size(), from,
                    input.fields.size());
    }
    for (size_t i = 0; i < own.size(); ++i) {
      const Field& given = input.fields[i];
      if (own[i].name == given.name && own[i].type == given.type) continue;
      return refuse("column {} is \"{}\" {}, but \"{}\" gives \"{}\" {}: project it first", i + 1,
                    own[i].name, to_text(own[i].type), from, given.name, to_text(given.type));
    }
    return {};
  }

  Status not_negative(int64_t micros, std::string_view name) const {
    if (micros >= 0) return {};
    return refuse("{} is negative: {} us", name, micros);
  }

  Status source(const SourceSpec& spec) const;
  Status source_names(const SourceSpec& spec, const Schema& table) const;
  Status metadata(const SourceSpec& spec) const;
  Status project(const ProjectSpec& spec, const Schema& input) const;
  Status window(const WindowAggregateSpec& spec, const Schema& input) const;
  Status window_times(const WindowSpec& window, const Schema& input) const;
  Status aggregate(const AggregateCall& call, const Schema& input) const;
  Status sink(const SinkSpec& spec) const;

 private:
  const std::string& id_;
};

Status Judge::metadata(const SourceSpec& spec) const {
  const std::vector<std::string> known = {"record_partition", "record_offset", "record_time",
                                          "record_key",       "record_header", "record_source"};
  for (const MetadataSpec& each : spec.metadata) {
    if (std::find(known.begin(), known.end(), each.function) == known.end()) {
      return refuse("metadata function \"{}\" does not exist{}", each.function,
                    did_you_mean(each.function, known));
    }
    if ((each.function == "record_header") == each.header.empty()) {
      return refuse("\"header\" names the header of record_header, and belongs to nothing else");
    }
  }
  return {};
}

Status Judge::source_names(const SourceSpec& spec, const Schema& table) const {
  const std::vector<std::string> names = names_of(table.fields);
  for (const std::string& name : spec.not_null) {
    if (table.find(name)) continue;
    return refuse("column \"{}\" of not_null does not exist{}", name, did_you_mean(name, names));
  }
  if (spec.event_time.empty()) return {};
  const std::optional<size_t> column = table.find(spec.event_time);
  if (!column) {
    return refuse("event-time column \"{}\" does not exist{}", spec.event_time,
                  did_you_mean(spec.event_time, names));
  }
  const Type& type = table.fields[*column].type;
  if (type.is_time()) return {};
  return refuse("event-time column \"{}\" is of type {}: it must be timestamp or timestamptz",
                spec.event_time, to_text(type));
}

Status Judge::source(const SourceSpec& spec) const {
  if (spec.table.empty()) return refuse("the table has no name: give it one");
  if (spec.connector.empty()) return refuse("no connector is given: name one, such as \"kafka\"");
  TRY(metadata(spec));
  TRY(distinct_names(names_of(spec.payload)));
  TRY(distinct_names(names_of(spec.columns)));
  if (spec.columns.empty()) return refuse("the table has no columns: declare some");
  const SchemaPtr record = record_schema(spec);
  for (const NamedExpr& column : spec.columns) TRY(fits(column.expr, *record, column.name));
  const SchemaPtr table = output_schema(spec, kRowsPort, nullptr);
  TRY(source_names(spec, *table));
  for (const Constraint& constraint : spec.constraints) {
    TRY(condition(constraint.condition, *table, fmt::format("constraint {}", constraint.name)));
  }
  TRY(not_negative(spec.watermark_delay, "watermark_delay"));
  TRY(not_negative(spec.max_future.value_or(0), "max_future"));
  if (spec.idle_timeout.has_value()) {
    return refuse(
        "idle_timeout is not available yet: leave it out, and give every partition rows, since one "
        "without any holds event time back");
  }
  if (spec.when_quiet != WhenQuiet::kHold) {
    return refuse("when_quiet = 'advance' is not available yet: leave it out");
  }
  return {};
}

Status Judge::project(const ProjectSpec& spec, const Schema& input) const {
  if (spec.columns.empty()) return refuse("no columns are computed: name at least one");
  TRY(distinct_names(names_of(spec.columns)));
  if (spec.filter != nullptr) TRY(condition(spec.filter, input, "the filter"));
  for (const NamedExpr& column : spec.columns) {
    TRY(fits(column.expr, input, fmt::format("column \"{}\"", column.name)));
  }
  return {};
}

Status Judge::window_times(const WindowSpec& spec, const Schema& input) const {
  TRY(has_column(spec.time_column, input, "the time of the window"));
  const Field& time = input.fields[spec.time_column];
  if (!time.event_time) {
    return refuse(
        "a window over \"{}\" needs an event-time column: set event_time at the source and hand "
        "the column on as it is",
        time.name);
  }
  if (spec.kind != WindowKind::kTumble) {
    return refuse("only tumbling windows can be run today: set the kind to \"tumble\"");
  }
  if (spec.size <= 0) return refuse("the size of the window must be longer than nothing");
  if (spec.offset <= -spec.size || spec.offset >= spec.size) {
    return refuse("the offset of the window must be shorter than its size");
  }
  return {};
}

Status Judge::aggregate(const AggregateCall& call, const Schema& input) const {
  const std::string role = fmt::format("the argument of \"{}\"", call.name);
  std::optional<Type> argument;
  if (call.function == AggregateFunction::kCountStar) {
    if (call.argument) return refuse("\"{}\" counts rows and takes no argument", call.name);
    if (call.distinct) return refuse("\"{}\" counts rows, which are never the same", call.name);
  } else if (call.argument) {
    TRY(has_column(*call.argument, input, role));
    argument = input.fields[*call.argument].type;
  }
  if (call.distinct) TRY(key(*call.argument, input, role));
  const Result<Type> type = aggregate_type(call.function, argument);
  if (!type.ok()) return refuse("\"{}\": {}", call.name, type.error().message);
  if (call.type != *type) {
    return refuse("\"{}\" is of type {}, not {}: cast it in a later step", call.name,
                  to_text(*type), to_text(call.type));
  }
  if (!call.filter) return {};
  TRY(has_column(*call.filter, input, fmt::format("the filter of \"{}\"", call.name)));
  const Field& filter = input.fields[*call.filter];
  if (filter.type.kind() == TypeKind::kBoolean) return {};
  return refuse("the filter of \"{}\" is column \"{}\" of type {}: it must be boolean", call.name,
                filter.name, to_text(filter.type));
}

Status Judge::window(const WindowAggregateSpec& spec, const Schema& input) const {
  if (spec.phase != AggregatePhase::kWhole) {
    return refuse("its phase must be \"whole\": the planner makes the others");
  }
  TRY(window_times(spec.window, input));
  for (const size_t column : spec.keys) TRY(key(column, input, "a key"));
  for (const AggregateCall& call : spec.aggregates) TRY(aggregate(call, input));
  return distinct_names(
      names_of(output_schema(spec, kRowsPort, std::make_shared<Schema>(input))->fields));
}

Status Judge::sink(const SinkSpec& spec) const {
  if (spec.table.empty()) return refuse("the table has no name: give it one");
  if (spec.connector.empty()) return refuse("no connector is given: name one, such as \"print\"");
  if (spec.envelope == Envelope::kOp) {
    return refuse("envelope = 'op' is not available yet: leave it out");
  }
  const std::vector<std::string> names = names_of(spec.columns);
  TRY(distinct_names(names));
  for (const std::string& key : spec.primary_key) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    return refuse("column \"{}\" of the primary key does not exist{}", key,
                  did_you_mean(key, names));
  }
  return {};
}

Status check_ids(const JobGraph& graph) {
  if (graph.vertices.empty()) return user_error("the job has no steps: add a source and a sink");
  std::set<std::string_view> ids;
  bool has_sink = false;
  for (const Vertex& vertex : graph.vertices) {
    if (vertex.id.empty()) return user_error("a step has no id: give it one, it names its state");
    if (!ids.insert(vertex.id).second) {
      return user_error(fmt::format(
          "two steps have the id \"{}\": ids name state, so give one another", vertex.id));
    }
    has_sink |= std::holds_alternative<SinkSpec>(vertex.spec);
  }
  if (!has_sink) return user_error("the job writes nothing: add a sink");
  return {};
}

Status check_ports(const JobGraph& graph) {
  for (size_t i = 0; i < graph.edges.size(); ++i) {
    const Edge& edge = graph.edges[i];
    if (std::max(edge.from.value(), edge.to.value()) >= graph.vertices.size()) {
      return user_error(fmt::format("edge {} joins steps {} and {}, but there are only {}", i,
                                    edge.from.value(), edge.to.value(), graph.vertices.size()));
    }
    const Vertex& from = graph.vertex(edge.from);
    const Judge judge(from.id);
    const size_t ports = output_ports(from.spec);
    if (ports == 0) return judge.refuse("a sink is the end: take out the edge that leaves it");
    const bool is_window = std::holds_alternative<WindowAggregateSpec>(from.spec);
    if (edge.from_port.value() >= ports || (is_window && edge.from_port == kBadPort)) {
      return judge.refuse("a {} has no such port as {}: take out the edge that leaves it",
                          kind_name(from.spec),
                          edge.from_port.value() <= 2 ? port_name(edge.from_port) : "this");
    }
    if (edge.to_port != kRowsPort) {
      return Judge(graph.vertex(edge.to).id).refuse("rows can enter by port 0 only");
    }
  }
  return {};
}

size_t count_inputs(const JobGraph& graph, VertexIndex index) {
  return static_cast<size_t>(std::count_if(graph.edges.begin(), graph.edges.end(),
                                           [&](const Edge& edge) { return edge.to == index; }));
}

Status check_inputs(const JobGraph& graph, VertexIndex index) {
  const Vertex& vertex = graph.vertex(index);
  const Judge judge(vertex.id);
  const size_t inputs = count_inputs(graph, index);
  if (std::holds_alternative<SourceSpec>(vertex.spec)) {
    if (inputs == 0) return {};
    return judge.refuse("a source takes no input: take out the edge that leads to it");
  }
  if (inputs == 0) return judge.refuse("nothing leads to it: add an edge, or take it out");
  const bool takes_many = std::holds_alternative<UnionSpec>(vertex.spec) ||
                          std::holds_alternative<SinkSpec>(vertex.spec);
  if (inputs == 1 || takes_many) return {};
  return judge.refuse("{} edges lead to it, but a {} takes one: join them in a union first", inputs,
                      kind_name(vertex.spec));
}

Status check_policy(const JobGraph& graph, VertexIndex index) {
  const VertexSpec& spec = graph.vertex(index).spec;
  const auto* source = std::get_if<SourceSpec>(&spec);
  const auto* project = std::get_if<ProjectSpec>(&spec);
  const bool dead_letter = (source != nullptr && source->on_error == OnError::kDeadLetter) ||
                           (project != nullptr && project->on_error == OnError::kDeadLetter);
  if (!dead_letter) return {};
  const bool open = std::any_of(graph.edges.begin(), graph.edges.end(), [index](const Edge& edge) {
    return edge.from == index && edge.from_port == kBadPort;
  });
  if (open) return {};
  return Judge(graph.vertex(index).id)
      .refuse(
          "on_error is dead_letter, but nothing takes its bad rows: add an edge from its port "
          "\"bad\" to a sink, or set on_error to skip or fail");
}

// Rows of one group must meet in one place.
Status check_grouping(const WindowAggregateSpec& spec, const Edge& edge, const Schema& input,
                      const Judge& judge) {
  std::string keys;
  for (const size_t key : spec.keys) {
    keys += fmt::format("{}\"{}\"", keys.empty() ? "" : ", ", input.fields[key].name);
  }
  const std::vector<size_t>& columns = edge.distribution.columns;
  const bool by_key =
      edge.distribution.kind == DistributionKind::kHash && (spec.keys.empty() || !columns.empty());
  const bool by_keys_only =
      std::all_of(columns.begin(), columns.end(), [&spec](const size_t column) {
        return std::find(spec.keys.begin(), spec.keys.end(), column) != spec.keys.end();
      });
  if (by_key && by_keys_only) return {};
  return judge.refuse(
      "rows of one group must meet: distribute the edge that leads to it by hash "
      "of its keys, \"hash\": [{}]",
      keys);
}

Status check_edge(const JobGraph& graph, const Edge& edge, const Schema& schema) {
  const Vertex& from = graph.vertex(edge.from);
  const Vertex& to = graph.vertex(edge.to);
  const Judge judge(to.id);
  if (edge.distribution.kind != DistributionKind::kHash && !edge.distribution.columns.empty()) {
    return judge.refuse("only a hash distribution has columns");
  }
  for (const size_t column : edge.distribution.columns) {
    TRY(judge.key(column, schema, fmt::format("the hash of the edge from \"{}\"", from.id)));
  }
  if (const auto* all = std::get_if<UnionSpec>(&to.spec)) {
    TRY(judge.same_columns(all->columns, schema, from.id));
    for (size_t i = 0; i < all->columns.size(); ++i) {
      const Field& own = all->columns[i];
      const Field& given = schema.fields[i];
      if (own.event_time && !given.event_time) {
        return judge.refuse("column \"{}\" is event time, but not in what \"{}\" gives", own.name,
                            from.id);
      }
      if (!own.nullable && given.nullable) {
        return judge.refuse("column \"{}\" is never NULL, but may be in what \"{}\" gives",
                            own.name, from.id);
      }
    }
  }
  if (const auto* sink = std::get_if<SinkSpec>(&to.spec)) {
    TRY(judge.same_columns(sink->columns, schema, from.id));
  }
  if (const auto* window = std::get_if<WindowAggregateSpec>(&to.spec)) {
    TRY(check_grouping(*window, edge, schema, judge));
  }
  return {};
}

Status check_union(const UnionSpec& spec, const Judge& judge) {
  if (spec.columns.empty()) return judge.refuse("no columns are named: name those of its inputs");
  return judge.distinct_names(names_of(spec.columns));
}

Status check_options(const JobOptions& options) {
  if (options.parallelism.value_or(1) == 0) return user_error("parallelism must be at least 1");
  if (options.parallelism.value_or(1) > 4096) return user_error("parallelism is 4096 at most");
  if (options.checkpoint_interval <= 0) {
    return user_error("checkpoint_interval must be longer than nothing, such as '1 second'");
  }
  if (options.max_alignment <= 0) {
    return user_error("max_alignment must be longer than nothing, such as '1 minute'");
  }
  return {};
}

}  // namespace

Status validate_step(const Vertex& vertex, const SchemaPtr& input) {
  const Judge judge(vertex.id);
  return std::visit(
      Match{[&](const SourceSpec& source) { return judge.source(source); },
            [&](const ProjectSpec& project) { return judge.project(project, *input); },
            [&](const WindowAggregateSpec& window) { return judge.window(window, *input); },
            [&](const UnionSpec& all) { return check_union(all, judge); },
            [&](const SinkSpec& sink) { return judge.sink(sink); }},
      vertex.spec);
}

Status validate(const JobGraph& graph) {
  TRY(check_options(graph.options));
  TRY(check_ids(graph));
  TRY(check_ports(graph));
  const std::vector<VertexIndex> order = TRY(topological_order(graph));
  std::vector<SchemaPtr> inputs(graph.vertices.size());
  for (const VertexIndex index : order) {
    const Vertex& vertex = graph.vertex(index);
    TRY(check_inputs(graph, index));
    TRY(check_policy(graph, index));
    TRY(validate_step(vertex, inputs[index.value()]));
    for (const Edge& edge : graph.edges) {
      if (edge.from != index) continue;
      const SchemaPtr schema = output_schema(vertex.spec, edge.from_port, inputs[index.value()]);
      inputs[edge.to.value()] = schema;
    }
  }
  for (const Edge& edge : graph.edges) {
    const SchemaPtr schema =
        output_schema(graph.vertex(edge.from).spec, edge.from_port, inputs[edge.from.value()]);
    TRY(check_edge(graph, edge, *schema));
  }
  return {};
}

}  // namespace weir
