#include "engine/sql/keep_first.h"

#include "engine/expr/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::string_view kForm = "SELECT DISTINCT ON (key) .. ORDER BY key, time_column";

// The last of ORDER BY, behind the keys.
Result<ExprPtr> time_of(const ScriptText& script, const Relation& input,
                        const std::vector<OrderKey>& keys, const std::vector<OrderKey>& order) {
  const auto is_key = [&](const OrderKey& sort) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const OrderKey& key) { return same_expr(*key.expr, *sort.expr); });
  };
  const auto behind = std::find_if_not(order.begin(), order.end(), is_key);
  if (behind == order.end()) {
    return script.refuse(keys.front().location,
                         fmt::format("DISTINCT ON keeps the first row of each key in time: say by "
                                     "which column, {}",
                                     kForm));
  }
  if (static_cast<size_t>(behind - order.begin()) < keys.size()) {
    return script.refuse(
        behind->location,
        fmt::format("SELECT DISTINCT ON expressions must match initial ORDER BY expressions: {}",
                    kForm));
  }
  if (!is_event_time(input, *behind->expr)) {
    return script.refuse(behind->location,
                         fmt::format("DISTINCT ON keeps the first row of each key in time, and "
                                     "this column has no event time: {}",
                                     kForm));
  }
  if (behind->descending) {
    return script.refuse(behind->location,
                         "the last row of a key would change with every new one, which is not "
                         "available yet: leave out DESC to keep the first, or number the rows of a "
                         "window, with row_number() and PARTITION BY window_start, window_end");
  }
  if (behind + 1 != order.end()) {
    return script.refuse(behind[1].location,
                         "nothing stands behind the time: of rows of equal time the earlier in the "
                         "log goes first");
  }
  return behind->expr;
}

}  // namespace

Result<Relation> keep_first(const ScriptText& script, GraphBuilder& graph, const Relation& input,
                            const std::vector<OrderKey>& keys, const std::vector<OrderKey>& order,
                            std::vector<RelationColumn> columns, const std::string& owner) {
  CHECK(!input.window);
  const ExprPtr time = TRY(time_of(script, input, keys, order));
  TRY(check_late(script, input.policy, keys.front().location));
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
  inputs.add_named(time, "");
  for (const RelationColumn& column : columns) inputs.add_columns_of(column.expr, width);
  const std::string id = fmt::format("{}.first({})", owner, names);
  const StepInput::Built built = inputs.build(graph, {.id = id + ".input", .keeps_rows = true});
  TRY(check_can_wait(script, *graph.schema(built.vertex), keys.front().location));
  SuppressSpec spec;
  for (const OrderKey& key : keys) spec.keys.push_back(built.columns[inputs.place(*key.expr)]);
  spec.time_column = built.columns[inputs.place(*time)];
  const std::vector<size_t> by = spec.keys;
  Relation result = add_keyed_step(graph, id, std::move(spec), built.vertex, by, input.policy);
  for (RelationColumn& column : columns) column.expr = inputs.above(column.expr, built, {});
  result.columns = std::move(columns);
  return result;
}

}  // namespace weir
