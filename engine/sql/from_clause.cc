#include "engine/sql/from_clause.h"

#include "engine/expr/build.h"
#include "engine/plan/row_time.h"
#include "engine/sql/constant_argument.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/refusals.h"
#include "engine/sql/step_input.h"
#include "engine/sql/window_function.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::string_view kSuppress = "suppress";
constexpr std::string_view kAsOf = "as_of";
constexpr std::string_view kAsOfForm =
    "FROM a JOIN as_of(versions, a.time_column) v ON v.key = a.key";
constexpr std::string_view kSuppressForm =
    "suppress(table, time_column, INTERVAL '5 minutes', key, ...)";

std::string form_of(const std::string& function) {
  if (function == kAsOf) return std::string(kAsOfForm);
  return function == kSuppress ? std::string(kSuppressForm) : window_function_form(function);
}

JoinType join_type(const std::string& name) {
  if (name == "JOIN_LEFT") return JoinType::kLeft;
  if (name == "JOIN_RIGHT") return JoinType::kRight;
  if (name == "JOIN_FULL") return JoinType::kFull;
  return JoinType::kInner;
}

std::unique_ptr<JoinNode> join_of(std::unique_ptr<JoinNode> left, std::unique_ptr<JoinNode> right,
                                  JoinType type, size_t location) {
  auto node = std::make_unique<JoinNode>();
  node->type = type;
  node->begin = left->begin;
  node->end = right->end;
  node->visible = left->visible;
  node->visible.insert(node->visible.end(), right->visible.begin(), right->visible.end());
  node->left = std::move(left);
  node->right = std::move(right);
  node->location = location;
  return node;
}

// The only column of this name that can be written without a table; null: there is none, or more.
ScopeColumn* only_column(std::vector<ScopeColumn>& columns, const std::string& name) {
  ScopeColumn* found = nullptr;
  for (ScopeColumn& column : columns) {
    if (column.name != name || column.qualified_only) continue;
    if (found != nullptr) return nullptr;
    found = &column;
  }
  return found;
}

bool reads_known(const Expr& expr, const std::vector<ExprPtr>& columns) {
  if (expr.kind == ExprKind::kColumn) return columns[expr.index] != nullptr;
  return std::all_of(expr.args.begin(), expr.args.end(),
                     [&](const ExprPtr& arg) { return reads_known(*arg, columns); });
}

}  // namespace

Result<From> FromClause::bind(const Node& select) {
  const std::vector<Node> items = select.list("fromClause");
  if (items.empty()) {
    return script_.refuse(select.location(),
                          "a SELECT without FROM has no rows to work on: add FROM table");
  }
  if (items.size() > 1 || items[0].is("JoinExpr")) return bind_joins(items, select);
  return bind_one(items[0], select.child("whereClause"));
}

Result<From> FromClause::bind_one(const Node& node, const Node& where) {
  Item item = TRY(bind_item(node));
  if (item.as_of) return refuse_as_of(item.as_of);
  From from{.relation = std::move(item.relation), .scope = {}};
  from.scope = from.relation.scope(item.alias);
  from.scope.set_has_watermark(has_watermark(graph_.graph(), from.relation.vertex));
  if (!where) return from;
  ExpressionBinder binder(script_, catalog_, from.scope, "WHERE");
  const ExprPtr condition = TRY(binder.bind_condition(where));
  if (mentions_window(from.relation, *condition)) {
    from.relation = TRY(queries_.close_window(std::move(from.relation), owner_));
  }
  from.relation = filtered(std::move(from.relation), condition);
  return from;
}

Result<FromClause::Item> FromClause::bind_item(const Node& node) {
  const Node alias = node.part("alias");
  Item item{.relation = {}, .alias = alias.text("aliasname"), .as_of = {}};
  if (node.is("RangeVar")) {
    const std::string name = TRY(relation_name(script_, node));
    item.relation = TRY(queries_.find_relation(name, names_, node.location()));
    if (item.alias.empty()) item.alias = name;
  } else if (node.is("RangeSubselect")) {
    if (node.flag("lateral")) return refuse_lateral(script_, node.location());
    const std::string inner =
        item.alias.empty() ? owner_ : fmt::format("{}.{}", owner_, item.alias);
    item.relation = TRY(queries_.bind_query(node.child("subquery"), names_, inner, true));
  } else if (node.is("RangeFunction")) {
    item = TRY(bind_function(node));
  } else {
    return refuse_from_item(script_, node);
  }
  TRY(queries_.rename_columns(item.relation, alias.names("colnames"), node.location()));
  return item;
}

Result<FromClause::Item> FromClause::bind_function(const Node& node) {
  const Node list = node.list("functions").front();
  const Node call = list.list("items").front();
  if (node.flag("lateral")) return refuse_lateral(script_, node.location());
  if (!call.is("FuncCall") || node.flag("ordinality") || node.flag("is_rowsfrom")) {
    return refuse_from_item(script_, node);
  }
  const std::string function = called_name(call);
  if (!is_window_function(function) && function != kSuppress && function != kAsOf) {
    return refuse_table_function(script_, call, function);
  }
  const std::vector<Node> args = call.list("args");
  Item item{.relation = {}, .alias = node.part("alias").text("aliasname"), .as_of = {}};
  std::string name = "the subquery";
  if (!args.empty() && args[0].is("ColumnRef") && args[0].names("fields").size() == 1) {
    name = args[0].names("fields").front();
    item.relation = TRY(queries_.find_relation(name, names_, args[0].location()));
    if (item.alias.empty()) item.alias = name;
  } else if (!args.empty() && args[0].is("SubLink") &&
             args[0].text("subLinkType") == "EXPR_SUBLINK") {
    item.relation = TRY(queries_.bind_query(args[0].child("subselect"), names_, owner_, true));
    if (item.alias.empty()) item.alias = function;
  } else {
    return script_.refuse(args.empty() ? call.location() : args[0].location(),
                          fmt::format("{} reads a table, a view or a subquery in parentheses: {}",
                                      function, form_of(function)));
  }
  item.relation = TRY(queries_.close_window(std::move(item.relation), owner_));
  if (function == kAsOf) {
    if (args.size() != 2) {
      return script_.refuse(call.location(),
                            fmt::format("as_of takes the table of versions, and the time at which "
                                        "they are looked at: {}",
                                        kAsOfForm));
    }
    item.as_of = args[1];
  } else if (function == kSuppress) {
    item.relation = TRY(suppress(std::move(item.relation), name, call));
  } else {
    item.relation =
        TRY(open_window(script_, catalog_, graph_, std::move(item.relation), name, call, owner_));
  }
  return item;
}

Error FromClause::refuse_as_of(const Node& time) const {
  return script_.refuse(time.location(),
                        fmt::format("as_of(..) is the right side of a JOIN or LEFT JOIN, and takes "
                                    "the time from the left side: {}",
                                    kAsOfForm));
}

// The event-time column of the left side at which the versions of the right one are looked at.
Status FromClause::bind_as_of(JoinNode& join) const {
  if (join.right->left != nullptr) return {};
  const Node& time = as_of_.at(join.right->leaf);
  if (!time) return {};
  if (join.type == JoinType::kRight || join.type == JoinType::kFull) return refuse_as_of(time);
  const Scope scope(join.left->visible);
  ExpressionBinder binder(script_, catalog_, scope, "as_of");
  join.as_of = TRY(binder.bind_settled(time));
  join.as_of_location = time.location();
  return {};
}

// The columns of suppress(.., key, ...), of the relation.
Result<std::vector<size_t>> FromClause::suppress_keys(const Relation& input,
                                                      const std::string& name,
                                                      const std::vector<Node>& args) const {
  const Scope scope = input.scope(name);
  std::vector<size_t> keys;
  for (size_t i = 3; i < args.size(); ++i) {
    if (!args[i].is("ColumnRef")) {
      return script_.refuse(args[i].location(),
                            fmt::format("a key of suppress is a column: compute it in a subquery, "
                                        "suppress((SELECT ..), ..), or in a view; {}",
                                        kSuppressForm));
    }
    const ExprPtr key = TRY(scope.find(script_, args[i]));
    const TypeKind kind = key->type.kind();
    if (kind == TypeKind::kComposite || kind == TypeKind::kArray) {
      return script_.refuse(args[i].location(),
                            fmt::format("a key of type {} is not available: take its fields, in a "
                                        "subquery",
                                        to_text(key->type)));
    }
    for (size_t column = 0; column < input.columns.size(); ++column) {
      if (!same_expr(*input.columns[column].expr, *key)) continue;
      keys.push_back(column);
      break;
    }
  }
  return keys;
}

Result<Relation> FromClause::suppress(Relation input, const std::string& name, const Node& call) {
  const std::vector<Node> args = call.list("args");
  if (args.size() < 3) {
    return script_.refuse(call.location(), fmt::format("suppress takes three arguments, and the "
                                                       "columns of its key behind them: {}",
                                                       kSuppressForm));
  }
  const ExprPtr time = TRY(event_time_argument(script_, graph_, input, name, args[1], "suppress",
                                               std::string(kSuppressForm)));
  const int64_t interval =
      TRY(constant_interval(script_, catalog_, args[2], "the interval of suppress"));
  if (interval <= 0) {
    return script_.refuse(args[2].location(), "the interval of suppress must be positive");
  }
  const std::vector<size_t> keys = TRY(suppress_keys(input, name, args));
  TRY(check_late(script_, input.policy, call.location()));
  TRY(check_distinct_names(script_, input));
  std::string names;
  for (const size_t key : keys) names += (names.empty() ? "" : ",") + input.columns[key].name;
  const std::string id = fmt::format("{}.suppress({})", owner_, names);
  SuppressSpec spec{.keys = keys, .time_column = 0, .interval = interval};
  while (!same_expr(*input.columns[spec.time_column].expr, *time)) ++spec.time_column;
  const VertexIndex from = materialize(graph_, input, id + ".input");
  TRY(check_can_wait(script_, *graph_.schema(from), call.location()));
  return add_keyed_step(graph_, id, std::move(spec), from, keys, input.policy);
}

Result<std::unique_ptr<JoinNode>> FromClause::read_tree(const Node& node) {
  return node.is("JoinExpr") ? read_join(node) : read_leaf(node);
}

Result<std::unique_ptr<JoinNode>> FromClause::read_leaf(const Node& node) {
  Item item = TRY(bind_item(node));
  item.relation = TRY(queries_.close_window(std::move(item.relation), owner_));
  for (const JoinLeaf& other : leaves_) {
    if (item.alias.empty() || other.alias != item.alias) continue;
    return script_.refuse(
        node.location(),
        fmt::format("\"{}\" is there twice in FROM: give one of them another name, {} AS ...",
                    item.alias, item.alias));
  }
  auto leaf = std::make_unique<JoinNode>();
  leaf->leaf = leaves_.size();
  leaf->begin = joint_columns_;
  leaf->location = node.location();
  for (const RelationColumn& column : item.relation.columns) {
    leaf->visible.push_back({.table = item.alias,
                             .name = column.name,
                             .expr = make_column(joint_columns_++, column.expr->type)});
  }
  leaf->end = joint_columns_;
  as_of_.push_back(item.as_of);
  leaves_.push_back(
      {.relation = std::move(item.relation), .alias = std::move(item.alias), .begin = leaf->begin});
  return leaf;
}

Result<std::unique_ptr<JoinNode>> FromClause::read_join(const Node& node) {
  const size_t location = node.child("rarg").location();
  if (node.flag("isNatural")) {
    return script_.refuse(location,
                          "NATURAL JOIN is not available: name the columns, with USING (..)");
  }
  if (node.has("alias") || node.has("join_using_alias")) {
    return script_.refuse(location,
                          "a join in parentheses has no name of its own here: make it a subquery");
  }
  std::unique_ptr<JoinNode> left = TRY(read_tree(node.child("larg")));
  std::unique_ptr<JoinNode> right = TRY(read_tree(node.child("rarg")));
  std::unique_ptr<JoinNode> join =
      join_of(std::move(left), std::move(right), join_type(node.text("jointype")), location);
  if (join->left->left == nullptr && as_of_.at(join->left->leaf)) {
    return refuse_as_of(as_of_.at(join->left->leaf));
  }
  TRY(bind_as_of(*join));
  if (const Node quals = node.child("quals")) {
    TRY(add_conditions(quals, Scope(join->visible), "JOIN conditions", join->on));
  }
  TRY(merge_columns(*join, node.names("usingClause")));
  return join;
}

// USING: the columns are equal, and one.
Status FromClause::merge_columns(JoinNode& node, const std::vector<std::string>& names) const {
  std::vector<ScopeColumn> merged;
  std::vector<ScopeColumn> left = node.left->visible;
  std::vector<ScopeColumn> right = node.right->visible;
  for (const std::string& name : names) {
    ScopeColumn* a = only_column(left, name);
    ScopeColumn* b = only_column(right, name);
    if (a == nullptr || b == nullptr) {
      return script_.refuse(
          node.location,
          fmt::format("column \"{}\" of USING must be there once on each side", name));
    }
    const Result<ExprPtr> equal = make_call("=", {a->expr, b->expr});
    if (!equal.ok()) return script_.refuse(node.location, equal.error().message);
    node.on.push_back({.expr = *equal, .location = node.location});
    ExprPtr expr = node.type == JoinType::kRight ? b->expr : a->expr;
    if (node.type == JoinType::kFull) {
      const Result<ExprPtr> either = make_coalesce({a->expr, b->expr});
      if (!either.ok()) return script_.refuse(node.location, either.error().message);
      expr = *either;
    }
    a->qualified_only = true;
    b->qualified_only = true;
    merged.push_back({.table = "", .name = name, .expr = std::move(expr)});
  }
  node.visible = std::move(merged);
  node.visible.insert(node.visible.end(), left.begin(), left.end());
  node.visible.insert(node.visible.end(), right.begin(), right.end());
  return {};
}

// One condition for each part of an AND.
Status FromClause::add_conditions(const Node& node, const Scope& scope, const std::string& where,
                                  std::vector<JoinCondition>& conditions) const {
  if (node.is("BoolExpr") && node.text("boolop") == "AND_EXPR") {
    for (const Node& part : node.list("args")) {
      TRY(add_conditions(part, scope, where, conditions));
    }
    return {};
  }
  ExpressionBinder binder(script_, catalog_, scope, where);
  ExprPtr condition = TRY(binder.bind_condition(node));
  conditions.push_back({.expr = std::move(condition), .location = node.location()});
  return {};
}

Result<From> FromClause::bind_joins(const std::vector<Node>& items, const Node& select) {
  std::unique_ptr<JoinNode> root = TRY(read_tree(items[0]));
  for (size_t i = 1; i < items.size(); ++i) {
    std::unique_ptr<JoinNode> right = TRY(read_tree(items[i]));
    root = join_of(std::move(root), std::move(right), JoinType::kInner, items[i].location());
    TRY(bind_as_of(*root));
  }
  std::vector<JoinCondition> where;
  if (const Node node = select.child("whereClause")) {
    TRY(add_conditions(node, Scope(root->visible), "WHERE", where));
  }
  JoinBuilder builder(script_, graph_, owner_, leaves_, MentionedColumns::in(select));
  JoinBuilder::Part part = TRY(builder.build(*root, where));
  std::vector<ScopeColumn> visible = root->visible;
  part.relation.columns.clear();
  for (ScopeColumn& column : visible) {
    // What the query does not mention has no column any more.
    const bool is_there = reads_known(*column.expr, part.columns);
    column.expr = is_there ? substitute_columns(column.expr, part.columns) : nullptr;
    if (!is_there || column.qualified_only) continue;
    part.relation.columns.push_back({.name = column.name, .expr = column.expr});
  }
  return From{.relation = std::move(part.relation), .scope = Scope(std::move(visible))};
}

}  // namespace weir
