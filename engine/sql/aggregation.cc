#include "engine/sql/aggregation.h"

#include "engine/data/text_form.h"
#include "engine/expr/build.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/refusals.h"
#include "engine/sql/step_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace weir {
namespace {

// Of a constant; absent of NULL.
std::optional<std::string> text_of(const Scalar& constant) {
  if (constant.is_null()) return std::nullopt;
  const ColumnPtr column = constant_column(constant, 1);
  return value_text(*column, 0);
}

bool is_aggregate_call(const Node& node) {
  return node.is("FuncCall") && !node.has("over") && is_aggregate_name(called_name(node));
}

bool same_or_both_absent(const ExprPtr& a, const ExprPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return same_expr(*a, *b);
}

// Of keys of ORDER BY.
template <typename Key>
bool same_order(const std::vector<Key>& a, const std::vector<Key>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Key& x, const Key& y) {
    return same_expr(*x.expr, *y.expr) && x.descending == y.descending &&
           x.nulls_first == y.nulls_first;
  });
}

}  // namespace

std::optional<AggregateFunction> aggregate_named(std::string_view name) {
  static constexpr std::pair<std::string_view, AggregateFunction> kNames[] = {
      {"count", AggregateFunction::kCount},
      {"sum", AggregateFunction::kSum},
      {"avg", AggregateFunction::kAvg},
      {"min", AggregateFunction::kMin},
      {"max", AggregateFunction::kMax},
      {"bool_and", AggregateFunction::kBoolAnd},
      {"every", AggregateFunction::kBoolAnd},
      {"bool_or", AggregateFunction::kBoolOr},
      {"stddev", AggregateFunction::kStddevSamp},
      {"stddev_samp", AggregateFunction::kStddevSamp},
      {"stddev_pop", AggregateFunction::kStddevPop},
      {"variance", AggregateFunction::kVarSamp},
      {"var_samp", AggregateFunction::kVarSamp},
      {"var_pop", AggregateFunction::kVarPop},
      {"string_agg", AggregateFunction::kStringAgg},
      {"array_agg", AggregateFunction::kArrayAgg},
      {"first_value", AggregateFunction::kFirstValue},
      {"last_value", AggregateFunction::kLastValue},
      {"approx_count_distinct", AggregateFunction::kApproxCountDistinct},
      {"approx_percentile", AggregateFunction::kApproxPercentile}};
  for (const auto& [known, function] : kNames) {
    if (known == name) return function;
  }
  return std::nullopt;
}

AggregateArguments arguments_of(AggregateFunction function) {
  if (function == AggregateFunction::kStringAgg) return {.count = 2, .value = 0, .constant = 1};
  if (function == AggregateFunction::kApproxPercentile) {
    return {.count = 2, .value = 1, .constant = 0};
  }
  return {};
}

Status check_count(const ScriptText& script, const Node& call, const std::string& name,
                   const AggregateArguments& places, size_t given) {
  if (given == places.count) return {};
  return script.refuse(call.location(),
                       fmt::format("{} takes {}, not {}", name,
                                   places.count == 1 ? "one argument" : "two arguments", given));
}

Result<std::string> constant_parameter(const ScriptText& script, const Node& node,
                                       const Expr& constant, const std::string& name,
                                       const AggregateArguments& places) {
  std::optional<std::string> text;
  if (constant.kind == ExprKind::kLiteral) text = text_of(constant.literal);
  if (text) return *text;
  return script.refuse(node.location(), fmt::format("argument {} of {} must be a constant",
                                                    places.constant + 1, name));
}

bool has_aggregate(const Node& node) {
  if (is_aggregate_call(node)) return true;
  if (node.is("SubLink")) return false;  // Its aggregates are its own.
  const std::vector<Node> children = node.children();
  return std::any_of(children.begin(), children.end(), has_aggregate);
}

Aggregation::Aggregation(const ScriptText& script, const Catalog& catalog, const Scope& scope,
                         const Relation& input)
    : script_(script), catalog_(catalog), scope_(scope), input_(input) {}

std::optional<WindowColumn> Aggregation::window_of(const Expr& expr) const {
  return input_.window ? as_window_column(input_, expr) : std::nullopt;
}

bool Aggregation::is_made() const {
  return input_.window && input_.window->spec.kind != WindowKind::kGiven;
}

Status Aggregation::add_key(const ExprPtr& key, const std::string& name, size_t location) {
  CHECK(calls_.empty());
  if (const std::optional<WindowColumn> column = window_of(*key)) {
    (*column == WindowColumn::kStart ? has_start_key_ : has_end_key_) = true;
    return {};
  }
  if (is_made() && mentions_window(input_, *key)) {
    return script_.refuse(
        location,
        "group by window_start and window_end themselves, and compute in the list of the SELECT");
  }
  if (key->type.kind() == TypeKind::kComposite || key->type.kind() == TypeKind::kArray) {
    return script_.refuse(
        location,
        fmt::format("a key of type {} is not available: group by its fields", to_text(key->type)));
  }
  if (find_output(*key) == nullptr) keys_.push_back({.expr = key, .name = name});
  return {};
}

bool Aggregation::has_window_key() const {
  if (!input_.window) return false;
  if (input_.window->spec.kind == WindowKind::kGiven) return has_start_key_ && has_end_key_;
  return has_start_key_ || has_end_key_;
}

// The output column that is this expression over the input; null if none is.
ExprPtr Aggregation::find_output(const Expr& expr) const {
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (same_expr(*keys_[i].expr, expr)) return make_column(i, expr.type);
  }
  if (const std::optional<WindowColumn> column = window_of(expr)) {
    return make_column(keys_.size() + static_cast<size_t>(*column), expr.type);
  }
  return nullptr;
}

Result<ExprPtr> Aggregation::output_of(const ExprPtr& expr, const std::string& name,
                                       size_t location) const {
  if (ExprPtr output = find_output(*expr)) return output;
  return script_.refuse(
      location,
      fmt::format("column \"{}\" must appear in the GROUP BY clause or be used in an aggregate "
                  "function",
                  name));
}

Result<ExprPtr> Aggregation::bind(const Node& node, const std::string& where) {
  const Scope nothing;  // special() answers for every column.
  ExpressionBinder binder(script_, catalog_, nothing, where,
                          [&](const Node& inner) { return special(inner, where); });
  return binder.bind(node);
}

Result<ExprPtr> Aggregation::special(const Node& node, const std::string& where) {
  if (is_aggregate_call(node)) return aggregate(node);
  if (node.is("A_Const") || has_aggregate(node)) return ExprPtr();
  ExpressionBinder over_input(script_, catalog_, scope_, where);
  const bool is_column = node.is("ColumnRef");
  const Result<ExprPtr> bound = over_input.bind(node);
  if (!bound.ok()) {
    const bool is_unknown = node.is("FuncCall") && !is_function_name(called_name(node));
    if (is_column || is_unknown) return bound;
    return ExprPtr();  // The binder finds the error again, at its own place.
  }
  if (is_column) return output_of(*bound, node.names("fields").back(), node.location());
  return find_output(**bound);
}

Result<ExprPtr> Aggregation::argument(const Node& node, const std::string& name) {
  if (has_aggregate(node)) {
    return script_.refuse(node.location(), "aggregate function calls cannot be nested");
  }
  ExpressionBinder binder(script_, catalog_, scope_, name);
  ExprPtr expr = TRY(binder.bind_settled(node));
  if (is_made() && mentions_window(input_, *expr)) {
    return script_.refuse(
        node.location(),
        "window_start, window_end and window_time are the same for all rows of a group: use "
        "them outside of aggregate functions");
  }
  return expr;
}

// One value, beside which some functions take a constant.
Status Aggregation::bind_arguments(const Node& node, Call& call) {
  const std::string name = called_name(node);
  const std::vector<Node> args = node.list("args");
  if (node.flag("agg_star")) {
    if (name != "count") {
      return script_.refuse(node.location(),
                            fmt::format("{}(*) does not exist: only count(*) does", name));
    }
    call.function = AggregateFunction::kCountStar;
    return {};
  }
  const AggregateArguments places = arguments_of(call.function);
  TRY(check_count(script_, node, name, places, args.size()));
  call.argument = TRY(argument(args[places.value], name));
  call.distinct = node.flag("agg_distinct") && !ignores_duplicates(call.function);
  const TypeKind kind = call.argument->type.kind();
  if (call.distinct && (kind == TypeKind::kComposite || kind == TypeKind::kArray)) {
    return script_.refuse(
        args[places.value].location(),
        fmt::format("{}(DISTINCT ..) of type {} is not available: give it one of the fields", name,
                    to_text(call.argument->type)));
  }
  if (places.count == 1) return {};
  const Node& second = args[places.constant];
  const ExprPtr constant = TRY(argument(second, name));
  call.parameter = TRY(constant_parameter(script_, second, *constant, name, places));
  return {};
}

Status Aggregation::bind_order(const Node& node, Call& call) {
  for (const Node& key : node.list("agg_order")) {
    const ExprPtr expr = TRY(argument(key.child("node"), "ORDER BY"));
    if (call.distinct && !same_expr(*expr, *call.argument)) {
      return script_.refuse(key.location(),
                            "in an aggregate with DISTINCT, ORDER BY expressions must appear in "
                            "the argument list");
    }
    const bool descending = key.text("sortby_dir") == "SORTBY_DESC";
    const std::string nulls = key.text("sortby_nulls");
    const bool nulls_first =
        nulls == "SORTBY_NULLS_FIRST" || (descending && nulls != "SORTBY_NULLS_LAST");
    call.order.push_back({.expr = expr, .descending = descending, .nulls_first = nulls_first});
  }
  return {};
}

Result<ExprPtr> Aggregation::aggregate(const Node& node) {
  const std::string name = called_name(node);
  const std::optional<AggregateFunction> function = aggregate_named(name);
  if (!function) {
    return script_.refuse(node.location(), fmt::format("{} is not available yet", name));
  }
  Call call{.function = *function};
  if (node.flag("agg_within_group")) {
    return script_.refuse(node.location(), fmt::format("{} has no WITHIN GROUP", name));
  }
  const Status ordered = check_order(*function, node.has("agg_order"));
  if (!ordered.ok()) return script_.refuse(node.location(), ordered.error().message);
  TRY(bind_arguments(node, call));
  TRY(bind_order(node, call));
  if (const Node filter = node.child("agg_filter")) {
    const ExprPtr condition = TRY(argument(filter, "FILTER"));
    const Result<ExprPtr> checked = as_condition(condition, "argument of FILTER");
    if (!checked.ok()) return script_.refuse(filter.location(), checked.error().message);
    call.filter = *checked;
  }
  std::optional<Type> argument_type;
  if (call.argument != nullptr) argument_type = call.argument->type;
  const Result<Type> type = aggregate_type(call.function, argument_type);
  if (!type.ok()) return script_.refuse(node.location(), type.error().message);
  call.type = *type;
  const Status parameters =
      check_parameters({.function = call.function, .parameter = call.parameter});
  if (!parameters.ok()) return script_.refuse(node.location(), parameters.error().message);
  return add_call(std::move(call));
}

ExprPtr Aggregation::add_call(Call call) {
  const auto same = [&call](const Call& other) {
    return other.function == call.function && other.distinct == call.distinct &&
           other.parameter == call.parameter && same_order(other.order, call.order) &&
           same_or_both_absent(other.argument, call.argument) &&
           same_or_both_absent(other.filter, call.filter);
  };
  const auto found = std::find_if(calls_.begin(), calls_.end(), same);
  const size_t index = static_cast<size_t>(found - calls_.begin());
  const Type type = call.type;
  if (found == calls_.end()) calls_.push_back(std::move(call));
  return make_column(keys_.size() + window_width() + index, type);
}

// DISTINCT needs the rows of every window by themselves: windows that overlap cannot share what is
// common to them. The columns keep their places.
Relation Aggregation::rows_of_windows(GraphBuilder& graph, const std::string& id) const {
  const bool has_distinct =
      std::any_of(calls_.begin(), calls_.end(), [](const Call& call) { return call.distinct; });
  if (!has_distinct || !input_.window->spec.overlaps()) return input_;
  Relation rows = assign_window(graph, input_, id + ".assign");
  rows.window = OpenWindow{.spec = {.kind = WindowKind::kGiven},
                           .time = window_column(input_, WindowColumn::kEnd),
                           .start = window_column(input_, WindowColumn::kStart),
                           .last = window_column(input_, WindowColumn::kTime),
                           .location = input_.window->location};
  return rows;
}

// Columns of the calls are places in `inputs`.
std::vector<AggregateCall> Aggregation::make_calls(StepInput& inputs,
                                                   std::set<std::string>& taken) const {
  std::vector<AggregateCall> calls;
  for (const Call& call : calls_) {
    AggregateCall aggregate;
    aggregate.function = call.function;
    aggregate.distinct = call.distinct;
    aggregate.parameter = call.parameter;
    aggregate.type = call.type;
    std::string name(function_name(call.function));
    if (call.argument != nullptr) {
      aggregate.argument = inputs.add_named(call.argument, "value");
      name += "_" + inputs.name_of(*call.argument, "value");
    }
    if (call.filter != nullptr) aggregate.filter = inputs.add_named(call.filter, "condition");
    for (const OrderKey& key : call.order) {
      aggregate.order.push_back({.column = inputs.add_named(key.expr, "key"),
                                 .descending = key.descending,
                                 .nulls_first = key.nulls_first});
    }
    aggregate.name = unique_name(taken, name);
    calls.push_back(std::move(aggregate));
  }
  return calls;
}

// Columns of the spec are places in `inputs`, which it fills: the keys first.
WindowAggregateSpec Aggregation::make_spec(const Relation& rows, StepInput& inputs) const {
  WindowAggregateSpec spec;
  const OpenWindow& window = *rows.window;
  spec.window = window.spec;
  std::set<std::string> taken(std::begin(kWindowColumns), std::end(kWindowColumns));
  spec.keys = add_keys(rows, inputs, taken);
  spec.window.time_column = inputs.add_named(window.time, "event_time");
  if (window.start != nullptr) spec.window.start_column = inputs.add_named(window.start, "");
  spec.aggregates = make_calls(inputs, taken);
  return spec;
}

std::vector<size_t> Aggregation::add_keys(const Relation& rows, StepInput& inputs,
                                          std::set<std::string>& taken) const {
  std::vector<size_t> keys;
  for (const Key& key : keys_) {
    keys.push_back(inputs.add(key.expr, key.name));
    taken.insert(key.name);
    if (key.expr->kind == ExprKind::kColumn) taken.insert(rows.base->fields[key.expr->index].name);
  }
  return keys;
}

std::string Aggregation::step_id(const std::string& owner) const {
  std::string names;
  for (const Key& key : keys_) {
    if (!names.empty()) names += ",";
    names += key.name;
  }
  return fmt::format("{}.{}({})", owner, input_.window ? "window" : "group", names);
}

Result<Relation> Aggregation::build(GraphBuilder& graph, const std::string& owner) {
  if (!input_.window) return build_unbounded(graph, owner);
  TRY(check_late(script_, input_.policy, input_.window->location));
  const std::string id = step_id(owner);
  const Relation rows = rows_of_windows(graph, id);
  StepInput inputs(rows);
  WindowAggregateSpec spec = make_spec(rows, inputs);
  const StepInput::Built input = inputs.build(graph, {.id = id + ".input", .keys = keys_.size()});
  const auto in_vertex = [&input](size_t& column) { column = input.columns[column]; };
  for (size_t& key : spec.keys) in_vertex(key);
  in_vertex(spec.window.time_column);
  if (spec.window.start_column) in_vertex(*spec.window.start_column);
  point_calls(spec.aggregates, input);
  const std::vector<size_t> keys = spec.keys;
  Relation result = add_keyed_step(graph, id, std::move(spec), input.vertex, keys, input_.policy);
  result.base = without_needless_nulls(
      graph, result.vertex,
      std::get<WindowAggregateSpec>(graph.vertex(result.vertex).spec).aggregates,
      *graph.schema(input.vertex));
  return result;
}

// The event time of the rows goes along: state_ttl goes by it.
Result<Relation> Aggregation::build_unbounded(GraphBuilder& graph, const std::string& owner) {
  const std::string id = step_id(owner);
  StepInput inputs(input_);
  std::set<std::string> taken;
  GroupAggregateSpec spec;
  spec.keys = add_keys(input_, inputs, taken);
  spec.aggregates = make_calls(inputs, taken);
  for (size_t i = 0; i < input_.base->fields.size(); ++i) {
    const Field& field = input_.base->fields[i];
    if (!field.event_time) continue;
    inputs.add_named(make_column(i, field.type), "");
    break;
  }
  if (inputs.empty()) {
    inputs.add_named(make_column(0, input_.base->fields[0].type), "");
  }
  const StepInput::Built input = inputs.build(graph, {.id = id + ".input"});
  for (size_t& key : spec.keys) key = input.columns[key];
  point_calls(spec.aggregates, input);
  const std::vector<size_t> keys = spec.keys;
  RowPolicy policy = input_.policy;
  policy.late.clear();
  Relation result = add_keyed_step(graph, id, std::move(spec), input.vertex, keys, policy);
  const auto& made = std::get<GroupAggregateSpec>(graph.vertex(result.vertex).spec);
  if (!made.keys.empty()) {
    result.base =
        without_needless_nulls(graph, result.vertex, made.aggregates, *graph.schema(input.vertex));
  }
  return result;
}

void Aggregation::point_calls(std::vector<AggregateCall>& calls, const StepInput::Built& input) {
  const auto in_vertex = [&input](size_t& column) { column = input.columns[column]; };
  for (AggregateCall& call : calls) {
    if (call.argument) in_vertex(*call.argument);
    if (call.filter) in_vertex(*call.filter);
    for (SortKey& key : call.order) in_vertex(key.column);
  }
}

// A group has at least one row: where the argument is never NULL and nothing is filtered out, an
// aggregate that needs no second value has one.
SchemaPtr Aggregation::without_needless_nulls(const GraphBuilder& graph, VertexIndex vertex,
                                              const std::vector<AggregateCall>& calls,
                                              const Schema& input) {
  auto schema = std::make_shared<Schema>(*graph.schema(vertex));
  const size_t first = schema->fields.size() - calls.size();
  for (size_t i = 0; i < calls.size(); ++i) {
    const AggregateCall& call = calls[i];
    if (call.filter || !call.argument || !has_result_of_one(call.function) ||
        input.fields[*call.argument].nullable)
      continue;
    schema->fields[first + i].nullable = false;
  }
  return schema;
}

}  // namespace weir
