#include "tests/engine/sql/script_harness.h"

#include "engine/base/match.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace weir {
namespace {

SqlScript script_of(const std::string& text, const std::map<std::string, std::string>& variables) {
  return {.text = text,
          .file = "job.sql",
          .variables = [variables](std::string_view name) -> std::optional<std::string> {
            const auto found = variables.find(std::string(name));
            if (found == variables.end()) return std::nullopt;
            return found->second;
          }};
}

std::string columns_text(const std::vector<NamedExpr>& columns, const Schema& input) {
  std::string text;
  for (const NamedExpr& column : columns) {
    if (!text.empty()) text += ", ";
    const std::string expr = to_text(*column.expr, input);
    text += expr == column.name ? expr : fmt::format("{} AS {}", expr, column.name);
  }
  return text;
}

std::string names_text(const std::vector<size_t>& columns, const Schema& input) {
  std::string text;
  for (const size_t column : columns) {
    text += (text.empty() ? "" : ", ") + input.fields[column].name;
  }
  return "(" + text + ")";
}

std::string window_call(const WindowSpec& window, const Schema& input) {
  constexpr std::string_view kNames[] = {"tumble", "hop", "cumulate", "session", "given"};
  const std::string_view name = kNames[static_cast<size_t>(window.kind)];
  const std::string& time = input.fields[window.time_column].name;
  if (window.kind == WindowKind::kGiven) {
    return fmt::format("{}({}, {})", name, input.fields[*window.start_column].name, time);
  }
  std::string text = fmt::format("{}({}", name, time);
  if (window.slide != 0) text += fmt::format(", {}us", window.slide);
  text += fmt::format(", {}us", window.size);
  if (window.offset != 0) text += fmt::format(", {}us", window.offset);
  return text + ")";
}

std::string window_text(const WindowAggregateSpec& spec, const Schema& input) {
  std::string text =
      fmt::format("{} by {}", window_call(spec.window, input), names_text(spec.keys, input));
  for (const AggregateCall& call : spec.aggregates) {
    text += fmt::format(" {}={}({}{})", call.name, function_name(call.function),
                        call.distinct ? "distinct " : "",
                        call.argument ? input.fields[*call.argument].name : "*");
    if (call.filter) text += fmt::format(" if {}", input.fields[*call.filter].name);
  }
  return text;
}

std::string rank_text(const WindowRankSpec& spec, const Schema& input) {
  std::string text = fmt::format("ranks {} by {} order", window_call(spec.window, input),
                                 names_text(spec.partition, input));
  for (const SortKey& key : spec.order) {
    text += " " + input.fields[key.column].name;
    if (key.descending) text += " desc";
    if (key.nulls_first) text += " nulls first";
  }
  for (const RankCall& call : spec.ranks) text += " " + call.name;
  if (spec.limit) text += fmt::format(" limit {}", *spec.limit);
  return text;
}

std::string frame_text(const OverCall& call) {
  if (call.frame == FrameKind::kRows) {
    return call.rows ? fmt::format(" rows {}", *call.rows) : " rows all";
  }
  return call.range ? fmt::format(" range {}us", *call.range) : "";
}

std::string over_text(const OverSpec& spec, const Schema& input) {
  constexpr std::string_view kNames[] = {"",           "lag",  "first_value", "last_value",
                                         "row_number", "rank", "dense_rank"};
  const auto column = [&](const std::optional<size_t>& index) {
    return index ? input.fields[*index].name : std::string("*");
  };
  std::string text = fmt::format("over {} by {}", names_text(spec.keys, input),
                                 spec.order == OverOrder::kLog ? "log" : column(spec.time_column));
  if (spec.order == OverOrder::kLog && spec.time_column) text += "/" + column(spec.time_column);
  for (const OverCall& call : spec.calls) {
    const bool is_aggregate = call.function == OverFunction::kAggregate;
    text += fmt::format(
        " {}={}({}", call.name,
        is_aggregate ? function_name(call.aggregate) : kNames[static_cast<size_t>(call.function)],
        column(call.argument));
    if (call.distance != 1) text += fmt::format(", {}", call.distance);
    if (call.fallback) text += " else " + column(call.fallback);
    text += ")" + frame_text(call);
    if (call.filter) text += " if " + column(call.filter);
  }
  return text;
}

std::string side_text(const JoinSide& side) {
  const Schema schema{side.columns};
  return fmt::format("{} at {}", names_text(side.keys, schema), schema.fields[side.time].name);
}

template <typename Spec>
std::string join_text(const Spec& spec) {
  constexpr std::string_view kNames[] = {"inner", "left", "right", "full"};
  std::string text = fmt::format("{} {} = {}", kNames[static_cast<size_t>(spec.type)],
                                 side_text(spec.left), side_text(spec.right));
  if constexpr (std::is_same_v<Spec, IntervalJoinSpec>) {
    text += fmt::format(" in [{}us, {}us]", spec.lower, spec.upper);
  }
  if (spec.condition == nullptr) return text;
  const SchemaPtr output = output_schema(spec, kRowsPort, nullptr);
  return text + " if " + to_text(*spec.condition, *output);
}

std::string describe(const Vertex& vertex, const SchemaPtr& input) {
  return std::visit(
      Match{[](const SourceSpec& spec) { return fmt::format("reads {}", spec.connector); },
            [&](const ProjectSpec& spec) {
              std::string text = columns_text(spec.columns, *input);
              if (spec.filter != nullptr) text += " where " + to_text(*spec.filter, *input);
              return text;
            },
            [&](const WindowAggregateSpec& spec) { return window_text(spec, *input); },
            [&](const AssignWindowSpec& spec) {
              const std::string_view late = spec.drops_late ? " in time" : "";
              return fmt::format("assigns {}{}", window_call(spec.window, *input), late);
            },
            [](const ProcessingTimeSpec&) { return std::string("processing time"); },
            [&](const WindowRankSpec& spec) { return rank_text(spec, *input); },
            [&](const OverSpec& spec) { return over_text(spec, *input); },
            [&](const SuppressSpec& spec) {
              const std::string keys = names_text(spec.keys, *input);
              const std::string& time = input->fields[spec.time_column].name;
              if (!spec.interval) return fmt::format("first {} by {}", keys, time);
              return fmt::format("suppress {} by {} {}us", keys, time, *spec.interval);
            },
            [](const IntervalJoinSpec& spec) { return join_text(spec); },
            [](const WindowJoinSpec& spec) { return "window " + join_text(spec); },
            [](const GroupAggregateSpec& spec) {
              return fmt::format("groups by {} keys", spec.keys.size());
            },
            [](const TopSpec& spec) { return fmt::format("the first {}", spec.limit); },
            [](const EquiJoinSpec& spec) {
              return fmt::format("joins by {} keys", spec.left.keys.size());
            },
            [](const AsOfJoinSpec& spec) { return "as of " + join_text(spec); },
            [](const FoldSpec&) { return std::string("folds"); },
            [](const UnionSpec&) { return std::string("union"); },
            [](const SinkSpec& spec) { return fmt::format("writes {}", spec.connector); }},
      vertex.spec);
}

std::string edge_text(const JobGraph& graph, const Edge& edge,
                      const std::vector<SchemaPtr>& inputs) {
  const std::string port =
      edge.from_port == kRowsPort ? "" : fmt::format(" {}", port_name(edge.from_port));
  std::string how;
  if (edge.distribution.kind == DistributionKind::kHash) {
    const std::vector<Field>* stated = stated_input(graph.vertex(edge.to).spec, edge.to_port);
    const Schema input = stated == nullptr ? *inputs[edge.to.value()] : Schema{*stated};
    how = " by " + names_text(edge.distribution.columns, input);
  }
  return fmt::format("{}{} -> {}{}", graph.vertex(edge.from).id, port, graph.vertex(edge.to).id,
                     how);
}

}  // namespace

std::string with_tables(std::string_view statements) {
  return fmt::format(
      "CREATE TYPE place AS (lat double precision, lon double precision);\n"
      "CREATE TABLE payments (id bigint NOT NULL, card text NOT NULL, amount numeric(12,2), note "
      "text, spot place,\n"
      "  ok boolean, n int, at timestamptz NOT NULL)\n"
      "  WITH (connector = 'file', path = 'in', event_time = 'at');\n"
      "CREATE TABLE alerts (card text, total numeric(38,2), at timestamptz)\n"
      "  WITH (connector = 'kafka', brokers = 'b:1', topic = 'alerts', delivery = "
      "'at_least_once');\n"
      "{}",
      statements);
}

JobGraph graph_of(const std::string& script, const std::map<std::string, std::string>& variables) {
  Result<JobGraph> graph = sql_to_job_graph(script_of(script, variables));
  INFO(script);
  if (!graph.ok()) FAIL(graph.error().message);
  return std::move(graph).value();
}

std::string facts(const JobGraph& graph) {
  const std::vector<SchemaPtr> inputs = input_schemas(graph);
  std::string text;
  for (size_t i = 0; i < graph.vertices.size(); ++i) {
    text += fmt::format("{}: {}\n", graph.vertices[i].id, describe(graph.vertices[i], inputs[i]));
  }
  for (const Edge& edge : graph.edges) text += edge_text(graph, edge, inputs) + "\n";
  return text;
}

std::string facts_of(const std::string& script) { return facts(graph_of(script)); }

std::string step_of(const std::string& script, const std::string& id) {
  const std::string text = "\n" + facts_of(script);
  const std::string begin = fmt::format("\n{}: ", id);
  const size_t at = text.find(begin);
  if (at == std::string::npos) FAIL("no vertex " << id << " in" << text);
  const size_t from = at + begin.size();
  return text.substr(from, text.find('\n', from) - from);
}

std::string error_of(const std::string& script,
                     const std::map<std::string, std::string>& variables) {
  const Result<JobGraph> graph = sql_to_job_graph(script_of(script, variables));
  if (graph.ok()) return "";
  REQUIRE(graph.error().kind == ErrorKind::kUser);
  return graph.error().message;
}

std::string refusal(const std::string& script) {
  const std::string message = error_of(script);
  const std::string first = message.substr(0, message.find('\n'));
  return first.starts_with("job.sql:") ? first.substr(8) : first;
}

std::string expression_of(const std::string& expression) {
  const std::string script = with_tables("SELECT " + expression + " AS x FROM payments");
  const Result<JobGraph> graph = sql_to_job_graph(script_of(script, {}));
  if (!graph.ok()) {
    const std::string& message = graph.error().message;
    const std::string first = message.substr(0, message.find('\n'));
    size_t colon = 0;
    for (int i = 0; i < 3; ++i)
      colon = first.find(':', colon) + 1;  // Behind file, line and column.
    return "error:" + first.substr(colon);
  }
  const Vertex& project = vertex_of(*graph, "stdout.project");
  const SchemaPtr input = input_schemas(*graph)[1];
  return to_text(*std::get<ProjectSpec>(project.spec).columns[0].expr, *input);
}

const Vertex& vertex_of(const JobGraph& graph, std::string_view id) {
  for (const Vertex& vertex : graph.vertices) {
    if (vertex.id == id) return vertex;
  }
  FAIL("no vertex " << id);
  unreachable();
}

}  // namespace weir
