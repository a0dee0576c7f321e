#include "engine/plan/step_text.h"

#include "engine/base/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace weir {
namespace {

std::string list(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string option_of(const OptionMap& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

std::string place_text(const std::string& connector, const OptionMap& options) {
  if (connector == "kafka") {
    return fmt::format("topic {} of {}", option_of(options, "topic"),
                       option_of(options, "brokers"));
  }
  if (connector == "file") return option_of(options, "path");
  if (connector == "generator") {
    return fmt::format("the generated data set {}", option_of(options, "dataset"));
  }
  if (connector == "print") return "standard output";
  if (connector == "blackhole") return "nowhere: rows are only counted";
  return connector;
}

// "b.price, b.bidder": the fields inside a composite that are read, or the column itself.
void add_needed(const NeededField& needed, const std::string& name, const Type& type,
                std::vector<std::string>& out) {
  if (!needed.needed) return;
  if (needed.fields.empty()) {
    out.push_back(name);
    return;
  }
  const std::vector<Field>& fields = type.fields().fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    add_needed(needed.fields[i], name + "." + fields[i].name, fields[i].type, out);
  }
}

// Behind the quotes that end at `from`: how long the type of a constant is that readers can do
// without.
size_t plain_cast_length(std::string_view text, size_t from, bool number) {
  constexpr std::string_view kNumbers[] = {"::bigint", "::integer", "::double precision"};
  const std::string_view rest = text.substr(from);
  if (rest.starts_with("::text")) return 6;
  if (!number) return 0;
  for (const std::string_view cast : kNumbers) {
    if (rest.starts_with(cast)) return cast.size();
  }
  return rest.starts_with("::numeric(") ? rest.find(')') + 1 : 0;
}

// For people: 5 and 'abc' instead of '5'::numeric(10,0) and 'abc'::text, and no parentheses around
// it all. to_text is for reading back, so it says more.
std::string expr_text(const Expr& expr, const Schema& input) {
  const std::string text = to_text(expr, input);
  std::string out;
  size_t depth = 0;
  bool wrapped = text.front() == '(' && text.back() == ')';
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c != '\'' && c != '"') {
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0 && at + 1 < text.size()) wrapped = false;
      out += c;
      ++at;
      continue;
    }
    // A doubled quote ends one piece and begins the next, which comes to the same.
    const size_t end = std::min(text.find(c, at + 1), text.size() - 1) + 1;
    const std::string piece = text.substr(at, end - at);
    const std::string inside = piece.substr(1, piece.size() - 2);
    const bool number =
        !inside.empty() && inside.find_first_not_of("0123456789.-") == std::string::npos;
    const size_t cast = c == '"' ? 0 : plain_cast_length(text, end, number);
    const bool bare = number && cast > 0 && !text.substr(end).starts_with("::text");
    out += bare ? inside : piece;
    at = end + cast;
  }
  return wrapped ? out.substr(1, out.size() - 2) : out;
}

std::string source_text(const SourceSpec& spec, const NeededColumns& needed) {
  std::vector<std::string> parsed;
  for (size_t i = 0; i < spec.payload.size(); ++i) {
    add_needed(needed[i], spec.payload[i].name, spec.payload[i].type, parsed);
  }
  std::string text = "reads " + place_text(spec.connector, spec.options);
  const auto columns = std::count_if(needed.begin(), needed.begin() + spec.payload.size(),
                                     [](const NeededField& field) { return field.needed; });
  text += fmt::format("; parses {} of {} columns", columns, spec.payload.size());
  if (!parsed.empty()) text += ": " + list(parsed);
  if (!spec.constraints.empty()) {
    const SchemaPtr table = output_schema(spec, kRowsPort, nullptr);
    for (const Constraint& constraint : spec.constraints) {
      text +=
          fmt::format("; CHECK {} ({})", constraint.name, expr_text(*constraint.condition, *table));
    }
  }
  if (!spec.not_null.empty()) text += "; NOT NULL " + list(spec.not_null);
  return text;
}

std::string project_text(const ProjectSpec& spec, const Schema& input) {
  std::vector<std::string> columns;
  for (const NamedExpr& column : spec.columns) {
    const std::string expr = expr_text(*column.expr, input);
    columns.push_back(expr == column.name ? expr : fmt::format("{} AS {}", expr, column.name));
  }
  std::string text = "SELECT " + list(columns);
  if (spec.filter != nullptr) text += " WHERE " + expr_text(*spec.filter, input);
  return text;
}

std::string order_text(const std::vector<SortKey>& keys, const Schema& input) {
  std::vector<std::string> order;
  for (const SortKey& key : keys) {
    std::string text = input.fields[key.column].name;
    if (key.descending) text += " DESC";
    if (key.nulls_first != key.descending) text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    order.push_back(std::move(text));
  }
  return list(order);
}

std::string call_text(const AggregateCall& call, const Schema& input) {
  std::string argument = call.argument ? input.fields[*call.argument].name : "*";
  if (call.distinct) argument = "DISTINCT " + argument;
  if (call.function == AggregateFunction::kStringAgg) {
    argument += fmt::format(", '{}'", call.parameter);
  } else if (!call.parameter.empty()) {
    argument = fmt::format("{}, {}", call.parameter, argument);
  }
  if (!call.order.empty()) argument += " ORDER BY " + order_text(call.order, input);
  std::string text = fmt::format("{}({})", function_name(call.function), argument);
  if (call.filter) text += fmt::format(" FILTER (WHERE {})", input.fields[*call.filter].name);
  return fmt::format("{} AS {}", text, call.name);
}

std::string_view window_name(WindowKind kind) {
  switch (kind) {
    case WindowKind::kTumble: return "tumble";
    case WindowKind::kHop: return "hop";
    case WindowKind::kCumulate: return "cumulate";
    case WindowKind::kSession: return "session";
    case WindowKind::kGiven: return "window";
  }
  unreachable();
}

// "hop(at, '2 seconds', '10 seconds')", "window(window_start, window_end)"
std::string window_call(const WindowSpec& window, const Schema& input) {
  const std::string& time = input.fields[window.time_column].name;
  if (window.kind == WindowKind::kGiven) {
    return fmt::format("window({}, {})", input.fields[*window.start_column].name, time);
  }
  std::string text = fmt::format("{}({}, ", window_name(window.kind), time);
  if (window.slide != 0) text += fmt::format("'{}', ", micros_text(window.slide));
  text += fmt::format("'{}'", micros_text(window.size));
  if (window.offset != 0) text += fmt::format(", '{}'", micros_text(window.offset));
  return text + ")";
}

std::string window_text(const WindowAggregateSpec& spec, const Schema& input) {
  std::vector<std::string> groups;
  for (const size_t key : spec.keys) groups.push_back(input.fields[key].name);
  std::vector<std::string> calls;
  if (spec.phase == AggregatePhase::kFinal) {
    for (const AggregateCall& call : spec.aggregates) calls.push_back(call.name);
    groups.emplace_back("window");
    return fmt::format("merges the partial results of {}: {}", list(groups),
                       calls.empty() ? "no aggregates" : list(calls));
  }
  groups.push_back(window_call(spec.window, input));
  for (const AggregateCall& call : spec.aggregates) calls.push_back(call_text(call, input));
  return fmt::format("{} GROUP BY {}", calls.empty() ? "distinct groups" : list(calls),
                     list(groups));
}

// "; of each window only the first 3 by bids DESC"
std::string first_text(const StagePlan& stage) {
  if (!stage.first) return "";
  return fmt::format("; of each window only the first {} by {}, and their ties", stage.first->limit,
                     order_text({stage.first->order}, *stage.outputs[0].schema));
}

std::string names_at(const std::vector<size_t>& columns, const Schema& input) {
  std::vector<std::string> names;
  for (const size_t column : columns) names.push_back(input.fields[column].name);
  return list(names);
}

std::string_view rank_name(RankFunction function) {
  switch (function) {
    case RankFunction::kRowNumber: return "row_number";
    case RankFunction::kRank: return "rank";
    case RankFunction::kDenseRank: return "dense_rank";
  }
  unreachable();
}

std::string rank_text(const WindowRankSpec& spec, const Schema& input) {
  std::vector<std::string> ranks;
  for (const RankCall& call : spec.ranks) {
    ranks.push_back(fmt::format("{}() AS {}", rank_name(call.function), call.name));
  }
  std::string partition = window_call(spec.window, input);
  if (!spec.partition.empty()) partition += ", " + names_at(spec.partition, input);
  std::string text = fmt::format("{} OVER (PARTITION BY {} ORDER BY {})", list(ranks), partition,
                                 order_text(spec.order, input));
  if (spec.limit) text += fmt::format(" WHERE {} <= {}", spec.ranks[0].name, *spec.limit);
  return text;
}

std::string over_function(const OverCall& call, const Schema& input) {
  const std::string argument = call.argument ? input.fields[*call.argument].name : "*";
  switch (call.function) {
    case OverFunction::kAggregate:
      return fmt::format("{}({})", function_name(call.aggregate), argument);
    case OverFunction::kLag: return fmt::format("lag({}, {})", argument, call.distance);
    case OverFunction::kFirstValue: return fmt::format("first_value({})", argument);
    case OverFunction::kLastValue: return fmt::format("last_value({})", argument);
    case OverFunction::kRowNumber: return "row_number()";
    case OverFunction::kRank: return "rank()";
    case OverFunction::kDenseRank: return "dense_rank()";
  }
  unreachable();
}

std::string frame_text(const OverCall& call) {
  const bool has_frame = call.function == OverFunction::kAggregate ||
                         call.function == OverFunction::kFirstValue ||
                         call.function == OverFunction::kLastValue;
  if (!has_frame) return "";
  if (call.frame == FrameKind::kRows) {
    return call.rows ? fmt::format(" over the last {} rows and this one", *call.rows)
                     : " over all rows before and this one";
  }
  return call.range ? fmt::format(" over the last '{}'", micros_text(*call.range))
                    : " over all rows up to this one and its peers";
}

std::string over_text(const OverSpec& spec, const Schema& input) {
  std::vector<std::string> calls;
  for (const OverCall& call : spec.calls) {
    std::string text = over_function(call, input);
    if (call.filter) text += fmt::format(" FILTER (WHERE {})", input.fields[*call.filter].name);
    calls.push_back(fmt::format("{} AS {}{}", text, call.name, frame_text(call)));
  }
  const std::string by = spec.keys.empty() ? "of all rows" : "per " + names_at(spec.keys, input);
  const std::string order = spec.order == OverOrder::kLog
                                ? "in the order of the log, at once"
                                : "in the order of " + input.fields[*spec.time_column].name;
  return fmt::format("{}; {}, {}", list(calls), by, order);
}

std::string suppress_text(const SuppressSpec& spec, const Schema& input) {
  const std::string key = spec.keys.empty() ? "" : " of the same " + names_at(spec.keys, input);
  if (!spec.interval) return fmt::format("passes the first row{} only", key);
  return fmt::format("passes a row if none{} was passed in the '{}' before it by {}", key,
                     micros_text(*spec.interval), input.fields[spec.time_column].name);
}

std::string_view join_name(JoinType type) {
  switch (type) {
    case JoinType::kInner: return "JOIN";
    case JoinType::kLeft: return "LEFT JOIN";
    case JoinType::kRight: return "RIGHT JOIN";
    case JoinType::kFull: return "FULL JOIN";
  }
  unreachable();
}

template <typename JoinSpec>
std::string join_text(const JoinSpec& spec, const std::string& more) {
  std::vector<std::string> conditions;
  for (size_t i = 0; i < spec.left.keys.size(); ++i) {
    conditions.push_back(fmt::format("{} = {}", spec.left.columns[spec.left.keys[i]].name,
                                     spec.right.columns[spec.right.keys[i]].name));
  }
  if (!more.empty()) conditions.push_back(more);
  if (spec.condition != nullptr) {
    conditions.push_back(expr_text(*spec.condition, *output_schema(spec, kRowsPort, nullptr)));
  }
  return fmt::format("{} ON {}", join_name(spec.type), fmt::join(conditions, " AND "));
}

std::string interval_join_text(const IntervalJoinSpec& spec) {
  return join_text(
      spec, fmt::format("{} - {} BETWEEN '{}' AND '{}'", spec.left.columns[spec.left.time].name,
                        spec.right.columns[spec.right.time].name, micros_text(spec.lower),
                        micros_text(spec.upper)));
}

std::string sink_text(const SinkSpec& spec) {
  std::vector<std::string> columns;
  for (const Field& field : spec.columns) columns.push_back(field.name);
  std::string text =
      fmt::format("writes {} to {}", list(columns), place_text(spec.connector, spec.options));
  if (!spec.primary_key.empty()) text += fmt::format("; PRIMARY KEY ({})", list(spec.primary_key));
  return text;
}

std::string group_text(const GroupAggregateSpec& spec, const Schema& input) {
  std::vector<std::string> calls;
  for (const AggregateCall& call : spec.aggregates) calls.push_back(call_text(call, input));
  std::string text = calls.empty() ? "distinct groups" : list(calls);
  if (!spec.keys.empty()) text += " GROUP BY " + names_at(spec.keys, input);
  return text;
}

std::string top_text(const TopSpec& spec, const Schema& input) {
  std::string text = fmt::format("the first {} rows", spec.limit);
  if (!spec.partition.empty()) text += " per " + names_at(spec.partition, input);
  if (!spec.order.empty()) text += " by " + order_text(spec.order, input);
  switch (spec.ties) {
    case Ties::kEarlierFirst: break;
    case Ties::kLaterFirst: text += ", of equal ones the later"; break;
    case Ties::kLastArrived: text += ", the newest first"; break;
  }
  if (!spec.rank.empty()) text += ", numbered as " + spec.rank;
  return text;
}

std::string_view phase_text(AggregatePhase phase) {
  switch (phase) {
    case AggregatePhase::kWhole: return "window aggregate";
    case AggregatePhase::kPartial: return "window aggregate, partial: before the exchange";
    case AggregatePhase::kFinal: return "window aggregate, final: after the exchange";
  }
  unreachable();
}

}  // namespace

std::string step_text(const StagePlan& stage) {
  return std::visit(
      Match{[&](const SourceSpec& spec) { return source_text(spec, stage.needed_payload); },
            [&](const ProjectSpec& spec) { return project_text(spec, *stage.input); },
            [&](const WindowAggregateSpec& spec) {
              return window_text(spec, *stage.input) + first_text(stage);
            },
            [&](const AssignWindowSpec& spec) {
              return "puts rows into " + window_call(spec.window, *stage.input);
            },
            [](const ProcessingTimeSpec& spec) {
              return fmt::format("stamps rows with the wall clock, as {}", spec.column);
            },
            [&](const WindowRankSpec& spec) { return rank_text(spec, *stage.input); },
            [&](const OverSpec& spec) { return over_text(spec, *stage.input); },
            [&](const SuppressSpec& spec) { return suppress_text(spec, *stage.input); },
            [](const IntervalJoinSpec& spec) { return interval_join_text(spec); },
            [](const WindowJoinSpec& spec) { return join_text(spec, "the same window"); },
            [&](const GroupAggregateSpec& spec) { return group_text(spec, *stage.input); },
            [&](const TopSpec& spec) { return top_text(spec, *stage.input); },
            [](const EquiJoinSpec& spec) { return join_text(spec, ""); },
            [](const AsOfJoinSpec& spec) {
              return join_text(spec, fmt::format("the version as of {}",
                                                 spec.left.columns[spec.left.time].name));
            },
            [](const FoldSpec&) { return std::string("the table as it is at the end"); },
            [](const UnionSpec&) { return std::string("all rows of its inputs"); },
            [](const SinkSpec& spec) { return sink_text(spec); }},
      stage.spec);
}

std::string step_kind(const StagePlan& stage) {
  return std::visit(
      Match{[](const SourceSpec& spec) { return "source, " + spec.connector; },
            [](const ProjectSpec&) { return std::string("project"); },
            [](const WindowAggregateSpec& spec) { return std::string(phase_text(spec.phase)); },
            [](const AssignWindowSpec&) { return std::string("window"); },
            [](const ProcessingTimeSpec&) { return std::string("processing time"); },
            [](const WindowRankSpec&) { return std::string("window rank"); },
            [](const OverSpec&) { return std::string("over"); },
            [](const SuppressSpec&) { return std::string("suppress"); },
            [](const IntervalJoinSpec&) { return std::string("interval join"); },
            [](const WindowJoinSpec&) { return std::string("window join"); },
            [](const GroupAggregateSpec&) { return std::string("group aggregate"); },
            [](const TopSpec&) { return std::string("top"); },
            [](const EquiJoinSpec&) { return std::string("join"); },
            [](const AsOfJoinSpec&) { return std::string("as of"); },
            [](const FoldSpec&) { return std::string("fold"); },
            [](const UnionSpec&) { return std::string("union"); },
            [](const SinkSpec& spec) { return "sink, " + spec.connector; }},
      stage.spec);
}

std::string distribution_text(const Distribution& distribution, const Schema& schema) {
  switch (distribution.kind) {
    case DistributionKind::kForward: return "forward";
    case DistributionKind::kHash: {
      if (distribution.columns.empty()) return "all to one instance";
      std::vector<std::string> columns;
      for (const size_t column : distribution.columns) {
        columns.push_back(schema.fields[column].name);
      }
      return "hash by " + list(columns);
    }
    case DistributionKind::kRebalance: return "rebalanced";
    case DistributionKind::kBroadcast: return "broadcast";
  }
  unreachable();
}

}  // namespace weir
