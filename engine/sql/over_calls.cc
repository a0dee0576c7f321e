#include "engine/sql/over_calls.h"

#include "engine/expr/build.h"
#include "engine/sql/aggregation.h"
#include "engine/sql/constant_argument.h"
#include "engine/sql/expression_binder.h"
#include "engine/sql/keep_first.h"
#include "engine/sql/refusals.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace weir {
namespace {

std::optional<OverFunction> function_named(const std::string& name) {
  if (name == "lag") return OverFunction::kLag;
  if (name == "first_value") return OverFunction::kFirstValue;
  if (name == "last_value") return OverFunction::kLastValue;
  if (name == "row_number") return OverFunction::kRowNumber;
  if (name == "rank") return OverFunction::kRank;
  if (name == "dense_rank") return OverFunction::kDenseRank;
  if (aggregate_named(name)) return OverFunction::kAggregate;
  return std::nullopt;
}

bool is_number(OverFunction function) {
  return function == OverFunction::kRowNumber || function == OverFunction::kRank ||
         function == OverFunction::kDenseRank;
}

RankFunction rank_of(OverFunction function) {
  if (function == OverFunction::kRank) return RankFunction::kRank;
  if (function == OverFunction::kDenseRank) return RankFunction::kDenseRank;
  CHECK(function == OverFunction::kRowNumber);
  return RankFunction::kRowNumber;
}

std::string_view function_name(const OverCall& call) {
  switch (call.function) {
    case OverFunction::kAggregate: return function_name(call.aggregate);
    case OverFunction::kLag: return "lag";
    case OverFunction::kFirstValue: return "first_value";
    case OverFunction::kLastValue: return "last_value";
    case OverFunction::kRowNumber: return "row_number";
    case OverFunction::kRank: return "rank";
    case OverFunction::kDenseRank: return "dense_rank";
  }
  unreachable();
}

bool same_expr_or_none(const ExprPtr& a, const ExprPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return same_expr(*a, *b);
}

}  // namespace

bool has_over(const Node& node) {
  if (node.is("FuncCall") && node.has("over")) return true;
  if (node.is("SubLink")) return false;
  const std::vector<Node> children = node.children();
  return std::any_of(children.begin(), children.end(), has_over);
}

OverCalls::OverCalls(const ScriptText& script, const Catalog& catalog, GraphBuilder& graph,
                     const Scope& scope, const Relation& input, std::vector<Node> named)
    : script_(script),
      catalog_(catalog),
      graph_(graph),
      scope_(scope),
      input_(input),
      named_(std::move(named)),
      window_(given_window(graph, input, 0)) {}

Result<ExprPtr> OverCalls::bind(const Node& node) {
  ExpressionBinder binder(script_, catalog_, scope_, "a SELECT without GROUP BY",
                          [this](const Node& inner) -> Result<ExprPtr> {
                            if (!inner.is("FuncCall") || !inner.has("over")) return ExprPtr();
                            return call(inner);
                          });
  return binder.bind(node);
}

Result<ExprPtr> OverCalls::call(const Node& node) {
  const std::string name = called_name(node);
  Call call = TRY(read_call(node, name));
  const OverWindow window =
      TRY(read_over_window(script_, catalog_, scope_, named_, node.part("over")));
  const bool numbers = is_number(call.spec.function);
  const bool is_row_number = call.spec.function == OverFunction::kRowNumber;
  TRY(check_order(window, numbers, is_row_number));
  call.step = TRY(find_step(window, call.spec.function));
  // Numbers and lag have no frame.
  if (!numbers && call.spec.function != OverFunction::kLag) {
    call.spec.frame = window.frame;
    call.spec.range = window.range;
    call.spec.rows = window.rows;
    steps_[call.step].has_range |= window.range.has_value();
  }
  const auto same = [&call](const Call& other) {
    return other.spec == call.spec && other.step == call.step &&
           same_expr_or_none(other.argument, call.argument) &&
           same_expr_or_none(other.filter, call.filter) &&
           same_expr_or_none(other.fallback, call.fallback);
  };
  const auto found = std::find_if(calls_.begin(), calls_.end(), same);
  const size_t index = static_cast<size_t>(found - calls_.begin());
  const Type type = call.spec.type;
  if (found == calls_.end()) calls_.push_back(std::move(call));
  return make_column(input_.base->fields.size() + index, type);
}

Result<ExprPtr> OverCalls::argument(const Node& node, const std::string& where) {
  if (has_over(node)) {
    return script_.refuse(node.location(), "window function calls cannot be nested");
  }
  ExpressionBinder binder(script_, catalog_, scope_, where);
  return binder.bind_settled(node);
}

Result<OverCalls::Call> OverCalls::read_call(const Node& node, const std::string& name) {
  const std::optional<OverFunction> function = function_named(name);
  if (!function) return refuse_over_function(script_, node, name);
  const auto refuse = [&](const std::string& what) {
    return script_.refuse(node.location(), what);
  };
  if (node.flag("agg_distinct")) return refuse("DISTINCT is not available with OVER");
  if (node.has("agg_order") || node.flag("agg_within_group")) {
    return refuse("ORDER BY stands behind OVER, not among the arguments");
  }
  Call call;
  call.spec.function = *function;
  const std::vector<Node> args = node.list("args");
  if (*function == OverFunction::kAggregate) {
    TRY(read_aggregate(node, name, call));
    return call;
  }
  if (node.has("agg_filter")) {
    return refuse("FILTER is for aggregates: " + name + " has none");
  }
  if (is_number(*function)) {
    if (!args.empty()) return refuse(name + " takes no arguments");
    call.spec.type = TypeKind::kBigint;
    return call;
  }
  const size_t most = *function == OverFunction::kLag ? 3 : 1;
  if (args.empty() || args.size() > most) {
    return refuse(most == 3 ? "lag takes a value, how many rows before, and what it is where there "
                              "is no such row: lag(x [, 1 [, 0]])"
                            : name + " takes one argument");
  }
  call.argument = TRY(argument(args[0], name));
  if (most == 3) TRY(read_lag(args, call));
  call.spec.type = call.argument->type;
  return call;
}

Status OverCalls::read_aggregate(const Node& node, const std::string& name, Call& call) {
  call.spec.aggregate = *aggregate_named(name);
  const std::vector<Node> args = node.list("args");
  std::optional<Type> type;
  if (node.flag("agg_star")) {
    if (name != "count") {
      return script_.refuse(node.location(),
                            fmt::format("{}(*) does not exist: only count(*) does", name));
    }
    call.spec.aggregate = AggregateFunction::kCountStar;
  } else {
    const AggregateArguments places = arguments_of(call.spec.aggregate);
    TRY(check_count(script_, node, name, places, args.size()));
    call.argument = TRY(argument(args[places.value], name));
    type = call.argument->type;
    if (places.count == 2) {
      const ExprPtr constant = TRY(argument(args[places.constant], name));
      call.spec.parameter =
          TRY(constant_parameter(script_, args[places.constant], *constant, name, places));
    }
  }
  if (const Node filter = node.child("agg_filter")) {
    const ExprPtr condition = TRY(argument(filter, "FILTER"));
    const Result<ExprPtr> checked = as_condition(condition, "argument of FILTER");
    if (!checked.ok()) return script_.refuse(filter.location(), checked.error().message);
    call.filter = *checked;
  }
  const Result<Type> result = aggregate_type(call.spec.aggregate, type);
  if (!result.ok()) return script_.refuse(node.location(), result.error().message);
  call.spec.type = *result;
  const Status parameters =
      check_parameters({.function = call.spec.aggregate, .parameter = call.spec.parameter});
  if (!parameters.ok()) return script_.refuse(node.location(), parameters.error().message);
  return {};
}

Status OverCalls::read_lag(const std::vector<Node>& args, Call& call) {
  if (args.size() > 1) {
    call.spec.distance =
        TRY(constant_count(script_, catalog_, args[1], "how many rows lag goes back",
                           std::numeric_limits<int32_t>::max()));
  }
  if (args.size() < 3) return {};
  if (has_over(args[2]))
    return script_.refuse(args[2].location(), "window function calls cannot be nested");
  ExpressionBinder binder(script_, catalog_, scope_, "lag");
  const ExprPtr fallback = TRY(binder.bind(args[2]));
  Result<ExprPtr> cast = make_cast(fallback, call.argument->type, CastKind::kImplicit);
  if (!cast.ok()) {
    const Result<Type> type = common_type({call.argument->type, fallback->type});
    if (!type.ok()) return script_.refuse(args[2].location(), type.error().message);
    cast = make_cast(fallback, *type, CastKind::kImplicit);
    const Result<ExprPtr> value = make_cast(call.argument, *type, CastKind::kImplicit);
    if (!cast.ok()) return script_.refuse(args[2].location(), cast.error().message);
    if (!value.ok()) return script_.refuse(args[0].location(), value.error().message);
    call.argument = *value;
  }
  call.fallback = *cast;
  return {};
}

std::vector<std::string> OverCalls::event_times() const {
  std::vector<std::string> names;
  for (const RelationColumn& column : input_.columns) {
    if (is_event_time(input_, *column.expr)) names.push_back(column.name);
  }
  return names;
}

bool OverCalls::is_window_column(const Expr& expr) const {
  const auto is = [&](const ExprPtr& column) {
    return column != nullptr && same_expr(*column, expr);
  };
  return window_ && (is(window_->start) || is(window_->time) || is(window_->last));
}

bool OverCalls::parts_by_window(const OverWindow& window) const {
  const auto has = [&](const ExprPtr& column) {
    return std::any_of(window.partition.begin(), window.partition.end(),
                       [&](const ExprPtr& expr) { return same_expr(*expr, *column); });
  };
  return window_ && has(window_->start) && has(window_->time);
}

bool OverCalls::numbers_windows(const Step& step) const {
  return step.only_numbers && !step.window.by_log && parts_by_window(step.window);
}

bool OverCalls::goes_by_time(const OverWindow& window) const {
  return window.order.size() == 1 && !window.order.front().descending &&
         is_event_time(input_, *window.order.front().expr);
}

bool OverCalls::numbers_rows(const Step& step) const {
  return step.only_row_numbers && !step.window.by_log && !parts_by_window(step.window) &&
         !goes_by_time(step.window);
}

Status OverCalls::check_order(const OverWindow& window, bool numbers, bool is_row_number) const {
  if (window.by_log) return {};
  if (window.order.empty()) {
    const std::vector<std::string> times = event_times();
    return script_.refuse(
        window.location,
        fmt::format("OVER needs an order here: ORDER BY {}, or ORDER BY log_order()",
                    times.empty() ? "an event-time column" : times.front()));
  }
  if (numbers && parts_by_window(window)) return {};
  if (is_row_number) return {};  // The first ones by any order, if somebody asks for no others.
  return goes_by_time(window) ? Status() : refuse_order(window);
}

Error OverCalls::refuse_order(const OverWindow& window) const {
  const OverSort& first = window.order.front();
  const auto refuse = [&](const std::string& what) {
    return script_.refuse(window.location, what);
  };
  if (is_event_time(input_, *first.expr) && first.descending) {
    return refuse(
        "OVER goes forward in time: the newest row first is for row_number() with WHERE n <= 10 "
        "around it; leave out DESC, or number the rows of a window, with PARTITION BY "
        "window_start, window_end");
  }
  if (is_event_time(input_, *first.expr)) {
    return refuse(
        "OVER orders by the event-time column alone: of rows of equal time the earlier in the log "
        "goes first");
  }
  std::string by = "log_order()";
  for (const std::string& name : event_times()) by = name + " or " + by;
  return refuse(fmt::format(
      "OVER orders rows as they come in time: ORDER BY {}; any other order is for row_number with "
      "WHERE n <= 10 around it, and for row_number, rank and dense_rank inside a window, with "
      "PARTITION BY window_start, window_end",
      by));
}

Result<size_t> OverCalls::find_step(const OverWindow& window, OverFunction function) {
  if (!steps_.empty() && !same_order(steps_.front().window, window)) {
    return script_.refuse(window.location,
                          "a SELECT has one order for all of its OVER: put the other one into a "
                          "view or a subquery of its own");
  }
  size_t step = 0;
  while (step < steps_.size() && !same_partition(steps_[step].window, window)) ++step;
  if (step == steps_.size()) steps_.push_back({.window = window});
  steps_[step].only_numbers &= is_number(function);
  steps_[step].only_row_numbers &= function == OverFunction::kRowNumber;
  return step;
}

Result<ExprPtr> OverCalls::only_event_time(size_t location) const {
  ExprPtr found;
  for (const RelationColumn& column : input_.columns) {
    if (!is_event_time(input_, *column.expr)) continue;
    if (found != nullptr && !same_expr(*found, *column.expr)) {
      return script_.refuse(
          location,
          fmt::format("a RANGE in the order of the log goes by the event-time column, and "
                      "there is more than one, {}: read a subquery with only one of them",
                      fmt::join(event_times(), ", ")));
    }
    found = column.expr;
  }
  if (found != nullptr) return found;
  return script_.refuse(location,
                        "a RANGE needs an event-time column, and there is none here: write ROWS, "
                        "or set event_time at the table and hand the column on as it is");
}

Status OverCalls::add_inputs(StepInput& inputs) {
  for (Step& step : steps_) {
    for (size_t i = 0; i < step.window.partition.size(); ++i) {
      inputs.add_named(step.window.partition[i], step.window.names[i]);
    }
    if (numbers_windows(step)) {
      inputs.add_named(window_->start, "");
      inputs.add_named(window_->time, "");
      if (window_->last != nullptr) inputs.add_named(window_->last, "");
      for (const OverSort& sort : step.window.order) inputs.add_named(sort.expr, "sort");
    } else if (numbers_rows(step)) {
      for (const OverSort& sort : step.window.order) inputs.add_named(sort.expr, "sort");
    } else if (!step.window.by_log) {
      if (!goes_by_time(step.window)) return refuse_order(step.window);
      step.time = step.window.order.front().expr;
    } else if (step.has_range) {
      step.time = TRY(only_event_time(step.window.location));
    }
    if (step.time != nullptr) inputs.add_named(step.time, "");
    if (step.time == nullptr && step.window.by_log) add_life(inputs);
  }
  for (Call& call : calls_) {
    if (call.argument != nullptr) call.spec.argument = inputs.add_named(call.argument, "value");
    if (call.filter != nullptr) call.spec.filter = inputs.add_named(call.filter, "condition");
    if (call.fallback != nullptr) call.spec.fallback = inputs.add_named(call.fallback, "fallback");
  }
  return {};
}

// The event time that state_ttl goes by, although the order needs none.
void OverCalls::add_life(StepInput& inputs) const {
  for (size_t i = 0; i < input_.base->fields.size(); ++i) {
    const Field& field = input_.base->fields[i];
    if (!field.event_time) continue;
    inputs.add_named(make_column(i, field.type), "");
    return;
  }
}

Result<Relation> OverCalls::build(const std::string& owner, std::vector<RelationColumn> columns) {
  CHECK(!calls_.empty());
  TRY(check_late(script_, input_.policy, steps_.front().window.location));
  const size_t width = input_.base->fields.size();
  StepInput inputs(input_);
  for (const RelationColumn& column : columns) inputs.add_columns_of(column.expr, width);
  TRY(add_inputs(inputs));
  if (inputs.empty()) inputs.add_named(make_column(0, input_.base->fields[0].type), "");

  std::vector<std::string> ids;
  for (const Step& step : steps_) {
    ids.push_back(fmt::format("{}.over({})", owner, fmt::join(step.window.names, ",")));
  }
  const StepInput::Built input =
      inputs.build(graph_, {.id = ids.front() + ".input", .keeps_rows = true});
  VertexIndex vertex = input.vertex;
  const OverWindow& window = steps_.front().window;
  if (!window.by_log) {
    TRY(check_can_wait(script_, *graph_.schema(vertex), window.location));
  }
  places_.assign(calls_.size(), 0);
  for (size_t step = 0; step < steps_.size(); ++step) {
    if (numbers_windows(steps_[step])) {
      vertex = add_rank(step, ids[step], inputs, input, vertex);
    } else if (numbers_rows(steps_[step])) {
      vertex = add_top(step, ids[step], inputs, input, vertex);
    } else {
      TRY(check_appends(steps_[step].window, vertex));
      vertex = add_over(step, ids[step], inputs, input, vertex);
    }
  }
  Relation result = relation_of(graph_, vertex, input_.policy);
  result.base = without_needless_nulls(input, vertex);
  for (RelationColumn& column : columns) column.expr = inputs.above(column.expr, input, places_);
  result.columns = std::move(columns);
  return result;
}

VertexIndex OverCalls::add_over(size_t step, const std::string& id, const StepInput& inputs,
                                const StepInput::Built& input, VertexIndex below) {
  const auto column = [&](const ExprPtr& expr) { return input.columns[inputs.place(*expr)]; };
  OverSpec spec;
  const OverWindow& window = steps_[step].window;
  spec.order = window.by_log ? OverOrder::kLog : OverOrder::kEventTime;
  for (const ExprPtr& expr : window.partition) spec.keys.push_back(column(expr));
  if (steps_[step].time != nullptr) spec.time_column = column(steps_[step].time);
  std::set<std::string> taken;
  for (const Field& field : graph_.schema(below)->fields) taken.insert(field.name);
  const size_t first = taken.size();
  for (size_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i].step != step) continue;
    OverCall call = calls_[i].spec;
    std::string name(function_name(call));
    if (calls_[i].argument != nullptr) name += "_" + inputs.name_of(*calls_[i].argument, "value");
    call.name = unique_name(taken, name);
    for (std::optional<size_t>* place : {&call.argument, &call.filter, &call.fallback}) {
      if (*place) *place = input.columns[**place];
    }
    places_[i] = first + spec.calls.size();
    spec.calls.push_back(std::move(call));
  }
  const std::vector<size_t> keys = spec.keys;
  return add_keyed_step(graph_, id, std::move(spec), below, keys, input_.policy).vertex;
}

VertexIndex OverCalls::add_rank(size_t step, const std::string& id, const StepInput& inputs,
                                const StepInput::Built& input, VertexIndex below) {
  const auto column = [&](const ExprPtr& expr) { return input.columns[inputs.place(*expr)]; };
  WindowRankSpec spec;
  spec.window.kind = WindowKind::kGiven;
  spec.window.time_column = column(window_->time);
  spec.window.start_column = column(window_->start);
  if (window_->last != nullptr) spec.window.last_column = column(window_->last);
  const OverWindow& window = steps_[step].window;
  for (const ExprPtr& expr : window.partition) {
    if (!is_window_column(*expr)) spec.partition.push_back(column(expr));
  }
  for (const OverSort& sort : window.order) {
    spec.order.push_back({.column = column(sort.expr),
                          .descending = sort.descending,
                          .nulls_first = sort.nulls_first});
  }
  std::set<std::string> taken;
  for (const Field& field : graph_.schema(below)->fields) taken.insert(field.name);
  const size_t first = taken.size();
  for (size_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i].step != step) continue;
    const RankFunction function = rank_of(calls_[i].spec.function);
    places_[i] = first + spec.ranks.size();
    spec.ranks.push_back({.name = unique_name(taken, std::string(function_name(calls_[i].spec))),
                          .function = function});
  }
  const std::vector<size_t> keys = spec.partition;
  return add_keyed_step(graph_, id, std::move(spec), below, keys, input_.policy).vertex;
}

Status OverCalls::check_appends(const OverWindow& window, VertexIndex below) const {
  if (!graph_.changes(below)) return {};
  return script_.refuse(window.location,
                        "the rows below may change, and OVER goes by the order in which rows come: "
                        "only row_number() with WHERE n <= 10 around it takes rows that change");
}

VertexIndex OverCalls::add_top(size_t step, const std::string& id, const StepInput& inputs,
                               const StepInput::Built& input, VertexIndex below) {
  const auto column = [&](const ExprPtr& expr) { return input.columns[inputs.place(*expr)]; };
  const OverWindow& window = steps_[step].window;
  TopSpec spec;
  for (const ExprPtr& expr : window.partition) spec.partition.push_back(column(expr));
  for (const OverSort& sort : window.order) {
    spec.order.push_back({.column = column(sort.expr),
                          .descending = sort.descending,
                          .nulls_first = sort.nulls_first});
  }
  spec.ties = ties_of(input_, *window.order.front().expr, window.order.front().descending);
  spec.limit = 0;  // limit_ranks finds it, or refuses at this place.
  std::set<std::string> taken;
  for (const Field& field : graph_.schema(below)->fields) taken.insert(field.name);
  const size_t place = taken.size();
  for (size_t i = 0; i < calls_.size(); ++i) {
    if (calls_[i].step == step) places_[i] = place;
  }
  spec.rank = unique_name(taken, "row_number");
  const std::vector<size_t> keys = spec.partition;
  RowPolicy policy = input_.policy;
  policy.late.clear();
  const VertexIndex vertex =
      add_keyed_step(graph_, id, std::move(spec), below, keys, policy).vertex;
  graph_.set_location(vertex, window.location);
  return vertex;
}

// A frame has at least one row, this one.
SchemaPtr OverCalls::without_needless_nulls(const StepInput::Built& input,
                                            VertexIndex vertex) const {
  auto schema = std::make_shared<Schema>(*graph_.schema(vertex));
  for (size_t i = 0; i < calls_.size(); ++i) {
    const OverCall& call = calls_[i].spec;
    if (!call.argument || call.filter || call.function == OverFunction::kLag) continue;
    if (schema->fields[input.columns[*call.argument]].nullable) continue;
    schema->fields[places_[i]].nullable = false;
  }
  return schema;
}

}  // namespace weir
