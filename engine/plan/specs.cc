#include "engine/plan/specs.h"

#include "engine/base/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace weir {
namespace {

Type metadata_type(std::string_view function) {
  if (function == "record_partition") return TypeKind::kInt;
  if (function == "record_offset") return TypeKind::kBigint;
  if (function == "record_time") return TypeKind::kTimestamptz;
  if (function == "record_source") return TypeKind::kText;
  return TypeKind::kBytea;  // record_key, record_header
}

Field side_field(std::string name, TypeKind kind, bool nullable) {
  return {.name = std::move(name), .type = kind, .nullable = nullable, .event_time = false};
}

// The type in which values are added up: wide enough that a sum of any int, bigint or numeric
// column only overflows where its result would.
Type sum_type(const Type& argument) {
  if (argument.kind() == TypeKind::kDouble) return TypeKind::kDouble;
  return Type::numeric(kNumericPrecisionMax, argument.scale());
}

bool is_ordered(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kInt:
    case TypeKind::kBigint:
    case TypeKind::kDouble:
    case TypeKind::kNumeric:
    case TypeKind::kText:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kInterval: return true;
    case TypeKind::kBoolean:
    case TypeKind::kBytea:
    case TypeKind::kComposite:
    case TypeKind::kArray: return false;
  }
  unreachable();
}

std::vector<Field> sum_fields(const AggregateCall& call, const Type& argument) {
  std::vector<Field> fields = {
      {.name = call.name + "/sum", .type = sum_type(argument), .nullable = true}};
  if (argument.kind() != TypeKind::kDouble || call.function == AggregateFunction::kAvg) {
    fields.push_back(side_field(call.name + "/count", TypeKind::kBigint, false));
  }
  if (has_wide_sum(argument)) {
    fields.push_back(side_field(call.name + "/carry", TypeKind::kBigint, false));
  }
  return fields;
}

std::vector<Field> deviation_fields(const AggregateCall& call, const Type& argument) {
  const bool is_double = argument.kind() == TypeKind::kDouble;
  const Type squares = is_double ? Type(TypeKind::kDouble) : Type::numeric(kNumericPrecisionMax, 0);
  return {side_field(call.name + "/count", TypeKind::kBigint, false),
          {.name = call.name + "/sum", .type = sum_type(argument), .nullable = true},
          {.name = call.name + "/squares", .type = squares, .nullable = true}};
}

bool is_plain(const Type& type) {
  return type.kind() != TypeKind::kComposite && type.kind() != TypeKind::kArray;
}

Error no_such_aggregate(AggregateFunction function, const Type& argument, std::string_view takes) {
  return user_error(fmt::format("function {}({}) does not exist: it takes {}",
                                function_name(function), to_text(argument), takes));
}

Result<Type> sum_result(const Type& argument) {
  if (argument.kind() == TypeKind::kInt) return Type(TypeKind::kBigint);
  if (argument.is_number()) return sum_type(argument);
  return no_such_aggregate(AggregateFunction::kSum, argument, "numbers");
}

// Of what divides by the number of values.
Result<Type> average_type(AggregateFunction function, const Type& argument) {
  constexpr int kScaleMin = 6;
  if (argument.kind() == TypeKind::kDouble) return Type(TypeKind::kDouble);
  if (!argument.is_number()) return no_such_aggregate(function, argument, "numbers");
  return Type::numeric(kNumericPrecisionMax, std::max(kScaleMin, argument.scale()));
}

}  // namespace

SchemaPtr dead_letter_schema() {
  static const SchemaPtr schema = std::make_shared<const Schema>(Schema{
      {side_field("raw", TypeKind::kBytea, true), side_field("source", TypeKind::kText, true),
       side_field("part", TypeKind::kText, true), side_field("pos", TypeKind::kBigint, true),
       side_field("stage", TypeKind::kText, false), side_field("reason", TypeKind::kText, false),
       side_field("seen_at", TypeKind::kTimestamptz, false)}});
  return schema;
}

SchemaPtr late_schema() {
  static const SchemaPtr schema = std::make_shared<const Schema>(Schema{
      {side_field("row", TypeKind::kText, false), side_field("source", TypeKind::kText, true),
       side_field("part", TypeKind::kText, true), side_field("pos", TypeKind::kBigint, true),
       side_field("step", TypeKind::kText, false),
       side_field("window_end", TypeKind::kTimestamptz, true),
       side_field("behind", TypeKind::kInterval, true)}});
  return schema;
}

Slices slices_of(const WindowSpec& window) {
  switch (window.kind) {
    case WindowKind::kTumble: return Slices::hop(window.size, window.size, window.offset);
    case WindowKind::kHop: return Slices::hop(window.size, window.slide, window.offset);
    case WindowKind::kCumulate: return Slices::cumulate(window.size, window.slide, window.offset);
    case WindowKind::kSession:
    case WindowKind::kGiven: break;
  }
  unreachable();
}

std::string_view kind_name(const VertexSpec& spec) {
  return std::visit(
      Match{
          [](const SourceSpec&) { return "source"; }, [](const ProjectSpec&) { return "project"; },
          [](const WindowAggregateSpec&) { return "window_aggregate"; },
          [](const AssignWindowSpec&) { return "assign_window"; },
          [](const ProcessingTimeSpec&) { return "processing_time"; },
          [](const WindowRankSpec&) { return "window_rank"; },
          [](const OverSpec&) { return "over"; }, [](const SuppressSpec&) { return "suppress"; },
          [](const IntervalJoinSpec&) { return "interval_join"; },
          [](const WindowJoinSpec&) { return "window_join"; },
          [](const GroupAggregateSpec&) { return "group_aggregate"; },
          [](const TopSpec&) { return "top"; }, [](const EquiJoinSpec&) { return "equi_join"; },
          [](const AsOfJoinSpec&) { return "as_of_join"; }, [](const FoldSpec&) { return "fold"; },
          [](const UnionSpec&) { return "union"; }, [](const SinkSpec&) { return "sink"; }},
      spec);
}

const std::vector<Field>* stated_input(const VertexSpec& spec, Port port) {
  const bool is_left = port == kLeftPort;
  if (const auto* join = std::get_if<IntervalJoinSpec>(&spec)) {
    return is_left ? &join->left.columns : &join->right.columns;
  }
  if (const auto* join = std::get_if<WindowJoinSpec>(&spec)) {
    return is_left ? &join->left.columns : &join->right.columns;
  }
  if (const auto* join = std::get_if<EquiJoinSpec>(&spec)) {
    return is_left ? &join->left.columns : &join->right.columns;
  }
  if (const auto* join = std::get_if<AsOfJoinSpec>(&spec)) {
    return is_left ? &join->left.columns : &join->right.columns;
  }
  if (const auto* all = std::get_if<UnionSpec>(&spec)) return &all->columns;
  if (const auto* sink = std::get_if<SinkSpec>(&spec)) return &sink->columns;
  return nullptr;
}

size_t input_ports(const VertexSpec& spec) {
  if (std::holds_alternative<SourceSpec>(spec)) return 0;
  const bool is_join = std::holds_alternative<IntervalJoinSpec>(spec) ||
                       std::holds_alternative<WindowJoinSpec>(spec) ||
                       std::holds_alternative<EquiJoinSpec>(spec) ||
                       std::holds_alternative<AsOfJoinSpec>(spec);
  return is_join ? 2 : 1;
}

std::string_view port_name(Port port) {
  if (port == kRowsPort) return "rows";
  if (port == kBadPort) return "bad";
  CHECK(port == kLatePort);
  return "late";
}

size_t output_ports(const VertexSpec& spec) {
  size_t ports = 0;
  for (const Port port : {kRowsPort, kBadPort, kLatePort}) {
    if (has_port(spec, port)) ports = port.value() + 1U;
  }
  return ports;
}

bool has_port(const VertexSpec& spec, Port port) {
  const bool computes =
      std::holds_alternative<SourceSpec>(spec) || std::holds_alternative<ProjectSpec>(spec);
  const bool rows_only =
      std::holds_alternative<ProcessingTimeSpec>(spec) || std::holds_alternative<UnionSpec>(spec) ||
      std::holds_alternative<GroupAggregateSpec>(spec) || std::holds_alternative<TopSpec>(spec) ||
      std::holds_alternative<EquiJoinSpec>(spec) || std::holds_alternative<FoldSpec>(spec);
  if (std::holds_alternative<SinkSpec>(spec)) return false;
  if (port == kRowsPort) return true;
  if (port == kBadPort) return computes;
  return port == kLatePort && !computes && !rows_only;
}

bool keeps_position(const VertexSpec& spec) {
  return std::visit(
      Match{[](const SourceSpec&) { return true; }, [](const ProjectSpec&) { return true; },
            [](const WindowAggregateSpec&) { return false; },
            [](const AssignWindowSpec&) { return true; },
            [](const ProcessingTimeSpec&) { return true; },
            [](const WindowRankSpec&) { return false; }, [](const OverSpec&) { return true; },
            [](const SuppressSpec&) { return true; }, [](const IntervalJoinSpec&) { return false; },
            [](const WindowJoinSpec&) { return false; },
            [](const GroupAggregateSpec&) { return false; }, [](const TopSpec&) { return false; },
            [](const EquiJoinSpec&) { return false; }, [](const FoldSpec&) { return false; },
            [](const AsOfJoinSpec&) { return false; }, [](const UnionSpec&) { return true; },
            [](const SinkSpec&) { return false; }},
      spec);
}

bool keeps_watermark(const VertexSpec& spec) {
  if (const auto* source = std::get_if<SourceSpec>(&spec)) return !source->event_time.empty();
  if (const auto* over = std::get_if<OverSpec>(&spec)) return over->order == OverOrder::kLog;
  return std::holds_alternative<ProjectSpec>(spec) ||
         std::holds_alternative<AssignWindowSpec>(spec) || std::holds_alternative<UnionSpec>(spec);
}

bool reads_watermark(const ProjectSpec& spec) {
  return (spec.filter != nullptr && reads_watermark(*spec.filter)) ||
         std::any_of(spec.columns.begin(), spec.columns.end(),
                     [](const NamedExpr& column) { return reads_watermark(*column.expr); });
}

SchemaPtr record_schema(const SourceSpec& spec) {
  Schema schema{spec.payload};
  for (const MetadataSpec& metadata : spec.metadata) {
    std::string name = metadata.function;
    if (!metadata.header.empty()) name += "_" + metadata.header;
    while (schema.find(name)) name += "_";
    schema.fields.push_back({.name = std::move(name),
                             .type = metadata_type(metadata.function),
                             .nullable = true,
                             .event_time = false});
  }
  return std::make_shared<const Schema>(std::move(schema));
}

std::string_view function_name(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::kCountStar:
    case AggregateFunction::kCount: return "count";
    case AggregateFunction::kSum: return "sum";
    case AggregateFunction::kAvg: return "avg";
    case AggregateFunction::kMin: return "min";
    case AggregateFunction::kMax: return "max";
    case AggregateFunction::kBoolAnd: return "bool_and";
    case AggregateFunction::kBoolOr: return "bool_or";
    case AggregateFunction::kStddevSamp: return "stddev_samp";
    case AggregateFunction::kStddevPop: return "stddev_pop";
    case AggregateFunction::kVarSamp: return "var_samp";
    case AggregateFunction::kVarPop: return "var_pop";
    case AggregateFunction::kStringAgg: return "string_agg";
    case AggregateFunction::kApproxCountDistinct: return "approx_count_distinct";
    case AggregateFunction::kApproxPercentile: return "approx_percentile";
    case AggregateFunction::kArrayAgg: return "array_agg";
    case AggregateFunction::kFirstValue: return "first_value";
    case AggregateFunction::kLastValue: return "last_value";
  }
  unreachable();
}

bool ignores_duplicates(AggregateFunction function) {
  switch (function) {
    case AggregateFunction::kMin:
    case AggregateFunction::kMax:
    case AggregateFunction::kBoolAnd:
    case AggregateFunction::kBoolOr:
    case AggregateFunction::kFirstValue:
    case AggregateFunction::kLastValue:
    case AggregateFunction::kApproxCountDistinct: return true;
    case AggregateFunction::kCountStar:
    case AggregateFunction::kCount:
    case AggregateFunction::kSum:
    case AggregateFunction::kAvg:
    case AggregateFunction::kStddevSamp:
    case AggregateFunction::kStddevPop:
    case AggregateFunction::kVarSamp:
    case AggregateFunction::kVarPop:
    case AggregateFunction::kStringAgg:
    case AggregateFunction::kArrayAgg:
    case AggregateFunction::kApproxPercentile: return false;
  }
  unreachable();
}

bool counts(AggregateFunction function) {
  return function == AggregateFunction::kCountStar || function == AggregateFunction::kCount ||
         function == AggregateFunction::kApproxCountDistinct;
}

bool depends_on_order(AggregateFunction function) {
  return function == AggregateFunction::kStringAgg || function == AggregateFunction::kArrayAgg ||
         needs_order(function);
}

bool needs_order(AggregateFunction function) {
  return function == AggregateFunction::kFirstValue || function == AggregateFunction::kLastValue;
}

bool takes_nulls(AggregateFunction function) {
  return function == AggregateFunction::kArrayAgg || needs_order(function);
}

bool has_result_of_one(AggregateFunction function) {
  return function != AggregateFunction::kStddevSamp && function != AggregateFunction::kVarSamp;
}

std::vector<Field> partial_fields(const AggregateCall& call, const Type& argument) {
  CHECK(!call.distinct);
  const Field count = side_field(call.name, TypeKind::kBigint, false);
  Field value{.name = call.name, .type = argument, .nullable = true, .event_time = false};
  switch (call.function) {
    case AggregateFunction::kCountStar:
    case AggregateFunction::kCount: return {count};
    case AggregateFunction::kSum:
    case AggregateFunction::kAvg: return sum_fields(call, argument);
    case AggregateFunction::kMin:
    case AggregateFunction::kMax:
    case AggregateFunction::kBoolAnd:
    case AggregateFunction::kBoolOr: return {value};
    case AggregateFunction::kStddevSamp:
    case AggregateFunction::kStddevPop:
    case AggregateFunction::kVarSamp:
    case AggregateFunction::kVarPop: return deviation_fields(call, argument);
    case AggregateFunction::kStringAgg:
    case AggregateFunction::kArrayAgg:
    case AggregateFunction::kFirstValue:
    case AggregateFunction::kLastValue:
    case AggregateFunction::kApproxCountDistinct:
    case AggregateFunction::kApproxPercentile: value.type = TypeKind::kBytea; return {value};
  }
  unreachable();
}

std::optional<Type> argument_type(const AggregateCall& call, const Schema& input) {
  if (call.source_type || call.function == AggregateFunction::kCountStar) return call.source_type;
  CHECK(call.argument.has_value());
  return input.fields[*call.argument].type;
}

bool has_wide_sum(const Type& argument) {
  constexpr int kNarrowDigitsMax = 18;
  return argument.kind() == TypeKind::kNumeric && argument.precision() > kNarrowDigitsMax;
}

Result<Type> aggregate_type(AggregateFunction function, const std::optional<Type>& argument) {
  if (function == AggregateFunction::kCountStar) return Type(TypeKind::kBigint);
  if (!argument) {
    return user_error(
        fmt::format("{} needs an argument: a column of its input", function_name(function)));
  }
  switch (function) {
    case AggregateFunction::kCountStar:
    case AggregateFunction::kCount: return Type(TypeKind::kBigint);
    case AggregateFunction::kSum: return sum_result(*argument);
    case AggregateFunction::kAvg: return average_type(function, *argument);
    case AggregateFunction::kMin:
    case AggregateFunction::kMax:
      if (is_ordered(*argument)) return *argument;
      return no_such_aggregate(function, *argument, "numbers, text, dates, times and intervals");
    case AggregateFunction::kBoolAnd:
    case AggregateFunction::kBoolOr:
      if (argument->kind() == TypeKind::kBoolean) return *argument;
      return no_such_aggregate(function, *argument, "booleans");
    case AggregateFunction::kStddevSamp:
    case AggregateFunction::kStddevPop:
    case AggregateFunction::kVarSamp:
    case AggregateFunction::kVarPop: return average_type(function, *argument);
    case AggregateFunction::kStringAgg:
      if (argument->kind() == TypeKind::kText) return *argument;
      return no_such_aggregate(function, *argument, "text: cast the argument to text");
    case AggregateFunction::kArrayAgg:
      if (is_plain(*argument)) return Type::array(*argument);
      return no_such_aggregate(function, *argument, "a field of it");
    case AggregateFunction::kFirstValue:
    case AggregateFunction::kLastValue:
      if (is_plain(*argument)) return *argument;
      return no_such_aggregate(function, *argument, "a field of it");
    case AggregateFunction::kApproxCountDistinct:
      if (is_plain(*argument)) return Type(TypeKind::kBigint);
      return no_such_aggregate(function, *argument, "a field of it");
    case AggregateFunction::kApproxPercentile:
      if (argument->is_number()) return Type(TypeKind::kDouble);
      return no_such_aggregate(function, *argument, "numbers");
  }
  unreachable();
}

Result<Type> call_type(const AggregateCall& call, const Schema& input) {
  std::optional<Type> argument;
  if (call.argument) argument = input.fields[*call.argument].type;
  return aggregate_type(call.function, argument);
}

Result<Type> call_type(const OverCall& call, const Schema& input) {
  std::optional<Type> argument;
  if (call.argument) argument = input.fields[*call.argument].type;
  switch (call.function) {
    case OverFunction::kAggregate: return aggregate_type(call.aggregate, argument);
    case OverFunction::kRowNumber:
    case OverFunction::kRank:
    case OverFunction::kDenseRank: return Type(TypeKind::kBigint);
    case OverFunction::kLag:
    case OverFunction::kFirstValue:
    case OverFunction::kLastValue:
      if (argument) return *argument;
      return user_error("it needs an argument: a column of its input");
  }
  unreachable();
}

Status check_parameters(const AggregateCall& call) {
  const std::string_view name = function_name(call.function);
  if (call.function == AggregateFunction::kApproxPercentile) {
    const Result<double> fraction = fraction_of(call);
    if (!fraction.ok()) return fraction.error();
  } else if (call.function != AggregateFunction::kStringAgg && !call.parameter.empty()) {
    return user_error(fmt::format("{} has no parameter: leave it out", name));
  }
  return {};
}

Status check_order(AggregateFunction function, bool has_order) {
  const std::string_view name = function_name(function);
  if (has_order && !depends_on_order(function)) {
    return user_error(
        fmt::format("the result of {} does not depend on order: leave out ORDER BY", name));
  }
  if (!has_order && needs_order(function)) {
    return user_error(
        fmt::format("{} needs an order, lest its result depend on chance: write {}(x ORDER BY ..)",
                    name, name));
  }
  return {};
}

Result<double> fraction_of(const AggregateCall& call) {
  const char* end = call.parameter.data() + call.parameter.size();
  double fraction = 0;
  const auto [rest, error] = std::from_chars(call.parameter.data(), end, fraction);
  if (error == std::errc() && rest == end && fraction >= 0 && fraction <= 1) return fraction;
  return user_error(
      fmt::format("percentile value {} is not between 0 and 1",
                  call.parameter.empty() ? std::string_view("(none)") : call.parameter));
}

}  // namespace weir
