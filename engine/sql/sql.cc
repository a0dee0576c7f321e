#include "engine/sql/sql.h"

#include "engine/expr/build.h"
#include "engine/expr/nearest_name.h"
#include "engine/plan/changes.h"
#include "engine/plan/row_time.h"
#include "engine/plan/source_end.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/late_windows.h"
#include "engine/sql/query_binder.h"
#include "engine/sql/refusals.h"
#include "engine/sql/script_options.h"
#include "engine/sql/step_input.h"
#include "engine/sql/table_faults.h"
#include "engine/sql/table_vertices.h"
#include "engine/sql/top_n.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace weir {
namespace {

// Two columns of one name would be one key in a JSON line: "count", "count_2".
void make_names_distinct(Relation& relation) {
  std::set<std::string> taken;
  for (RelationColumn& column : relation.columns) {
    const std::string name = column.name;
    for (int n = 2; !taken.insert(column.name).second; ++n)
      column.name = fmt::format("{}_{}", name, n);
  }
}

// One run over one script.
class ScriptCompiler {
 public:
  ScriptCompiler(const ScriptText& script, const ParsedScript& parsed, const TableCheck& check)
      : script_(script),
        parsed_(parsed),
        check_table_(check),
        tables_(script, catalog_, graph_),
        queries_(script, catalog_, graph_, tables_) {}

  Result<JobGraph> compile() {
    for (const Statement& statement : parsed_.statements()) TRY(define(statement));
    bool runs = false;
    for (const Statement& statement : parsed_.statements()) {
      if (statement.node.is("InsertStmt")) {
        TRY(insert(statement));
      } else if (statement.node.is("SelectStmt")) {
        TRY(print(statement));
      } else {
        continue;
      }
      runs = true;
    }
    // Views that nobody reads are checked all the same.
    for (const auto& [name, view] : catalog_.views()) TRY(queries_.bind_view(view, view.location));
    if (!runs) {
      return script_.refuse_script(
          "nothing to run: the script has no INSERT INTO ... SELECT and no SELECT");
    }
    graph_.drop_unused();
    judge_where_assigned(graph_);
    TRY(tables_.join_side_outputs());
    TRY(check_tables());
    TRY(check_end());
    TRY(check_ranges());
    JobGraph graph = std::move(graph_).finish(options_);
    limit_ranks(graph);
    TRY(check_limits(graph));
    const Status valid = validate(graph);
    if (!valid.ok()) return script_.refuse_script(valid.error().message);
    return graph;
  }

 private:
  // What other statements may refer to, in whatever order they stand.
  Status define(const Statement& statement) {
    const Node& node = statement.node;
    if (node.is("CompositeTypeStmt")) return catalog_.add_type(script_, statement);
    if (node.is("CreateStmt")) return catalog_.add_table(script_, statement);
    if (node.is("ViewStmt")) return catalog_.add_view(script_, statement);
    if (node.is("VariableSetStmt")) return apply_set(script_, statement, options_);
    if (node.is("InsertStmt") || node.is("SelectStmt")) return {};
    return refuse_statement(script_, statement);
  }

  // The faults of each table by itself, whether a query uses it or not.
  Status check_tables() const {
    std::set<std::string> used;
    for (const Vertex& vertex : graph_.vertices()) {
      const auto* source = std::get_if<SourceSpec>(&vertex.spec);
      const auto* sink = std::get_if<SinkSpec>(&vertex.spec);
      if (source == nullptr && sink == nullptr) continue;
      const std::string& name = source != nullptr ? source->table : sink->table;
      TRY(ask_connector(script_, catalog_.table(name), vertex.spec, check_table_));
      used.insert(name);
    }
    for (const auto& [name, table] : catalog_.tables()) {
      if (used.contains(name)) continue;
      TRY(check_unused_table(script_, catalog_, table, check_table_));
    }
    return {};
  }

  // Of rows that are numbered as they stand, all would have to be renumbered for ever.
  Status check_limits(const JobGraph& graph) const {
    for (const Vertex& vertex : graph.vertices) {
      const auto* top = std::get_if<TopSpec>(&vertex.spec);
      if (top == nullptr || top->limit > 0) continue;
      return script_.refuse(
          graph_.location_of(vertex.id).value_or(0),
          "the number of every row would change with each new one: bound it in the WHERE of the "
          "query around it, SELECT .. FROM (SELECT .., row_number() OVER (..) AS n FROM ..) AS "
          "numbered WHERE n <= 10; or number the rows of a window, with PARTITION BY "
          "window_start, window_end");
    }
    return {};
  }

  // A final result needs an end.
  Status check_end() const {
    if (options_.result_mode != ResultMode::kFinal) return {};
    for (const Vertex& vertex : graph_.vertices()) {
      const auto* source = std::get_if<SourceSpec>(&vertex.spec);
      if (source == nullptr || has_end(*source)) continue;
      const TableDefinition* table = catalog_.table(source->table);
      return script_.refuse(
          table->location,
          fmt::format("result_mode = 'final' gives results at the end of the input, and table "
                      "\"{}\" has none: {}, or leave the setting out",
                      source->table, way_to_end(source->connector)));
    }
    return {};
  }

  // Ranges of one file are read beside each other: time would go back and forth.
  Status check_ranges() const {
    for (uint32_t i = 0; i < graph_.vertices().size(); ++i) {
      const auto* source = std::get_if<SourceSpec>(&graph_.vertices()[i].spec);
      if (source == nullptr || source->connector != "file") continue;
      const auto split = source->options.find("split");
      if (split == source->options.end() || split->second != "range") continue;
      if (!reaches_time(graph_.graph(), VertexIndex(i))) continue;
      const TableDefinition* table = catalog_.table(source->table);
      return script_.refuse(table->options.at("split").location,
                            "split = 'range' reads the parts of a file beside each other, and a "
                            "step here goes by event time: write split = 'file'");
    }
    return {};
  }

  static std::string_view way_to_end(const std::string& connector) {
    if (connector == "kafka") return "write stop = 'latest'";
    if (connector == "generator") return "write rows = '1000'";
    return "write stop = 'end'";
  }

  // A bare SELECT: to standard output.
  Status print(const Statement& statement) {
    ++prints_;
    const std::string name = prints_ == 1 ? "stdout" : fmt::format("stdout_{}", prints_);
    Relation relation = TRY(queries_.bind_query(statement.node, nullptr, name, true));
    relation = TRY(queries_.close_window(std::move(relation), name));
    make_names_distinct(relation);
    VertexIndex from = materialize(graph_, relation, name + ".project");
    const SinkSpec sink = standard_output(name, *graph_.schema(from));
    if (graph_.changes(from)) {
      if (options_.result_mode != ResultMode::kFinal) {
        return script_.refuse(
            statement.location,
            "the rows of this query change as rows come, and a bare SELECT prints each only once: "
            "SET result_mode = 'final' prints the result at the end of the input; or INSERT INTO a "
            "table with a PRIMARY KEY, or with envelope = 'op'");
      }
      from = TRY(fold(from, name, statement.location));
    }
    const VertexIndex to = graph_.add_vertex(name, sink, graph_.schema(from));
    graph_.add_forward(from, to);
    return {};
  }

  Status insert(const Statement& statement) {
    const Node& node = statement.node;
    TRY(check_insert(statement));
    const Node range = node.part("relation");
    const std::string name = TRY(relation_name(script_, range));
    const TableDefinition* table = catalog_.table(name);
    if (table == nullptr) return no_such_target(name, range.location());
    QueryBinder::Names names;
    TRY(queries_.bind_with(node.part("withClause"), names, name));
    Relation relation = TRY(queries_.bind_query(node.child("selectStmt"), &names, name, false));
    relation = TRY(queries_.close_window(std::move(relation), name));
    TRY(assign(relation, *table, node));
    return join_sink(relation, *table, range.location());
  }

  Status check_insert(const Statement& statement) const {
    const Node& node = statement.node;
    if (!node.child("selectStmt")) {
      return script_.refuse(statement.location,
                            "DEFAULT VALUES is not available: write INSERT INTO table SELECT ...");
    }
    if (node.has("onConflictClause")) {
      return script_.refuse(
          node.part("onConflictClause").location(),
          "ON CONFLICT is not available: a sink with a PRIMARY KEY keeps the last row of a key");
    }
    const std::vector<Node> returning = node.list("returningList");
    if (!returning.empty()) {
      return script_.refuse(returning[0].location(),
                            "RETURNING is not available: add a SELECT to see the rows");
    }
    if (node.text("override") != "OVERRIDING_NOT_SET") {
      return script_.refuse(statement.location, "OVERRIDING is not available");
    }
    return {};
  }

  Error no_such_target(const std::string& name, size_t location) const {
    if (catalog_.view(name) != nullptr) {
      return script_.refuse(location,
                            fmt::format("\"{}\" is a view; rows are inserted into a table", name));
    }
    return script_.refuse(location, fmt::format("table \"{}\" does not exist{}", name,
                                                did_you_mean(name, catalog_.relation_names())));
  }

  // For each column of the table, which column of the query it takes; none for those left out.
  Result<std::vector<std::optional<size_t>>> targets(const Relation& relation,
                                                     const TableDefinition& table,
                                                     const Node& insert) const {
    std::vector<std::optional<size_t>> result(table.columns.size());
    const std::vector<Node> columns = insert.list("cols");
    const size_t wanted = columns.empty() ? table.columns.size() : columns.size();
    if (relation.columns.size() != wanted) {
      const size_t location = relation.columns.size() > wanted ? relation.columns[wanted].location
                                                               : insert.part("relation").location();
      return script_.refuse(
          location, fmt::format("INSERT INTO {} takes {} columns, but the query has {}", table.name,
                                wanted, relation.columns.size()));
    }
    for (size_t i = 0; i < wanted; ++i) {
      size_t target = i;
      if (!columns.empty()) {
        const std::string name = columns[i].text("name");
        const std::optional<size_t> found = table.find(name);
        if (!found || columns[i].has("indirection")) {
          return script_.refuse(columns[i].location(),
                                fmt::format("column \"{}\" of table \"{}\" does not exist{}", name,
                                            table.name, did_you_mean(name, table.column_names())));
        }
        target = *found;
      }
      if (result[target]) {
        return script_.refuse(columns[i].location(), fmt::format("column \"{}\" is there twice",
                                                                 table.columns[target].name));
      }
      result[target] = i;
    }
    return result;
  }

  // Makes the relation's columns those of the table: in its order, with its names and types.
  Status assign(Relation& relation, const TableDefinition& table, const Node& insert) const {
    const std::vector<std::optional<size_t>> from = TRY(targets(relation, table, insert));
    std::vector<RelationColumn> columns;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const ColumnDefinition& target = table.columns[i];
      RelationColumn column{.name = target.name,
                            .expr = make_untyped_null(),
                            .location = insert.part("relation").location()};
      if (from[i]) {
        column.expr = relation.columns[*from[i]].expr;
        column.location = relation.columns[*from[i]].location;
      }
      const Result<ExprPtr> cast = make_cast(column.expr, target.type, CastKind::kAssignment);
      if (!cast.ok()) {
        const std::string why = column.expr->untyped
                                    ? cast.error().message
                                    : fmt::format("the query gives {}: cast it, (...)::{}",
                                                  to_text(column.expr->type), to_text(target.type));
        return script_.refuse(column.location,
                              fmt::format("column \"{}\" of table \"{}\" has type {}, but {}",
                                          target.name, table.name, to_text(target.type), why));
      }
      column.expr = *cast;
      if (target.not_null && may_be_null(*column.expr, *relation.base)) {
        return script_.refuse(
            column.location,
            fmt::format("column \"{}\" of table \"{}\" is NOT NULL, but this value can be NULL: "
                        "write coalesce(..., value), or leave out NOT NULL there",
                        target.name, table.name));
      }
      columns.push_back(std::move(column));
    }
    relation.columns = std::move(columns);
    return {};
  }

  Status join_sink(const Relation& relation, const TableDefinition& table, size_t location) {
    const std::string id = table.name + ".project";
    VertexIndex from = materialize(graph_, relation, id);
    const VertexIndex sink = TRY(tables_.write(table, location));
    // One edge between two vertices: a second INSERT of the same rows gets a step between.
    const std::vector<Edge>& edges = graph_.edges();
    if (graph_.changes(from)) from = TRY(take_changes(from, table, location));
    const bool joined = std::any_of(edges.begin(), edges.end(), [&](const Edge& edge) {
      return edge.from == from && edge.to == sink;
    });
    if (joined) from = add_project(graph_, relation, id);
    graph_.add_forward(from, sink);
    return {};
  }

  // Only the table as it is at the end.
  Result<VertexIndex> fold(VertexIndex from, const std::string& owner, size_t location) {
    const SchemaPtr& rows = graph_.schema(from);
    TRY(check_can_wait(script_, *rows, location));
    FoldSpec spec;
    for (size_t i = 0; i < rows->fields.size(); ++i) spec.keys.push_back(i);
    const std::vector<size_t> keys = spec.keys;
    return add_keyed_step(graph_, owner + ".fold", std::move(spec), from, keys, {}).vertex;
  }

  Status check_deletions(const SinkSpec& sink, const TableDefinition& table) const {
    if (has_form_of_deletion(sink)) return {};
    const OptionDefinition& format = table.options.at("format");
    return script_.refuse(
        format.location,
        fmt::format(
            "the rows of a query into table \"{}\" change as rows come, and format '{}' has "
            "no form for a deletion: write format = 'json', or take envelope = 'op', or "
            "SET result_mode = 'final' to write the result once, at the end of the input",
            table.name, format.value));
  }

  // The step between rows that change and a sink that can take them, or a refusal.
  Result<VertexIndex> take_changes(VertexIndex from, const TableDefinition& table,
                                   size_t location) {
    if (options_.result_mode == ResultMode::kFinal) return fold(from, table.name, location);
    const SinkSpec sink = TRY(sink_table(script_, table));
    switch (sink.envelope) {
      case Envelope::kOp: return from;
      case Envelope::kUpsert: TRY(check_deletions(sink, table)); break;
      case Envelope::kPlain:
        return script_.refuse(
            location,
            fmt::format("the rows of this query change as rows come, and table \"{}\" cannot take "
                        "them back: give it a PRIMARY KEY (the last row of each key counts), or "
                        "envelope = 'op' (each change is a record), or SET result_mode = 'final' "
                        "to write the result once, at the end of the input",
                        table.name));
    }
    TRY(check_can_wait(script_, *graph_.schema(from), location));
    // Rows of one key may come from several tasks: which of them is current is known in one place.
    TopSpec current{.partition = {}, .order = {}, .ties = Ties::kLastArrived};
    for (const std::string& key : sink.primary_key) {
      current.partition.push_back(*graph_.schema(from)->find(key));
    }
    const std::vector<size_t> keys = current.partition;
    return add_keyed_step(graph_, table.name + ".current", std::move(current), from, keys, {})
        .vertex;
  }

  const ScriptText& script_;
  const ParsedScript& parsed_;
  const TableCheck& check_table_;
  Catalog catalog_;
  GraphBuilder graph_;
  TableVertices tables_;
  QueryBinder queries_;
  JobOptions options_;
  int prints_ = 0;
};

}  // namespace

Result<JobGraph> sql_to_job_graph(const SqlScript& script, SqlError* place) {
  SqlError found{.error = user_error(""), .line = 0, .column = 0};
  const ScriptText text = TRY(ScriptText::fill(script, place == nullptr ? &found : place));
  const ParsedScript parsed = TRY(parse_script(text));
  return ScriptCompiler(text, parsed, script.check_table).compile();
}

Result<ExprPtr> sql_expression(std::string_view text, const Schema& input) {
  const ScriptText script = ScriptText::bare("SELECT ", text);
  const ParsedScript parsed = TRY(parse_script(script));
  const auto refuse = [&] {
    return user_error(fmt::format("this is not one expression: {}", text));
  };
  if (parsed.statements().size() != 1 || !parsed.statements()[0].node.is("SelectStmt"))
    return refuse();
  const Node select = parsed.statements()[0].node;
  const std::vector<Node> targets = select.list("targetList");
  for (const std::string_view clause :
       {"fromClause", "whereClause", "groupClause", "havingClause", "distinctClause", "intoClause",
        "sortClause", "limitCount", "limitOffset", "windowClause", "lockingClause", "withClause"}) {
    if (select.has(clause)) return refuse();
  }
  if (targets.size() != 1 || targets[0].has("name") || select.text("op") != "SETOP_NONE")
    return refuse();
  const Catalog no_types;
  Scope scope(input);
  scope.set_has_watermark(true);  // validate() says whether it has.
  ExpressionBinder binder(script, no_types, scope, "an expression");
  return binder.bind_settled(targets[0].child("val"));
}

}  // namespace weir
