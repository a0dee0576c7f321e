#include "engine/sql/refusals.h"

#include "engine/expr/build.h"
#include "engine/expr/function.h"
#include "engine/expr/nearest_name.h"
#include "engine/sql/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace weir {
namespace {

constexpr std::string_view kAggregateNames[] = {"count",
                                                "sum",
                                                "avg",
                                                "min",
                                                "max",
                                                "bool_and",
                                                "bool_or",
                                                "every",
                                                "stddev",
                                                "stddev_pop",
                                                "stddev_samp",
                                                "variance",
                                                "var_pop",
                                                "var_samp",
                                                "string_agg",
                                                "array_agg",
                                                "first_value",
                                                "last_value",
                                                "approx_count_distinct",
                                                "approx_percentile",
                                                "json_agg",
                                                "jsonb_agg"};

constexpr std::string_view kWindowOnlyNames[] = {"row_number",   "rank",      "dense_rank",
                                                 "lag",          "lead",      "ntile",
                                                 "percent_rank", "cume_dist", "nth_value"};

constexpr std::string_view kMetadataNames[] = {"record_partition", "record_offset",
                                               "record_time",      "record_key",
                                               "record_header",    "record_source"};

constexpr std::string_view kTableFunctions[] = {"tumble",  "hop",   "cumulate",
                                                "session", "as_of", "suppress"};

template <size_t N>
bool is_one_of(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

bool is_aggregate_name(const std::string& name) { return is_one_of(name, kAggregateNames); }

bool is_function_name(const std::string& name) {
  const std::vector<std::string> names = function_names();
  return std::binary_search(names.begin(), names.end(), canonical_name(name));
}

Error refuse_expression(const ScriptText& script, const Node& node) {
  const size_t at = node.location();
  if (node.is("SubLink")) {
    return script.refuse(
        at, "subqueries in expressions are not available yet: a subquery stands in FROM");
  }
  if (node.is("A_ArrayExpr"))
    return script.refuse(at, "arrays are not written in expressions yet: array_agg(..) makes one");
  if (node.is("RowExpr")) {
    return script.refuse(
        at, "rows cannot be made in expressions yet: compare or pass on their columns one by one");
  }
  if (node.is("ParamRef")) {
    return script.refuse(
        at, "numbered parameters are not available: write ${NAME} and give --var NAME=value");
  }
  if (node.is("CollateClause")) {
    return script.refuse(at, "collations are not available: text compares by its bytes");
  }
  if (node.is("NamedArgExpr")) {
    return script.refuse(at, "arguments are given by position, without names");
  }
  if (node.is("SetToDefault")) {
    return script.refuse(at, "DEFAULT is not available: leave the column out, or write its value");
  }
  if (node.is("GroupingFunc")) return refuse_grouping_sets(script, at);
  return script.refuse(at, "this kind of expression is not available");
}

Error refuse_operator(const ScriptText& script, const Node& node) {
  const std::string kind = node.text("kind");
  if (kind == "AEXPR_SIMILAR") {
    return script.refuse(node.location(),
                         "SIMILAR TO is not available: write LIKE, or ~ with a regular expression");
  }
  if (kind == "AEXPR_OP_ANY" || kind == "AEXPR_OP_ALL") {
    return script.refuse(node.location(),
                         "ANY and ALL are not available yet: write x IN (a, b, ...)");
  }
  return script.refuse(node.location(), "this operator is not available");
}

namespace {

// A misspelt function or aggregate; metadata and time zones are known elsewhere.
Status refuse_unknown_function(const ScriptText& script, size_t at, const std::string& name) {
  if (name == "timezone" || is_function_name(name)) return {};
  std::vector<std::string> known = function_names();
  known.insert(known.end(), std::begin(kAggregateNames), std::end(kAggregateNames));
  return script.refuse(
      at, fmt::format("function {} does not exist{}", name, did_you_mean(name, known)));
}

}  // namespace

Status refuse_call(const ScriptText& script, const Node& call, const std::string& name,
                   const std::string& where) {
  const size_t at = call.location();
  if (call.has("over")) {
    return script.refuse(at, fmt::format("window functions are not allowed in {}", where));
  }
  if (is_one_of(name, kWindowOnlyNames)) {
    return script.refuse(
        at, fmt::format("window function {0} requires an OVER clause: {0}(..) OVER (PARTITION BY "
                        "key ORDER BY time_column)",
                        name));
  }
  if (is_aggregate_name(name)) {
    return script.refuse(at, fmt::format("aggregate functions are not allowed in {}", where));
  }
  if (is_one_of(name, kMetadataNames)) {
    return script.refuse(
        at, fmt::format(
                "{0}() is known while a record is read: make it a column of the table, name type "
                "GENERATED ALWAYS AS ({0}()) STORED",
                name));
  }
  if (is_one_of(name, kTableFunctions)) {
    return script.refuse(
        at, fmt::format("{} stands in FROM: FROM {}(table, time_column, ...)", name, name));
  }
  if (name == "log_order") {
    return script.refuse(at, "log_order() stands behind OVER: OVER (.. ORDER BY log_order())");
  }
  if (name == "processing_time") {
    return script.refuse(at,
                         "processing_time() stands for the time column of a window: tumble(table, "
                         "processing_time(), INTERVAL '1 minute'); the clock is now()");
  }
  TRY(refuse_unknown_function(script, at, name));
  if (call.has("agg_filter") || call.flag("agg_distinct") || call.flag("agg_star") ||
      call.has("agg_order") || call.flag("agg_within_group")) {
    return script.refuse(
        at, fmt::format(
                "{} is not an aggregate function: *, DISTINCT, FILTER and ORDER BY are for those",
                name));
  }
  if (call.flag("func_variadic"))
    return script.refuse(at, "VARIADIC is not available: list the arguments");
  return {};
}

Error refuse_statement(const ScriptText& script, const Statement& statement) {
  const std::string_view kind = statement.node.kind();
  const size_t at = statement.location;
  if (kind == "UpdateStmt" || kind == "DeleteStmt" || kind == "MergeStmt") {
    return script.refuse(
        at,
        "rows of a stream are not changed in place: write INSERT INTO another table SELECT ...");
  }
  if (kind == "ExplainStmt") {
    return script.refuse(at, "EXPLAIN is a command here: weir explain FILE.sql");
  }
  if (kind == "IndexStmt") {
    return script.refuse(at, "there are no indexes: a step keeps its state by its key columns");
  }
  if (kind == "CreateTableAsStmt" && statement.node.text("objtype") == "OBJECT_MATVIEW") {
    return script.refuse(
        at,
        "a view is not stored: write CREATE VIEW, and to keep its rows INSERT INTO "
        "table SELECT * FROM the view");
  }
  if (kind == "CreateTableAsStmt") {
    return script.refuse(at,
                         "CREATE TABLE ... AS is not available: write CREATE VIEW for a step of "
                         "the job, or CREATE TABLE "
                         "and INSERT INTO for output");
  }
  if (kind == "DropStmt" || kind == "AlterTableStmt" || kind == "TruncateStmt" ||
      kind == "RenameStmt") {
    return script.refuse(
        at, "a script is one job and defines all that it uses: there is nothing to drop or alter");
  }
  if (kind == "TransactionStmt") {
    return script.refuse(at,
                         "there are no transactions to begin or end: the whole script is one job");
  }
  return script.refuse(at,
                       "this statement is not available: a script is made of CREATE TYPE, CREATE "
                       "TABLE, CREATE VIEW, "
                       "SET, INSERT INTO ... SELECT and SELECT");
}

Status refuse_select_parts(const ScriptText& script, const Node& select) {
  const std::vector<Node> order = select.list("sortClause");
  const std::vector<Node> distinct = select.list("distinctClause");
  const bool keeps_first = !distinct.empty() && distinct[0];  // DISTINCT ON
  if (!order.empty() && !keeps_first) {
    return script.refuse(
        order[0].location(),
        "a stream has no end at which it could be sorted: leave out ORDER BY; rows of a "
        "window come when the window closes");
  }
  for (const std::string_view clause : {"limitCount", "limitOffset"}) {
    if (const Node limit = select.child(clause)) {
      return script.refuse(
          limit.location(),
          "LIMIT and OFFSET are not available: a stream has no order to count in; bound the "
          "input instead, with the options of its table");
    }
  }
  if (select.has("intoClause")) {
    return script.refuse(select.location(),
                         "write INSERT INTO table SELECT ... instead of SELECT INTO");
  }
  if (!select.list("lockingClause").empty()) {
    return script.refuse(select.location(), "there is nothing to lock: leave out FOR UPDATE");
  }
  const std::vector<Node> values = select.list("valuesLists");
  if (!values.empty()) {
    return script.refuse(
        values[0].location(),
        "VALUES is not available: rows come from a table; for a test, put them into a "
        "file and read it with connector = 'file'");
  }
  return {};
}

Error refuse_set_operation(const ScriptText& script, const Node& select) {
  const size_t at = select.part("rarg").location();
  return script.refuse(at, "INTERSECT and EXCEPT are not available: UNION is");
}

Error refuse_lateral(const ScriptText& script, size_t location) {
  return script.refuse(location,
                       "LATERAL is not available: a subquery sees its own tables only; join it by "
                       "its columns");
}

Error refuse_over_function(const ScriptText& script, const Node& call, const std::string& name) {
  const size_t at = call.location();
  if (name == "lead") {
    return script.refuse(at,
                         "lead looks at rows that are yet to come: go by the later row, and look "
                         "back from it with lag");
  }
  if (is_one_of(name, kWindowOnlyNames)) {
    return script.refuse(
        at, fmt::format("{} needs rows that are yet to come: row_number, rank, dense_rank, lag, "
                        "first_value, last_value and aggregates are available",
                        name));
  }
  if (is_aggregate_name(name)) {
    return script.refuse(at, fmt::format("{} is not available yet", name));
  }
  return script.refuse(
      at, fmt::format("OVER is for window functions and aggregates: {} is neither", name));
}

Error refuse_grouping_sets(const ScriptText& script, size_t location) {
  return script.refuse(
      location,
      "GROUPING SETS, ROLLUP and CUBE are not available: write one INSERT for each grouping");
}

Error refuse_table_function(const ScriptText& script, const Node& call, const std::string& name) {
  const size_t at = call.location();
  const std::vector<std::string> known(std::begin(kTableFunctions), std::end(kTableFunctions));
  return script.refuse(
      at, fmt::format("function \"{}\" does not exist in FROM{}", name, did_you_mean(name, known)));
}

Error refuse_from_item(const ScriptText& script, const Node& item) {
  if (item.is("RangeTableSample")) {
    return script.refuse(item.location(),
                         "TABLESAMPLE is not available: filter by a hash of a column in WHERE");
  }
  return script.refuse(
      item.location(),
      "this is not available in FROM: a table, a view, a subquery or tumble(..) is");
}

}  // namespace weir
