// validate() of job_graph.h: first the shape (ids, edges, ports, cycles), then each step against
// the schema of its input, in topological order, so that no check looks at a schema that was not
// checked itself.
#include "engine/plan/changes.h"
#include "engine/plan/job_graph.h"
#include "engine/plan/judge.h"
#include "engine/plan/row_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace weir {
namespace {

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
    if (output_ports(from.spec) == 0) {
      return judge.refuse("a sink is the end: take out the edge that leaves it");
    }
    if (!has_port(from.spec, edge.from_port)) {
      return judge.refuse("a {} has no such port as {}: take out the edge that leaves it",
                          kind_name(from.spec),
                          edge.from_port.value() <= 2 ? port_name(edge.from_port) : "this");
    }
    const Vertex& to = graph.vertex(edge.to);
    if (edge.to_port.value() >= std::max(input_ports(to.spec), size_t{1})) {
      return Judge(to.id).refuse("rows cannot enter a {} by port {}", kind_name(to.spec),
                                 edge.to_port.value());
    }
  }
  return {};
}

size_t count_inputs(const JobGraph& graph, VertexIndex index, Port port) {
  const auto enters = [&](const Edge& edge) { return edge.to == index && edge.to_port == port; };
  return static_cast<size_t>(std::count_if(graph.edges.begin(), graph.edges.end(), enters));
}

Status check_inputs(const JobGraph& graph, VertexIndex index) {
  const Vertex& vertex = graph.vertex(index);
  const Judge judge(vertex.id);
  if (std::holds_alternative<SourceSpec>(vertex.spec)) {
    if (count_inputs(graph, index, kRowsPort) == 0) return {};
    return judge.refuse("a source takes no input: take out the edge that leads to it");
  }
  const bool takes_many = std::holds_alternative<UnionSpec>(vertex.spec) ||
                          std::holds_alternative<SinkSpec>(vertex.spec);
  const bool is_join = input_ports(vertex.spec) == 2;
  for (const Port port : {kLeftPort, kRightPort}) {
    if (port == kRightPort && !is_join) break;
    const size_t inputs = count_inputs(graph, index, port);
    if (inputs == 0 && is_join) {
      return judge.refuse("nothing leads to its {} side: add an edge",
                          port == kLeftPort ? "left" : "right");
    }
    if (inputs == 0) return judge.refuse("nothing leads to it: add an edge, or take it out");
    if (inputs == 1 || takes_many) continue;
    return judge.refuse("{} edges lead to it, but a {} takes one{}: join them in a union first",
                        inputs, kind_name(vertex.spec), is_join ? " a side" : "");
  }
  return {};
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

// The columns of the input whose equal rows must meet in one instance; absent: any may go anywhere.
std::optional<std::vector<size_t>> meeting_columns(const VertexSpec& spec, Port port) {
  if (const auto* window = std::get_if<WindowAggregateSpec>(&spec)) return window->keys;
  if (const auto* rank = std::get_if<WindowRankSpec>(&spec)) return rank->partition;
  if (const auto* over = std::get_if<OverSpec>(&spec)) return over->keys;
  if (const auto* suppress = std::get_if<SuppressSpec>(&spec)) return suppress->keys;
  if (const auto* group = std::get_if<GroupAggregateSpec>(&spec)) return group->keys;
  if (const auto* top = std::get_if<TopSpec>(&spec)) return top->partition;
  if (const auto* fold = std::get_if<FoldSpec>(&spec)) return fold->keys;
  if (const auto* join = std::get_if<EquiJoinSpec>(&spec)) {
    return port == kLeftPort ? join->left.keys : join->right.keys;
  }
  if (const auto* join = std::get_if<AsOfJoinSpec>(&spec)) {
    return port == kLeftPort ? join->left.keys : join->right.keys;
  }
  if (const auto* join = std::get_if<IntervalJoinSpec>(&spec)) {
    return port == kLeftPort ? join->left.keys : join->right.keys;
  }
  if (const auto* join = std::get_if<WindowJoinSpec>(&spec)) {
    return port == kLeftPort ? join->left.keys : join->right.keys;
  }
  return std::nullopt;
}

Status check_meeting(const std::vector<size_t>& keys, const Edge& edge, const Schema& input,
                     const Judge& judge) {
  std::string names;
  for (const size_t key : keys) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", input.fields[key].name);
  }
  const std::vector<size_t>& columns = edge.distribution.columns;
  const bool by_key =
      edge.distribution.kind == DistributionKind::kHash && (keys.empty() || !columns.empty());
  const bool by_keys_only =
      std::all_of(columns.begin(), columns.end(), [&keys](const size_t column) {
        return std::find(keys.begin(), keys.end(), column) != keys.end();
      });
  if (by_key && by_keys_only) return {};
  return judge.refuse(
      "rows of one group must meet: distribute the edge that leads to it by hash "
      "of its keys, \"hash\": [{}]",
      names);
}

// Both sides of a join must be distributed by the same keys, in the same order.
template <typename JoinSpec>
Status check_sides(const JobGraph& graph, VertexIndex index, const JoinSpec& spec) {
  std::vector<std::vector<size_t>> places(2);  // By side: which of its keys, in order.
  for (const Edge& edge : graph.edges) {
    if (edge.to != index) continue;
    const bool is_left = edge.to_port == kLeftPort;
    const std::vector<size_t>& keys = is_left ? spec.left.keys : spec.right.keys;
    for (const size_t column : edge.distribution.columns) {
      const auto key = std::find(keys.begin(), keys.end(), column);
      places[edge.to_port.value()].push_back(static_cast<size_t>(key - keys.begin()));
    }
  }
  if (places[0] == places[1]) return {};
  return Judge(graph.vertex(index).id)
      .refuse(
          "rows that match must meet: distribute both sides by the same keys, in the same order");
}

Status check_edge(const JobGraph& graph, const Edge& edge, const Schema& schema) {
  const Vertex& from = graph.vertex(edge.from);
  const Vertex& to = graph.vertex(edge.to);
  const Judge judge(to.id);
  if (edge.distribution.kind != DistributionKind::kHash && !edge.distribution.columns.empty()) {
    return judge.refuse("only a hash distribution has columns");
  }
  for (const size_t column : edge.distribution.columns) {
    TRY(judge.tells_apart(column, schema,
                          fmt::format("the hash of the edge from \"{}\"", from.id)));
  }
  const std::vector<Field>* stated = stated_input(to.spec, edge.to_port);
  if (stated != nullptr) TRY(judge.same_columns(*stated, schema, from.id));
  if (stated != nullptr && !std::holds_alternative<SinkSpec>(to.spec)) {
    for (size_t i = 0; i < stated->size(); ++i) {
      const Field& own = (*stated)[i];
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
  const std::optional<std::vector<size_t>> keys = meeting_columns(to.spec, edge.to_port);
  return keys ? check_meeting(*keys, edge, schema, judge) : Status();
}

std::vector<VertexIndex> inputs_of(const JobGraph& graph, VertexIndex index) {
  std::vector<VertexIndex> inputs;
  for (const Edge& edge : graph.edges) {
    if (edge.to == index) inputs.push_back(edge.from);
  }
  return inputs;
}

// Event time and the clock do not meet, and current_watermark() is asked where rows have one.
Status check_time(const JobGraph& graph, VertexIndex index) {
  const Vertex& vertex = graph.vertex(index);
  const Judge judge(vertex.id);
  const std::vector<VertexIndex> inputs = inputs_of(graph, index);
  const auto* all = std::get_if<UnionSpec>(&vertex.spec);
  const bool joins_times =
      input_ports(vertex.spec) == 2 ||
      (all != nullptr && std::any_of(all->columns.begin(), all->columns.end(),
                                     [](const Field& field) { return field.event_time; }));
  if (joins_times && mixes_times(graph, inputs)) {
    return judge.refuse(
        "some of its inputs are timed by processing_time, others by events: give all of them the "
        "same time");
  }
  const auto* project = std::get_if<ProjectSpec>(&vertex.spec);
  if (project == nullptr || !reads_watermark(*project)) return {};
  if (has_watermark(graph, inputs.front())) return {};
  return judge.refuse(
      "current_watermark() needs rows as a source with event_time gives them: compute it before "
      "they are joined, grouped or wait for the watermark");
}

// Rows that may be taken back go to steps and sinks that can take them back.
Status check_changes(const JobGraph& graph, VertexIndex index, const std::vector<bool>& changes) {
  const Vertex& vertex = graph.vertex(index);
  const bool changing_input =
      std::any_of(graph.edges.begin(), graph.edges.end(), [&](const Edge& edge) {
        return edge.to == index && edge.from_port == kRowsPort && changes[edge.from.value()];
      });
  if (!changing_input) return {};
  const Judge judge(vertex.id);
  if (const auto* sink = std::get_if<SinkSpec>(&vertex.spec)) {
    if (sink->envelope == Envelope::kUpsert && !has_form_of_deletion(*sink)) {
      return judge.refuse(
          "its rows change, and format '{}' has no form for a deletion: write format json, or take "
          "envelope op, or put a fold before it",
          sink->options.at("format"));
    }
    if (sink->envelope != Envelope::kPlain) return {};
    return judge.refuse(
        "its rows change, and a plain sink cannot take them back: give it a primary_key and "
        "envelope upsert, or envelope op, or put a fold before it");
  }
  if (takes_changes(vertex.spec)) return {};
  return judge.refuse("its input changes, and a {} cannot take rows back", kind_name(vertex.spec));
}

Status check_options(const JobOptions& options) {
  if (options.parallelism.value_or(1) == 0) return user_error("parallelism must be at least 1");
  if (options.parallelism.value_or(1) > kParallelismMax) {
    return user_error(fmt::format("parallelism is {} at most", kParallelismMax));
  }
  if (options.checkpoint_interval <= 0) {
    return user_error("checkpoint_interval must be longer than nothing, such as '1 second'");
  }
  if (options.max_alignment <= 0) {
    return user_error("max_alignment must be longer than nothing, such as '1 minute'");
  }
  return {};
}

}  // namespace

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
  const std::vector<bool> changes = changing(graph);
  for (const VertexIndex index : order) {
    TRY(check_time(graph, index));
    const VertexSpec& spec = graph.vertex(index).spec;
    if (const auto* join = std::get_if<IntervalJoinSpec>(&spec)) {
      TRY(check_sides(graph, index, *join));
    }
    if (const auto* join = std::get_if<WindowJoinSpec>(&spec)) {
      TRY(check_sides(graph, index, *join));
    }
    if (const auto* join = std::get_if<EquiJoinSpec>(&spec)) {
      TRY(check_sides(graph, index, *join));
    }
    if (const auto* join = std::get_if<AsOfJoinSpec>(&spec)) {
      TRY(check_sides(graph, index, *join));
    }
    TRY(check_changes(graph, index, changes));
  }
  return {};
}

}  // namespace weir
