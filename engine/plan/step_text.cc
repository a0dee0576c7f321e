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

std::string call_text(const AggregateCall& call, const Schema& input) {
  std::string argument = call.argument ? input.fields[*call.argument].name : "*";
  if (call.distinct) argument = "DISTINCT " + argument;
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
  }
  unreachable();
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
  std::string window = fmt::format("{}({}, ", window_name(spec.window.kind),
                                   input.fields[spec.window.time_column].name);
  if (spec.window.slide != 0) window += fmt::format("'{}', ", micros_text(spec.window.slide));
  window += fmt::format("'{}'", micros_text(spec.window.size));
  if (spec.window.offset != 0) window += fmt::format(", '{}'", micros_text(spec.window.offset));
  groups.push_back(window + ")");
  for (const AggregateCall& call : spec.aggregates) calls.push_back(call_text(call, input));
  return fmt::format("{} GROUP BY {}", calls.empty() ? "distinct groups" : list(calls),
                     list(groups));
}

std::string sink_text(const SinkSpec& spec) {
  std::vector<std::string> columns;
  for (const Field& field : spec.columns) columns.push_back(field.name);
  std::string text =
      fmt::format("writes {} to {}", list(columns), place_text(spec.connector, spec.options));
  if (!spec.primary_key.empty()) text += fmt::format("; PRIMARY KEY ({})", list(spec.primary_key));
  return text;
}

bool asks_clock(const ExprPtr& expr) { return expr != nullptr && !is_deterministic(*expr); }

std::vector<std::string> source_clock(const SourceSpec& spec) {
  std::vector<std::string> texts;
  if (spec.max_future) {
    texts.push_back(fmt::format("max_future: a record stamped more than {} ahead is bad",
                                micros_text(*spec.max_future)));
  }
  if (spec.idle_timeout) {
    texts.push_back(fmt::format("idle_timeout: a split silent for {} does not hold time back",
                                micros_text(*spec.idle_timeout)));
  }
  if (spec.when_quiet == WhenQuiet::kAdvance) {
    texts.emplace_back("when_quiet: event time goes on by itself when all splits are idle");
  }
  if (spec.connector == "generator" && option_of(spec.options, "start_time") == "now") {
    texts.emplace_back("start_time: the first event time is the time of the start");
  }
  for (const NamedExpr& column : spec.columns) {
    if (asks_clock(column.expr)) texts.push_back(fmt::format("now() in column {}", column.name));
  }
  for (const Constraint& constraint : spec.constraints) {
    if (asks_clock(constraint.condition)) {
      texts.push_back(fmt::format("now() in CHECK {}", constraint.name));
    }
  }
  return texts;
}

std::vector<std::string> project_clock(const ProjectSpec& spec) {
  std::vector<std::string> texts;
  if (asks_clock(spec.filter)) texts.emplace_back("now() in the filter");
  for (const NamedExpr& column : spec.columns) {
    if (asks_clock(column.expr)) texts.push_back(fmt::format("now() in column {}", column.name));
  }
  return texts;
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
            [&](const WindowAggregateSpec& spec) { return window_text(spec, *stage.input); },
            [](const UnionSpec&) { return std::string("all rows of its inputs"); },
            [](const SinkSpec& spec) { return sink_text(spec); }},
      stage.spec);
}

std::string step_kind(const StagePlan& stage) {
  return std::visit(
      Match{[](const SourceSpec& spec) { return "source, " + spec.connector; },
            [](const ProjectSpec&) { return std::string("project"); },
            [](const WindowAggregateSpec& spec) { return std::string(phase_text(spec.phase)); },
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

std::vector<std::string> clock_texts(const StagePlan& stage) {
  if (const auto* source = std::get_if<SourceSpec>(&stage.spec)) return source_clock(*source);
  if (const auto* project = std::get_if<ProjectSpec>(&stage.spec)) return project_clock(*project);
  return {};
}

}  // namespace weir
