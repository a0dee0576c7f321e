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

std::string window_text(const WindowAggregateSpec& spec, const Schema& input) {
  std::string text =
      fmt::format("tumble({}, {}us", input.fields[spec.window.time_column].name, spec.window.size);
  if (spec.window.offset != 0) text += fmt::format(", {}us", spec.window.offset);
  text += ") by (";
  for (const size_t key : spec.keys)
    text += input.fields[key].name + (key == spec.keys.back() ? "" : ", ");
  text += ")";
  for (const AggregateCall& call : spec.aggregates) {
    text += fmt::format(" {}={}({}{})", call.name, function_name(call.function),
                        call.distinct ? "distinct " : "",
                        call.argument ? input.fields[*call.argument].name : "*");
    if (call.filter) text += fmt::format(" if {}", input.fields[*call.filter].name);
  }
  return text;
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
            [](const AssignWindowSpec&) { return std::string("window"); },
            [](const WindowRankSpec&) { return std::string("window rank"); },
            [](const OverSpec&) { return std::string("over"); },
            [](const SuppressSpec&) { return std::string("suppress"); },
            [](const IntervalJoinSpec&) { return std::string("interval join"); },
            [](const WindowJoinSpec&) { return std::string("window join"); },
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
    how = " by (";
    for (const size_t column : edge.distribution.columns) {
      how += inputs[edge.to.value()]->fields[column].name;
      how += column == edge.distribution.columns.back() ? "" : ", ";
    }
    how += ")";
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
