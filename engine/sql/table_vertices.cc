#include "engine/sql/table_vertices.h"

#include "engine/sql/source_table.h"

#include <fmt/format.h>

#include <optional>
#include <set>

namespace weir {
namespace {

constexpr std::string_view kBothRoles =
    "table \"{}\" is both read and written in this script: make it two tables, or, to pass rows on "
    "inside of the job, "
    "use a view";

std::optional<VertexIndex> find_sink(const GraphBuilder& graph, const std::string& table) {
  for (size_t i = 0; i < graph.vertices().size(); ++i) {
    const auto* sink = std::get_if<SinkSpec>(&graph.vertices()[i].spec);
    if (sink != nullptr && sink->table == table) return VertexIndex(static_cast<uint32_t>(i));
  }
  return std::nullopt;
}

}  // namespace

Result<Relation> TableVertices::read(const TableDefinition& table, size_t location) {
  if (written_.contains(table.name)) {
    return script_.refuse(location, fmt::format(fmt::runtime(kBothRoles), table.name));
  }
  const auto found = read_.find(table.name);
  if (found != read_.end()) {
    return relation_of(graph_, found->second.vertex, found->second.policy);
  }
  SourceTable source = TRY(source_table(script_, catalog_, table));
  const RowPolicy policy = source.policy;
  const VertexIndex vertex = graph_.add_vertex(table.name, std::move(source.spec), nullptr);
  if (!policy.dead_letters.empty()) {
    graph_.add_side_output({.from = vertex, .port = kBadPort, .table = policy.dead_letters});
  }
  read_.emplace(table.name, ReadTable{.vertex = vertex, .policy = policy});
  return relation_of(graph_, vertex, policy);
}

Result<VertexIndex> TableVertices::write(const TableDefinition& table, size_t location) {
  if (read_.contains(table.name)) {
    return script_.refuse(location, fmt::format(fmt::runtime(kBothRoles), table.name));
  }
  written_.emplace(table.name, location);
  if (const std::optional<VertexIndex> vertex = find_sink(graph_, table.name)) return *vertex;
  const SinkSpec spec = TRY(sink_table(script_, table));
  return sink_vertex(spec);
}

VertexIndex TableVertices::sink_vertex(const SinkSpec& spec) {
  auto schema = std::make_shared<Schema>();
  schema->fields = spec.columns;
  return graph_.add_vertex(spec.table, spec, schema);
}

Status TableVertices::join_side_outputs() {
  const std::vector<SideOutput> outputs = graph_.side_outputs();
  for (const SideOutput& output : outputs) {
    const TableDefinition* table = catalog_.table(output.table);
    CHECK(table != nullptr);
    if (read_.contains(table->name)) {
      return script_.refuse(
          table->location,
          fmt::format("table \"{}\" takes rows that another one cannot use, so it cannot be "
                      "read in the same script",
                      table->name));
    }
    const bool is_late = output.port == kLatePort;
    TRY(check_side_table(script_, *table, is_late ? "late" : "dead_letters",
                         is_late ? *late_schema() : *dead_letter_schema()));
    const VertexIndex sink = TRY(write(*table, table->location));
    graph_.add_edge({.from = output.from,
                     .from_port = output.port,
                     .to = sink,
                     .to_port = kRowsPort,
                     .distribution = {}});
  }
  return {};
}

}  // namespace weir
