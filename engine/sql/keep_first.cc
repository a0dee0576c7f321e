#include "engine/sql/keep_first.h"

#include "engine/expr/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

Status check_sortable(const ScriptText& script, const OrderKey& sort) {
  const TypeKind kind = sort.expr->type.kind();
  if (kind != TypeKind::kComposite && kind != TypeKind::kArray) return {};
  return script.refuse(sort.location, fmt::format("rows are not ordered by a value of type {}: "
                                                  "take its fields",
                                                  to_text(sort.expr->type)));
}

// What stands in ORDER BY behind the keys, which may come in any order.
Result<std::vector<OrderKey>> behind_keys(const ScriptText& script,
                                          const std::vector<OrderKey>& keys,
                                          const std::vector<OrderKey>& order) {
  const auto is_key = [&](const OrderKey& sort) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const OrderKey& key) { return same_expr(*key.expr, *sort.expr); });
  };
  const auto behind = std::find_if_not(order.begin(), order.end(), is_key);
  if (behind == order.end()) {
    return script.refuse(keys.front().location,
                         "DISTINCT ON keeps the first row of each key in an order: say in which, "
                         "SELECT DISTINCT ON (key) .. ORDER BY key, time_column");
  }
  if (static_cast<size_t>(behind - order.begin()) < keys.size()) {
    return script.refuse(behind->location,
                         "SELECT DISTINCT ON expressions must match initial ORDER BY expressions: "
                         "SELECT DISTINCT ON (key) .. ORDER BY key, time_column");
  }
  return std::vector<OrderKey>(behind, order.end());
}

}  // namespace

// Of rows of equal time the later in the log wins where the last one does.
Ties ties_of(const Relation& input, const Expr& sort, bool descending) {
  return descending && is_event_time(input, sort) ? Ties::kLaterFirst : Ties::kEarlierFirst;
}

Result<Relation> keep_first(const ScriptText& script, GraphBuilder& graph, const Relation& input,
                            const std::vector<OrderKey>& keys, const std::vector<OrderKey>& order,
                            std::vector<RelationColumn> columns, const std::string& owner) {
  CHECK(!input.window);
  const std::vector<OrderKey> sorts = TRY(behind_keys(script, keys, order));
  const bool by_time =
      sorts.size() == 1 && !sorts[0].descending && is_event_time(input, *sorts[0].expr);
  if (by_time) TRY(check_late(script, input.policy, keys.front().location));
  const size_t width = input.base->fields.size();
  StepInput inputs(input);
  std::string names;
  for (const OrderKey& key : keys) {
    const TypeKind kind = key.expr->type.kind();
    if (kind == TypeKind::kComposite || kind == TypeKind::kArray) {
      return script.refuse(key.location, fmt::format("a key of type {} is not available: take its "
                                                     "fields",
                                                     to_text(key.expr->type)));
    }
    inputs.add_named(key.expr, key.name);
    names += (names.empty() ? "" : ",") + key.name;
  }
  for (const OrderKey& sort : sorts) {
    TRY(check_sortable(script, sort));
    inputs.add_named(sort.expr, "sort");
  }
  for (const RelationColumn& column : columns) inputs.add_columns_of(column.expr, width);
  const std::string id = fmt::format("{}.{}({})", owner, by_time ? "first" : "top", names);
  const StepInput::Built built = inputs.build(graph, {.id = id + ".input", .keeps_rows = true});
  TRY(check_can_wait(script, *graph.schema(built.vertex), keys.front().location));
  std::vector<size_t> by;
  for (const OrderKey& key : keys) by.push_back(built.columns[inputs.place(*key.expr)]);
  VertexSpec spec;
  RowPolicy policy = input.policy;
  if (by_time) {
    spec = SuppressSpec{
        .keys = by, .time_column = built.columns[inputs.place(*sorts[0].expr)], .interval = {}};
  } else {
    TopSpec top{.partition = by};
    for (const OrderKey& sort : sorts) {
      top.order.push_back({.column = built.columns[inputs.place(*sort.expr)],
                           .descending = sort.descending,
                           .nulls_first = sort.nulls_first});
    }
    top.ties = ties_of(input, *sorts[0].expr, sorts[0].descending);
    spec = std::move(top);
    policy.late.clear();
  }
  Relation result = add_keyed_step(graph, id, std::move(spec), built.vertex, by, policy);
  result.policy = input.policy;
  for (RelationColumn& column : columns) column.expr = inputs.above(column.expr, built, {});
  result.columns = std::move(columns);
  return result;
}

}  // namespace weir
