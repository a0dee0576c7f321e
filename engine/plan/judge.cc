#include "engine/plan/judge.h"

#include "engine/base/match.h"

#include <algorithm>
#include <set>

namespace weir {
namespace {

template <typename Named>
std::vector<std::string> names_of(const std::vector<Named>& columns) {
  std::vector<std::string> names;
  for (const Named& column : columns) names.push_back(column.name);
  return names;
}

// Whether it is neither a composite nor an array.
bool is_plain(const Type& type) {
  return type.kind() != TypeKind::kComposite && type.kind() != TypeKind::kArray;
}

}  // namespace

Status Judge::has_column(size_t column, const Schema& schema, std::string_view role) const {
  if (column < schema.fields.size()) return {};
  return refuse("{} is column {}, but its input has {} columns: count from 0", role, column,
                schema.fields.size());
}

Status Judge::distinct_names(const std::vector<std::string>& names) const {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (name.empty()) return refuse("a column has no name: give it one");
    if (!seen.insert(name).second) {
      return refuse("two columns are called \"{}\": give one of them another name", name);
    }
  }
  return {};
}

Status Judge::fits(const ExprPtr& expr, const Schema& schema, std::string_view role) const {
  if (expr == nullptr) return refuse("{} has no expression: write one", role);
  if (expr->kind == ExprKind::kColumn) {
    TRY(has_column(expr->index, schema, role));
    const Field& field = schema.fields[expr->index];
    if (field.type == expr->type) return {};
    return refuse("{} takes column \"{}\" for {}, but it is {}: build it over this input", role,
                  field.name, to_text(expr->type), to_text(field.type));
  }
  for (const ExprPtr& arg : expr->args) TRY(fits(arg, schema, role));
  return {};
}

Status Judge::condition(const ExprPtr& expr, const Schema& schema, std::string_view role) const {
  TRY(fits(expr, schema, role));
  if (expr->type.kind() == TypeKind::kBoolean) return {};
  return refuse("{} is of type {}, not boolean: compare it with something", role,
                to_text(expr->type));
}

Status Judge::no_watermark(const Expr& expr, std::string_view role) const {
  if (!reads_watermark(expr)) return {};
  return refuse("{} asks for current_watermark(), which only a projection can", role);
}

Status Judge::tells_apart(size_t column, const Schema& schema, std::string_view role) const {
  TRY(has_column(column, schema, role));
  const Field& field = schema.fields[column];
  return field.type.has_composite() ? no_key(field, role) : Status();
}

Status Judge::key(size_t column, const Schema& schema, std::string_view role) const {
  TRY(has_column(column, schema, role));
  const Field& field = schema.fields[column];
  return is_plain(field.type) ? Status() : no_key(field, role);
}

Status Judge::no_key(const Field& field, std::string_view role) const {
  return refuse("{} is column \"{}\" of type {}, which cannot be a key: use its parts", role,
                field.name, to_text(field.type));
}

Status Judge::same_columns(const std::vector<Field>& own, const Schema& input,
                           std::string_view from) const {
  if (own.size() != input.fields.size()) {
    return refuse("it has {} columns, but \"{}\" gives {}: project them first", own.size(), from,
                  input.fields.size());
  }
  for (size_t i = 0; i < own.size(); ++i) {
    const Field& given = input.fields[i];
    if (own[i].name == given.name && own[i].type == given.type) continue;
    return refuse("column {} is \"{}\" {}, but \"{}\" gives \"{}\" {}: project it first", i + 1,
                  own[i].name, to_text(own[i].type), from, given.name, to_text(given.type));
  }
  return {};
}

Status Judge::not_negative(int64_t micros, std::string_view name) const {
  if (micros >= 0) return {};
  return refuse("{} is negative: {} us", name, micros);
}

Status Judge::made_names(const VertexSpec& spec, const Schema& input) const {
  return distinct_names(
      names_of(output_schema(spec, kRowsPort, std::make_shared<Schema>(input))->fields));
}

Status Judge::metadata(const SourceSpec& spec) const {
  const std::vector<std::string> known = {"record_partition", "record_offset", "record_time",
                                          "record_key",       "record_header", "record_source"};
  for (const MetadataSpec& each : spec.metadata) {
    if (std::find(known.begin(), known.end(), each.function) == known.end()) {
      return refuse("metadata function \"{}\" does not exist{}", each.function,
                    did_you_mean(each.function, known));
    }
    if ((each.function == "record_header") == each.header.empty()) {
      return refuse("\"header\" names the header of record_header, and belongs to nothing else");
    }
  }
  return {};
}

Status Judge::source_names(const SourceSpec& spec, const Schema& table) const {
  const std::vector<std::string> names = names_of(table.fields);
  for (const std::string& name : spec.not_null) {
    if (table.find(name)) continue;
    return refuse("column \"{}\" of not_null does not exist{}", name, did_you_mean(name, names));
  }
  if (spec.event_time.empty()) return {};
  const std::optional<size_t> column = table.find(spec.event_time);
  if (!column) {
    return refuse("event-time column \"{}\" does not exist{}", spec.event_time,
                  did_you_mean(spec.event_time, names));
  }
  const Type& type = table.fields[*column].type;
  if (type.is_time()) return {};
  return refuse("event-time column \"{}\" is of type {}: it must be timestamp or timestamptz",
                spec.event_time, to_text(type));
}

Status Judge::source(const SourceSpec& spec) const {
  if (spec.table.empty()) return refuse("the table has no name: give it one");
  if (spec.connector.empty()) return refuse("no connector is given: name one, such as \"kafka\"");
  TRY(metadata(spec));
  TRY(distinct_names(names_of(spec.payload)));
  TRY(distinct_names(names_of(spec.columns)));
  if (spec.columns.empty()) return refuse("the table has no columns: declare some");
  const SchemaPtr record = record_schema(spec);
  for (const NamedExpr& column : spec.columns) {
    TRY(fits(column.expr, *record, column.name));
    TRY(no_watermark(*column.expr, column.name));
  }
  const SchemaPtr table = output_schema(spec, kRowsPort, nullptr);
  TRY(source_names(spec, *table));
  for (const Constraint& constraint : spec.constraints) {
    const std::string role = fmt::format("constraint {}", constraint.name);
    TRY(condition(constraint.condition, *table, role));
    TRY(no_watermark(*constraint.condition, role));
  }
  TRY(not_negative(spec.watermark_delay, "watermark_delay"));
  TRY(not_negative(spec.max_future.value_or(0), "max_future"));
  if (spec.idle_timeout.value_or(1) <= 0) return refuse("idle_timeout must be above 0");
  if (spec.when_quiet == WhenQuiet::kAdvance && !spec.idle_timeout.has_value()) {
    return refuse(
        "when_quiet = \"advance\" needs an idle_timeout, which says when a split is quiet: add "
        "one");
  }
  return {};
}

Status Judge::project(const ProjectSpec& spec, const Schema& input) const {
  if (spec.columns.empty()) return refuse("no columns are computed: name at least one");
  TRY(distinct_names(names_of(spec.columns)));
  if (spec.filter != nullptr) TRY(condition(spec.filter, input, "the filter"));
  for (const NamedExpr& column : spec.columns) {
    TRY(fits(column.expr, input, fmt::format("column \"{}\"", column.name)));
  }
  return {};
}

Status Judge::event_time(size_t column, const Schema& input, std::string_view what) const {
  TRY(has_column(column, input, "the time column"));
  const Field& time = input.fields[column];
  if (time.event_time) return {};
  return refuse(
      "{} over \"{}\" needs an event-time column: set event_time at the source and hand the column "
      "on "
      "as it is",
      what, time.name);
}

Status Judge::window_times(const WindowSpec& spec, const Schema& input) const {
  TRY(event_time(spec.time_column, input, "a window"));
  if (spec.kind == WindowKind::kGiven) {
    if (!spec.start_column) {
      return refuse("a given window needs \"start\": the column with window_start");
    }
    return has_column(*spec.start_column, input, "the start of the window");
  }
  if (spec.size <= 0) return refuse("the size of the window must be longer than nothing");
  const bool slides = spec.kind == WindowKind::kHop || spec.kind == WindowKind::kCumulate;
  if (slides && spec.slide <= 0) {
    return refuse("the slide of the window must be longer than nothing");
  }
  if (slides && spec.slide > spec.size) {
    return refuse("the slide of the window is longer than its size: rows between would be lost");
  }
  if (spec.kind == WindowKind::kCumulate && spec.size % spec.slide != 0) {
    return refuse("the size of the window must be a multiple of its step");
  }
  if (spec.offset <= -spec.size || spec.offset >= spec.size) {
    return refuse("the offset of the window must be shorter than its size");
  }
  return {};
}

Status Judge::assign(const AssignWindowSpec& spec, const Schema& input) const {
  if (spec.window.kind == WindowKind::kSession || spec.window.kind == WindowKind::kGiven) {
    return refuse("the windows of single rows are of kind tumble, hop or cumulate");
  }
  TRY(window_times(spec.window, input));
  return made_names(spec, input);
}

Status Judge::rank(const WindowRankSpec& spec, const Schema& input) const {
  if (spec.window.kind != WindowKind::kGiven) {
    return refuse("its window must be of kind given: put an assign_window before it");
  }
  TRY(window_times(spec.window, input));
  for (const size_t column : spec.partition) TRY(key(column, input, "a partition column"));
  if (spec.order.empty()) return refuse("rows are numbered in an order: give \"order\"");
  for (const SortKey& sort : spec.order) TRY(key(sort.column, input, "a sort column"));
  if (spec.ranks.empty()) return refuse("nothing is numbered: give \"ranks\"");
  TRY(without_composites(input));
  if (spec.limit.value_or(1) == 0) return refuse("limit 0 passes nothing: ranks begin at 1");
  return made_names(spec, input);
}

Status Judge::filter(const std::optional<size_t>& column, const std::string& of,
                     const Schema& input) const {
  if (!column) return {};
  TRY(has_column(*column, input, fmt::format("the filter of \"{}\"", of)));
  const Field& field = input.fields[*column];
  if (field.type.kind() == TypeKind::kBoolean) return {};
  return refuse("the filter of \"{}\" is column \"{}\" of type {}: it must be boolean", of,
                field.name, to_text(field.type));
}

Status Judge::can_wait(const Schema& input) const {
  for (const Field& field : input.fields) {
    if (!field.type.has_composite()) continue;
    return refuse(
        "its rows wait for the watermark, but column \"{}\" of type {} cannot: select its "
        "fields first",
        field.name, to_text(field.type));
  }
  return {};
}

Status Judge::over_call(const OverCall& call, const Schema& input) const {
  if (call.function == OverFunction::kAggregate) {
    const Status parameters =
        check_parameters({.function = call.aggregate, .parameter = call.parameter});
    if (!parameters.ok()) return refuse("\"{}\": {}", call.name, parameters.error().message);
    if (needs_order(call.aggregate)) {
      return refuse("\"{}\": {} is no aggregate here: give it as its function", call.name,
                    function_name(call.aggregate));
    }
  }
  const std::string role = fmt::format("the argument of \"{}\"", call.name);
  if (call.argument) TRY(has_column(*call.argument, input, role));
  const Result<Type> type = call_type(call, input);
  if (!type.ok()) return refuse("\"{}\": {}", call.name, type.error().message);
  if (call.type != *type) {
    return refuse("\"{}\" is of type {}, not {}: cast it in a later step", call.name,
                  to_text(*type), to_text(call.type));
  }
  if (call.function != OverFunction::kAggregate && !is_plain(call.type)) {
    return refuse("\"{}\" is of type {}, which is not kept: select its fields first", call.name,
                  to_text(call.type));
  }
  TRY(filter(call.filter, call.name, input));
  TRY(not_negative(call.range.value_or(0), fmt::format("the range of \"{}\"", call.name)));
  if (!call.fallback) return {};
  TRY(has_column(*call.fallback, input, fmt::format("the fallback of \"{}\"", call.name)));
  if (input.fields[*call.fallback].type == call.type) return {};
  return refuse("the fallback of \"{}\" is of another type than its argument", call.name);
}

Status Judge::over(const OverSpec& spec, const Schema& input) const {
  for (const size_t column : spec.keys) TRY(key(column, input, "a key"));
  if (spec.calls.empty()) return refuse("nothing is computed: give \"calls\"");
  bool needs_time = spec.order == OverOrder::kEventTime;
  for (const OverCall& call : spec.calls) {
    TRY(over_call(call, input));
    needs_time |= call.range.has_value();
  }
  if (needs_time && !spec.time_column) {
    return refuse("rows in order of time, and ranges, need \"time\": an event-time column");
  }
  if (spec.time_column) TRY(event_time(*spec.time_column, input, "OVER"));
  if (spec.order == OverOrder::kEventTime) TRY(can_wait(input));
  return made_names(spec, input);
}

Status Judge::suppress(const SuppressSpec& spec, const Schema& input) const {
  for (const size_t column : spec.keys) TRY(key(column, input, "a key"));
  TRY(event_time(spec.time_column, input, "suppress"));
  TRY(can_wait(input));
  if (spec.interval.value_or(1) > 0) return {};
  return refuse("the interval must be longer than nothing");
}

Status Judge::without_composites(const Schema& input) const {
  for (const Field& field : input.fields) {
    if (!field.type.has_composite()) continue;
    return refuse("column \"{}\" of type {} cannot wait for other rows: project its parts before",
                  field.name, to_text(field.type));
  }
  return {};
}

Status Judge::side(const JoinSide& side, std::string_view name) const {
  const Schema schema{side.columns};
  TRY(distinct_names(names_of(side.columns)));
  TRY(without_composites(schema));
  for (const size_t column : side.keys) {
    TRY(key(column, schema, fmt::format("a key of the {} side", name)));
  }
  return event_time(side.time, schema, "a join");
}

template <typename JoinSpec>
Status Judge::join(const JoinSpec& spec) const {
  TRY(side(spec.left, "left"));
  TRY(side(spec.right, "right"));
  if (spec.left.keys.size() != spec.right.keys.size()) {
    return refuse("its sides have {} and {} keys: they are compared pairwise",
                  spec.left.keys.size(), spec.right.keys.size());
  }
  for (size_t i = 0; i < spec.left.keys.size(); ++i) {
    const Field& left = spec.left.columns[spec.left.keys[i]];
    const Field& right = spec.right.columns[spec.right.keys[i]];
    if (left.type == right.type) continue;
    return refuse("keys \"{}\" {} and \"{}\" {} are of different types: cast one of them before",
                  left.name, to_text(left.type), right.name, to_text(right.type));
  }
  const SchemaPtr joined = output_schema(spec, kRowsPort, nullptr);
  TRY(distinct_names(names_of(joined->fields)));
  if (spec.condition == nullptr) return {};
  TRY(condition(spec.condition, *joined, "the condition"));
  return no_watermark(*spec.condition, "the condition");
}

Status Judge::interval_join(const IntervalJoinSpec& spec) const {
  TRY(join(spec));
  if (spec.lower <= spec.upper) return {};
  return refuse("lower is above upper, so nothing would match");
}

Status Judge::aggregate(const AggregateCall& call, const Schema& input) const {
  const std::string role = fmt::format("the argument of \"{}\"", call.name);
  std::optional<Type> argument;
  if (call.function == AggregateFunction::kCountStar) {
    if (call.argument) return refuse("\"{}\" counts rows and takes no argument", call.name);
    if (call.distinct) return refuse("\"{}\" counts rows, which are never the same", call.name);
  } else if (call.argument) {
    TRY(has_column(*call.argument, input, role));
    argument = input.fields[*call.argument].type;
  }
  const Status parameters = check_parameters(call);
  if (!parameters.ok()) return refuse("\"{}\": {}", call.name, parameters.error().message);
  const Status order = check_order(call.function, !call.order.empty());
  if (!order.ok()) return refuse("\"{}\": {}", call.name, order.error().message);
  for (const SortKey& each : call.order) TRY(key(each.column, input, "a key of ORDER BY"));
  if (call.distinct) TRY(key(*call.argument, input, role));
  const Result<Type> type = aggregate_type(call.function, argument);
  if (!type.ok()) return refuse("\"{}\": {}", call.name, type.error().message);
  if (call.type != *type) {
    return refuse("\"{}\" is of type {}, not {}: cast it in a later step", call.name,
                  to_text(*type), to_text(call.type));
  }
  return filter(call.filter, call.name, input);
}

Status Judge::window(const WindowAggregateSpec& spec, const Schema& input) const {
  if (spec.phase != AggregatePhase::kWhole) {
    return refuse("its phase must be \"whole\": the planner makes the others");
  }
  TRY(window_times(spec.window, input));
  const bool has_distinct = std::any_of(spec.aggregates.begin(), spec.aggregates.end(),
                                        [](const AggregateCall& call) { return call.distinct; });
  if (has_distinct && spec.window.overlaps()) {
    return refuse(
        "DISTINCT aggregates cannot share slices: put an assign_window before it and make its "
        "window "
        "given");
  }
  for (const size_t column : spec.keys) TRY(key(column, input, "a key"));
  for (const AggregateCall& call : spec.aggregates) TRY(aggregate(call, input));
  return made_names(spec, input);
}

Status Judge::sink(const SinkSpec& spec) const {
  if (spec.table.empty()) return refuse("the table has no name: give it one");
  if (spec.connector.empty()) return refuse("no connector is given: name one, such as \"print\"");
  if (spec.envelope == Envelope::kUpsert && spec.primary_key.empty()) {
    return refuse("envelope upsert needs a key: give \"primary_key\"");
  }
  const std::vector<std::string> names = names_of(spec.columns);
  TRY(distinct_names(names));
  for (const std::string& key : spec.primary_key) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    return refuse("column \"{}\" of the primary key does not exist{}", key,
                  did_you_mean(key, names));
  }
  return {};
}

Status Judge::group(const GroupAggregateSpec& spec, const Schema& input) const {
  for (const size_t column : spec.keys) TRY(key(column, input, "a key"));
  for (const AggregateCall& call : spec.aggregates) TRY(aggregate(call, input));
  if (spec.keys.empty() && spec.aggregates.empty()) {
    return refuse("nothing is computed: give \"keys\" or \"aggregates\"");
  }
  return made_names(spec, input);
}

Status Judge::top(const TopSpec& spec, const Schema& input) const {
  for (const size_t column : spec.partition) TRY(key(column, input, "a partition column"));
  for (const SortKey& sort : spec.order) TRY(key(sort.column, input, "a sort column"));
  TRY(without_composites(input));
  if (spec.limit == 0) return refuse("limit 0 passes nothing: numbers begin at 1");
  return made_names(spec, input);
}

Status Judge::equi_side(const EquiSide& side, std::string_view name) const {
  const Schema schema{side.columns};
  TRY(distinct_names(names_of(side.columns)));
  TRY(without_composites(schema));
  for (const size_t column : side.keys) {
    TRY(key(column, schema, fmt::format("a key of the {} side", name)));
  }
  return {};
}

Status Judge::same_keys(const EquiSide& left, const EquiSide& right) const {
  if (left.keys.size() != right.keys.size()) {
    return refuse("its sides have {} and {} keys: they are compared pairwise", left.keys.size(),
                  right.keys.size());
  }
  for (size_t i = 0; i < left.keys.size(); ++i) {
    const Field& a = left.columns[left.keys[i]];
    const Field& b = right.columns[right.keys[i]];
    if (a.type == b.type) continue;
    return refuse("keys \"{}\" {} and \"{}\" {} are of different types: cast one of them before",
                  a.name, to_text(a.type), b.name, to_text(b.type));
  }
  return {};
}

Status Judge::equi_join(const EquiJoinSpec& spec) const {
  TRY(equi_side(spec.left, "left"));
  TRY(equi_side(spec.right, "right"));
  TRY(same_keys(spec.left, spec.right));
  const SchemaPtr joined = output_schema(spec, kRowsPort, nullptr);
  TRY(distinct_names(names_of(joined->fields)));
  if (spec.condition == nullptr) return {};
  TRY(condition(spec.condition, *joined, "the condition"));
  return no_watermark(*spec.condition, "the condition");
}

Status Judge::as_of_join(const AsOfJoinSpec& spec) const {
  TRY(join(spec));
  if (spec.type == JoinType::kInner || spec.type == JoinType::kLeft) return {};
  return refuse("a join with versions is inner or left");
}

Status Judge::fold(const FoldSpec& spec, const Schema& input) const {
  for (const size_t column : spec.keys) TRY(tells_apart(column, input, "a key"));
  return without_composites(input);
}

Status Judge::all(const UnionSpec& spec) const {
  if (spec.columns.empty()) return refuse("no columns are named: name those of its inputs");
  return distinct_names(names_of(spec.columns));
}

Status Judge::step(const VertexSpec& spec, const SchemaPtr& input) const {
  return std::visit(
      Match{[&](const SourceSpec& source) { return this->source(source); },
            [&](const ProjectSpec& project) { return this->project(project, *input); },
            [&](const WindowAggregateSpec& window) { return this->window(window, *input); },
            [&](const AssignWindowSpec& assign) { return this->assign(assign, *input); },
            [&](const ProcessingTimeSpec& clock) { return made_names(clock, *input); },
            [&](const WindowRankSpec& rank) { return this->rank(rank, *input); },
            [&](const OverSpec& over) { return this->over(over, *input); },
            [&](const SuppressSpec& suppress) { return this->suppress(suppress, *input); },
            [&](const IntervalJoinSpec& join) { return interval_join(join); },
            [&](const WindowJoinSpec& join) { return this->join(join); },
            [&](const GroupAggregateSpec& group) { return this->group(group, *input); },
            [&](const TopSpec& top) { return this->top(top, *input); },
            [&](const EquiJoinSpec& join) { return equi_join(join); },
            [&](const AsOfJoinSpec& join) { return as_of_join(join); },
            [&](const FoldSpec& fold) { return this->fold(fold, *input); },
            [&](const UnionSpec& all) { return this->all(all); },
            [&](const SinkSpec& sink) { return this->sink(sink); }},
      spec);
}

Status validate_step(const Vertex& vertex, const SchemaPtr& input) {
  return Judge(vertex.id).step(vertex.spec, input);
}

}  // namespace weir
