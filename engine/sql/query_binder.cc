#include "engine/sql/query_binder.h"

#include "engine/expr/build.h"
#include "engine/sql/aggregation.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/from_clause.h"
#include "engine/sql/keep_first.h"
#include "engine/sql/over_calls.h"
#include "engine/sql/refusals.h"
#include "engine/sql/step_input.h"
#include "engine/sql/window_provenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

namespace weir {
namespace {

// Larger trees become a step of their own, so that views over views do not grow without bound.
constexpr size_t kTreeNodesMax = 1000;

const Relation* find_name(const QueryBinder::Names* names, const std::string& name) {
  for (; names != nullptr; names = names->outer) {
    const auto found = names->relations.find(name);
    if (found != names->relations.end()) return &found->second;
  }
  return nullptr;
}

void add_names(const QueryBinder::Names* names, std::vector<std::string>& all) {
  for (; names != nullptr; names = names->outer) {
    for (const auto& [name, relation] : names->relations) all.push_back(name);
  }
}

bool is_grouped(const Node& select) {
  if (!select.list("groupClause").empty() || select.has("havingClause")) return true;
  const std::vector<Node> targets = select.list("targetList");
  return std::any_of(targets.begin(), targets.end(), has_aggregate);
}

struct GroupKey {
  ExprPtr expr;
  std::string name;
  size_t location;
};

// Where the grouping of a query begins: GROUP BY, HAVING or the first aggregate.
size_t grouping_location(const Node& select) {
  const std::vector<Node> groups = select.list("groupClause");
  if (!groups.empty()) return groups[0].location();
  for (const Node& target : select.list("targetList")) {
    if (has_aggregate(target)) return target.location();
  }
  return select.child("havingClause").location();
}

}  // namespace

Status check_distinct_names(const ScriptText& script, const Relation& relation) {
  std::set<std::string> names;
  for (const RelationColumn& column : relation.columns) {
    if (names.insert(column.name).second) continue;
    return script.refuse(
        column.location,
        fmt::format("column \"{}\" is there twice: give one another name, with AS", column.name));
  }
  return {};
}

Result<Relation> QueryBinder::close_window(Relation relation, const std::string& owner) {
  if (!relation.window) return relation;
  if (relation.window->spec.kind == WindowKind::kSession) {
    return script_.refuse(relation.window->location,
                          "a session has no end before its rows are grouped: GROUP BY "
                          "window_start, window_end and its keys");
  }
  return assign_window(graph_, std::move(relation), owner + ".assign");
}

Status QueryBinder::bind_with(const Node& with, Names& names, const std::string& owner) {
  if (!with) return {};
  if (with.flag("recursive")) {
    return script_.refuse(with.location(), "WITH RECURSIVE is not available");
  }
  for (const Node& cte : with.list("ctes")) {
    const std::string name = cte.text("ctename");
    const Node query = cte.child("ctequery");
    if (names.relations.contains(name)) {
      return script_.refuse(cte.location(),
                            fmt::format("\"{}\" is there twice in this WITH", name));
    }
    if (!query.is("SelectStmt")) {
      return script_.refuse(cte.location(), "only a SELECT stands in WITH");
    }
    Relation relation = TRY(bind_query(query, &names, fmt::format("{}.{}", owner, name), true));
    TRY(rename_columns(relation, cte.names("aliascolnames"), cte.location()));
    names.relations.emplace(name, std::move(relation));
  }
  return {};
}

Result<Relation> QueryBinder::bind_query(const Node& select, const Names* names,
                                         const std::string& owner, bool settle) {
  TRY(refuse_select_parts(script_, select));
  Names inner{.outer = names, .relations = {}};
  TRY(bind_with(select.part("withClause"), inner, owner));
  if (select.text("op") == "SETOP_NONE") return bind_select(select, &inner, owner, settle);
  return bind_union(select, &inner, owner);
}

Result<Relation> QueryBinder::bind_union(const Node& select, const Names* names,
                                         const std::string& owner) {
  // Each different row of both once: the tree leans to the left, so that a UNION inside of a UNION
  // ALL is a branch like any.
  const bool is_distinct = select.text("op") == "SETOP_UNION" && !select.flag("all");
  std::vector<Node> nodes;  // From the last to the first.
  Node rest = select;
  while (true) {
    const bool is_plain = rest.text("op") == "SETOP_NONE";
    const bool is_inside = !nodes.empty();
    const bool has_own_parts =
        nodes.size() > 1 && (rest.has("withClause") || rest.has("sortClause") ||
                             rest.has("limitCount") || rest.has("limitOffset"));
    if (is_plain || has_own_parts) break;
    if (rest.text("op") != "SETOP_UNION") return refuse_set_operation(script_, rest);
    if (is_inside && (is_distinct || !rest.flag("all"))) break;
    nodes.push_back(rest.part("rarg"));
    rest = rest.part("larg");
  }
  nodes.push_back(rest);
  std::reverse(nodes.begin(), nodes.end());
  std::vector<Relation> branches;
  for (const Node& node : nodes) {
    Relation branch = TRY(bind_query(node, names, owner, false));
    branch = TRY(close_window(std::move(branch), owner));
    if (!branches.empty() && branch.columns.size() != branches[0].columns.size()) {
      return script_.refuse(
          node.location(),
          fmt::format("each branch of UNION ALL needs as many columns as the first: {}, not {}",
                      branches[0].columns.size(), branch.columns.size()));
    }
    branches.push_back(std::move(branch));
  }
  Relation all = TRY(join_branches(std::move(branches), owner));
  if (!is_distinct) return all;
  const size_t location = all.columns[0].location;
  return distinct_rows(std::move(all), owner, location);
}

Status QueryBinder::make_types_common(std::vector<Relation>& branches) const {
  for (size_t column = 0; column < branches[0].columns.size(); ++column) {
    Type type = TypeKind::kText;
    bool is_known = false;
    for (const Relation& branch : branches) {
      const RelationColumn& here = branch.columns[column];
      if (here.expr->untyped) continue;
      const Result<Type> common =
          is_known ? common_type({type, here.expr->type}) : Result<Type>(here.expr->type);
      if (!common.ok()) {
        return script_.refuse(
            here.location, fmt::format("column \"{}\" of UNION ALL: {}",
                                       branches[0].columns[column].name, common.error().message));
      }
      type = *common;
      is_known = true;
    }
    for (Relation& branch : branches) {
      RelationColumn& here = branch.columns[column];
      const Result<ExprPtr> cast = make_cast(here.expr, type, CastKind::kImplicit);
      if (!cast.ok()) return script_.refuse(here.location, cast.error().message);
      here.expr = *cast;
      here.name = branches[0].columns[column].name;
    }
  }
  return {};
}

Result<Relation> QueryBinder::join_branches(std::vector<Relation> branches,
                                            const std::string& owner) {
  TRY(make_types_common(branches));
  TRY(check_distinct_names(script_, branches[0]));
  std::vector<VertexIndex> sources;
  UnionSpec spec;
  RowPolicy policy = branches[0].policy;
  for (size_t i = 0; i < branches.size(); ++i) {
    const std::string id = fmt::format("{}.branch{}", owner, i + 1);
    VertexIndex vertex = materialize(graph_, branches[i], id);
    // One edge between two vertices: a vertex that is a branch twice gets a step between.
    if (std::find(sources.begin(), sources.end(), vertex) != sources.end()) {
      vertex = add_project(graph_, branches[i], id);
    }
    sources.push_back(vertex);
    policy = merge(policy, branches[i].policy);
    const std::vector<Field>& fields = graph_.schema(vertex)->fields;
    if (i == 0) spec.columns = fields;
    for (size_t column = 0; column < fields.size(); ++column) {
      Field& merged = spec.columns[column];
      merged.nullable = merged.nullable || fields[column].nullable;
      merged.event_time = merged.event_time && fields[column].event_time;
    }
  }
  const bool has_time = std::any_of(spec.columns.begin(), spec.columns.end(),
                                    [](const Field& field) { return field.event_time; });
  if (has_time) {
    TRY(check_one_time(script_, graph_, sources, branches[0].columns[0].location));
  }
  const VertexIndex joined =
      graph_.add_vertex(owner + ".union", std::move(spec), graph_.schema(sources[0]));
  for (const VertexIndex source : sources) graph_.add_forward(source, joined);
  Relation relation = relation_of(graph_, joined, policy);
  for (size_t i = 0; i < relation.columns.size(); ++i) {
    relation.columns[i].location = branches[0].columns[i].location;
  }
  return relation;
}

Result<Relation> QueryBinder::bind_view(const ViewDefinition& view, size_t location) {
  if (const auto found = views_.find(view.name); found != views_.end()) return found->second;
  const auto begin = std::find(views_in_work_.begin(), views_in_work_.end(), view.name);
  if (begin != views_in_work_.end()) {
    std::string circle;
    for (auto name = begin; name != views_in_work_.end(); ++name) circle += *name + " reads ";
    return script_.refuse(location,
                          fmt::format("views cannot read themselves: {}{}", circle, view.name));
  }
  if (views_in_work_.size() >= 100) {
    return script_.refuse(location, "views are nested too deeply here: more than 100 of them");
  }
  views_in_work_.push_back(view.name);
  Relation relation = TRY(bind_query(view.query, nullptr, view.name, true));
  TRY(rename_columns(relation, view.aliases, view.location));
  TRY(check_distinct_names(script_, relation));
  views_in_work_.pop_back();
  views_.emplace(view.name, relation);
  return relation;
}

Status QueryBinder::rename_columns(Relation& relation, const std::vector<std::string>& aliases,
                                   size_t location) const {
  if (aliases.size() > relation.columns.size()) {
    return script_.refuse(location, fmt::format("{} names are given, but there are {} columns",
                                                aliases.size(), relation.columns.size()));
  }
  for (size_t i = 0; i < aliases.size(); ++i) relation.columns[i].name = aliases[i];
  return {};
}

Result<Relation> QueryBinder::find_relation(const std::string& name, const Names* names,
                                            size_t location) {
  if (const Relation* relation = find_name(names, name)) return *relation;
  if (const ViewDefinition* view = catalog_.view(name)) return bind_view(*view, location);
  if (const TableDefinition* table = catalog_.table(name)) return tables_.read(*table, location);
  std::vector<std::string> known = catalog_.relation_names();
  add_names(names, known);
  return script_.refuse(
      location, fmt::format("table \"{}\" does not exist{}", name, did_you_mean(name, known)));
}

Result<Relation> QueryBinder::bind_select(const Node& select, const Names* names,
                                          const std::string& owner, bool settle) {
  FromClause clause(script_, catalog_, graph_, *this, names, owner);
  From from = TRY(clause.bind(select));
  const Scope& scope = from.scope;
  const std::vector<SelectItem> items = TRY(read_select_list(script_, catalog_, scope, select));
  const std::vector<Node> distinct = select.list("distinctClause");
  const bool all_distinct = !distinct.empty() && !distinct[0];
  if (all_distinct) {
    Relation rows = TRY(bind_rows(select, items, from, owner, settle));
    return distinct_rows(std::move(rows), owner, items[0].location);
  }
  if (distinct.empty()) {
    Relation rows = TRY(bind_rows(select, items, from, owner, settle));
    return bounded(std::move(rows), owner);
  }
  const auto over = std::find_if(items.begin(), items.end(),
                                 [](const SelectItem& item) { return has_over(item.node); });
  if (over != items.end()) return refuse_over_beside_group(over->location);
  Relation rows =
      TRY(bind_distinct_on(select, items, scope, std::move(from.relation), owner, settle));
  return bounded(std::move(rows), owner);
}

Error QueryBinder::refuse_over_beside_group(size_t location) const {
  return script_.refuse(location,
                        "OVER beside GROUP BY or DISTINCT ON is not available: put those into a "
                        "subquery, and OVER above it");
}

// The rows of a SELECT before any DISTINCT.
Result<Relation> QueryBinder::bind_rows(const Node& select, const std::vector<SelectItem>& items,
                                        From& from, const std::string& owner, bool settle) {
  const auto over = std::find_if(items.begin(), items.end(),
                                 [](const SelectItem& item) { return has_over(item.node); });
  if (is_grouped(select)) {
    if (over != items.end()) return refuse_over_beside_group(over->location);
    return bind_grouped(select, items, from.scope, std::move(from.relation), owner, settle);
  }
  if (over != items.end()) {
    return bind_over(select, items, from.scope, std::move(from.relation), owner, settle);
  }
  return bind_plain(items, from.scope, std::move(from.relation), owner, settle);
}

// Each different row once: groups of all columns, without aggregates.
Result<Relation> QueryBinder::distinct_rows(Relation rows, const std::string& owner,
                                            size_t location) {
  rows = TRY(close_window(std::move(rows), owner));
  for (RelationColumn& column : rows.columns) column.expr = TRY(settle_type(column.expr));
  const Scope scope = rows.scope("");
  // Rows that carry their window are the same in it only: they are forgotten when it ends.
  rows.window = given_window(graph_, rows, location);
  const auto has_window = [&](const ExprPtr& end) {
    return std::any_of(rows.columns.begin(), rows.columns.end(),
                       [&](const RelationColumn& column) { return same_expr(*column.expr, *end); });
  };
  if (rows.window && !(has_window(rows.window->start) && has_window(rows.window->time))) {
    rows.window.reset();
  }
  Aggregation groups(script_, catalog_, scope, rows);
  std::vector<RelationColumn> columns = rows.columns;
  for (const RelationColumn& column : rows.columns) {
    TRY(groups.add_key(column.expr, column.name, column.location));
  }
  for (RelationColumn& column : columns) {
    column.expr = TRY(groups.output_of(column.expr, column.name, location));
  }
  Relation result = TRY(groups.build(graph_, owner + ".distinct"));
  result.columns = std::move(columns);
  return result;
}

Result<Relation> QueryBinder::bind_plain(const std::vector<SelectItem>& items, const Scope& scope,
                                         Relation input, const std::string& owner, bool settle) {
  std::vector<RelationColumn> columns;
  bool computes_window = false;
  for (const SelectItem& item : items) {
    ExprPtr expr = item.expr;
    if (item.node) {
      ExpressionBinder binder(script_, catalog_, scope, "a SELECT without GROUP BY");
      expr = TRY(settle ? binder.bind_settled(item.node) : binder.bind(item.node));
    }
    computes_window |= mentions_window(input, *expr) && !as_window_column(input, *expr);
    columns.push_back({.name = item.name, .expr = std::move(expr), .location = item.location});
  }
  if (computes_window) input = TRY(close_window(std::move(input), owner));
  input.columns = std::move(columns);
  return input;
}

Result<Relation> QueryBinder::bind_over(const Node& select, const std::vector<SelectItem>& items,
                                        const Scope& scope, Relation input,
                                        const std::string& owner, bool settle) {
  input = TRY(close_window(std::move(input), owner));
  OverCalls calls(script_, catalog_, graph_, scope, input, select.list("windowClause"));
  std::vector<RelationColumn> columns;
  for (const SelectItem& item : items) {
    ExprPtr expr = item.expr;
    if (item.node) expr = TRY(calls.bind(item.node));
    if (settle) expr = TRY(settle_type(expr));
    columns.push_back({.name = item.name, .expr = std::move(expr), .location = item.location});
  }
  return calls.build(owner, std::move(columns));
}

Result<Relation> QueryBinder::bind_distinct_on(const Node& select,
                                               const std::vector<SelectItem>& items,
                                               const Scope& scope, Relation input,
                                               const std::string& owner, bool settle) {
  input = TRY(close_window(std::move(input), owner));
  const auto key_of = [&](const Node& node) -> Result<OrderKey> {
    OrderKey key{.expr = nullptr, .name = "", .location = node.location()};
    const Node meant = TRY(group_item(node, items, scope, key.name));
    if (meant) {
      ExpressionBinder binder(script_, catalog_, scope, "DISTINCT ON");
      key.expr = TRY(binder.bind_settled(meant));
    } else {
      key.expr = items[static_cast<size_t>(node.part("ival").number("ival")) - 1].expr;
    }
    if (key.name == kNoName) key.name = "expr";
    return key;
  };
  std::vector<OrderKey> keys;
  for (const Node& node : select.list("distinctClause")) {
    OrderKey key = TRY(key_of(node));
    keys.push_back(std::move(key));
  }
  std::vector<OrderKey> order;
  for (const Node& sort : select.list("sortClause")) {
    OrderKey key = TRY(key_of(sort.child("node")));
    key.descending = sort.text("sortby_dir") == "SORTBY_DESC";
    const std::string nulls = sort.text("sortby_nulls");
    key.nulls_first =
        nulls == "SORTBY_NULLS_FIRST" || (nulls != "SORTBY_NULLS_LAST" && key.descending);
    order.push_back(std::move(key));
  }
  Relation plain = TRY(bind_plain(items, scope, input, owner, settle));
  return keep_first(script_, graph_, input, keys, order, std::move(plain.columns), owner);
}

// What an entry of GROUP BY means: an expression, a number in the select list, or (where the input
// has no such column) a name in it. `name` becomes the name of the key.
Result<Node> QueryBinder::group_item(const Node& node, const std::vector<SelectItem>& items,
                                     const Scope& scope, std::string& name) const {
  name = figured_name(node);
  if (node.is("GroupingSet")) return refuse_grouping_sets(script_, node.location());
  if (node.is("A_Const")) {
    const int64_t number = node.part("ival").number("ival");
    if (number < 1 || static_cast<size_t>(number) > items.size()) {
      return script_.refuse(
          node.location(),
          fmt::format("GROUP BY takes a column, or its number in the list of the SELECT, from "
                      "1 to {}",
                      items.size()));
    }
    const SelectItem& item = items[static_cast<size_t>(number) - 1];
    name = item.name;
    return item.node;
  }
  const bool is_name = node.is("ColumnRef") && node.list("fields").size() == 1;
  if (!is_name || scope.count(name) > 0) return node;
  for (const SelectItem& item : items) {
    if (item.name == name && item.node) return item.node;
  }
  return node;
}

Result<Relation> QueryBinder::bind_grouped(const Node& select, const std::vector<SelectItem>& items,
                                           const Scope& scope, Relation input,
                                           const std::string& owner, bool settle) {
  std::vector<GroupKey> keys;
  for (const Node& group : select.list("groupClause")) {
    GroupKey key{.expr = nullptr, .name = "", .location = group.location()};
    const Node node = TRY(group_item(group, items, scope, key.name));
    if (node) {
      ExpressionBinder binder(script_, catalog_, scope, "GROUP BY");
      key.expr = TRY(binder.bind_settled(node));
    } else {  // The number of a column that a star stands for.
      key.expr = items[static_cast<size_t>(group.part("ival").number("ival")) - 1].expr;
    }
    if (key.name == kNoName) key.name = "expr";
    keys.push_back(std::move(key));
  }
  const bool is_open = input.window.has_value();
  if (!is_open) input.window = given_window(graph_, input, grouping_location(select));
  const auto names_window = [&]() -> Result<bool> {
    if (!input.window) return false;
    Aggregation windowed(script_, catalog_, scope, input);
    for (const GroupKey& key : keys) TRY(windowed.add_key(key.expr, key.name, key.location));
    return windowed.has_window_key();
  };
  const bool by_window = TRY(names_window());
  if (is_open && !by_window) {
    return script_.refuse(
        grouping_location(select),
        "groups end with the window of their rows: add its start and end, GROUP BY window_start, "
        "window_end");
  }
  // Groups that no window ends.
  if (!by_window) input.window.reset();
  Aggregation aggregation(script_, catalog_, scope, input);
  for (const GroupKey& key : keys) TRY(aggregation.add_key(key.expr, key.name, key.location));
  std::vector<RelationColumn> columns;
  for (const SelectItem& item : items) {
    RelationColumn column{.name = item.name, .expr = nullptr, .location = item.location};
    if (item.node) {
      column.expr = TRY(aggregation.bind(item.node, "the list of a SELECT"));
      if (settle) column.expr = TRY(settle_type(column.expr));
    } else {
      column.expr = TRY(aggregation.output_of(item.expr, item.name, item.location));
    }
    columns.push_back(std::move(column));
  }
  ExprPtr having;
  if (const Node node = select.child("havingClause")) {
    const ExprPtr bound = TRY(aggregation.bind(node, "HAVING"));
    const Result<ExprPtr> condition = as_condition(bound, "HAVING");
    if (!condition.ok()) return script_.refuse(node.location(), condition.error().message);
    having = *condition;
  }
  Relation result = TRY(aggregation.build(graph_, owner));
  result.columns = std::move(columns);
  if (having != nullptr) result = filtered(std::move(result), having);
  return result;
}

Result<Relation> QueryBinder::bounded(Relation relation, const std::string& owner) {
  if (tree_size(relation, kTreeNodesMax) < kTreeNodesMax) return relation;
  const bool untyped =
      std::any_of(relation.columns.begin(), relation.columns.end(),
                  [](const RelationColumn& column) { return column.expr->untyped; });
  if (untyped) return relation;  // An INSERT or a union, which types it and makes it a step.
  if (relation.window) {
    return script_.refuse(
        relation.window->location,
        "the expressions over this window are too large: compute them in a view below "
        "it, or after GROUP BY");
  }
  TRY(check_distinct_names(script_, relation));
  const VertexIndex vertex = add_project(graph_, relation, owner + ".project");
  Relation result = relation_of(graph_, vertex, relation.policy);
  for (size_t i = 0; i < result.columns.size(); ++i) {
    result.columns[i].location = relation.columns[i].location;
  }
  return result;
}

}  // namespace weir
