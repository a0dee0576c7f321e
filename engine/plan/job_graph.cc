#include "engine/plan/job_graph.h"

#include "engine/base/match.h"
#include "engine/plan/spec_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

SchemaPtr share(std::vector<Field> fields) {
  return std::make_shared<const Schema>(Schema{std::move(fields)});
}

SchemaPtr source_schema(const SourceSpec& spec) {
  std::vector<Field> fields;
  for (const NamedExpr& column : spec.columns) {
    const bool event_time = !spec.event_time.empty() && column.name == spec.event_time;
    const bool not_null =
        std::find(spec.not_null.begin(), spec.not_null.end(), column.name) != spec.not_null.end();
    fields.push_back({.name = column.name,
                      .type = column.expr->type,
                      .nullable = !event_time && !not_null,
                      .event_time = event_time});
  }
  return share(std::move(fields));
}

// A column stays event time only where it is merely renamed: a computed one may run ahead of the
// watermark or behind it.
SchemaPtr project_schema(const ProjectSpec& spec, const Schema& input) {
  std::vector<Field> fields;
  for (const NamedExpr& column : spec.columns) {
    const Expr& expr = *column.expr;
    const bool plain = expr.kind == ExprKind::kColumn;
    fields.push_back({.name = column.name,
                      .type = expr.type,
                      .nullable = may_be_null(expr, input),
                      .event_time = plain && input.fields[expr.index].event_time});
  }
  return share(std::move(fields));
}

Field plain_field(std::string name, const Type& type, bool nullable) {
  return {.name = std::move(name), .type = type, .nullable = nullable, .event_time = false};
}

SchemaPtr aggregate_schema(const WindowAggregateSpec& spec, const Schema& input) {
  const Type& time = input.fields[spec.window.time_column].type;
  std::vector<Field> fields;
  for (const size_t key : spec.keys) {
    const Field& field = input.fields[key];
    fields.push_back(plain_field(field.name, field.type, field.nullable));
  }
  const bool partial = spec.phase == AggregatePhase::kPartial;
  if (!partial) fields.push_back(plain_field("window_start", time, false));
  // A slice may end before the watermark that its rows came behind; its first window does not.
  const bool is_slice = partial && spec.window.overlaps();
  fields.push_back(
      {.name = "window_end", .type = time, .nullable = false, .event_time = !is_slice});
  if (is_slice) {
    fields.push_back({.name = "first_window", .type = time, .nullable = false, .event_time = true});
  }
  if (!partial) {
    fields.push_back({.name = "window_time", .type = time, .nullable = false, .event_time = true});
  }
  for (const AggregateCall& call : spec.aggregates) {
    if (!partial) {
      fields.push_back(plain_field(call.name, call.type, !counts(call.function)));
      continue;
    }
    const Type argument = argument_type(call, input).value_or(TypeKind::kBigint);
    for (Field& field : partial_fields(call, argument)) fields.push_back(std::move(field));
  }
  return share(std::move(fields));
}

SchemaPtr assigned_schema(const AssignWindowSpec& spec, const Schema& input) {
  const Type& time = input.fields[spec.window.time_column].type;
  std::vector<Field> fields = input.fields;
  fields.push_back(plain_field("window_start", time, false));
  fields.push_back({.name = "window_end", .type = time, .nullable = false, .event_time = true});
  fields.push_back({.name = "window_time", .type = time, .nullable = false, .event_time = true});
  return share(std::move(fields));
}

SchemaPtr clocked_schema(const ProcessingTimeSpec& spec, const Schema& input) {
  std::vector<Field> fields = input.fields;
  for (Field& field : fields) field.event_time = false;
  fields.push_back(
      {.name = spec.column, .type = TypeKind::kTimestamptz, .nullable = false, .event_time = true});
  return share(std::move(fields));
}

SchemaPtr ranked_schema(const WindowRankSpec& spec, const Schema& input) {
  std::vector<Field> fields = input.fields;
  for (const RankCall& call : spec.ranks) {
    fields.push_back(plain_field(call.name, TypeKind::kBigint, false));
  }
  // Rows leave when their window has closed, and of their times only those of its end are not
  // behind the watermark then.
  for (size_t i = 0; i < input.fields.size(); ++i) {
    fields[i].event_time = i == spec.window.time_column || i == spec.window.last_column;
  }
  return share(std::move(fields));
}

bool is_never_null(const OverCall& call) {
  switch (call.function) {
    case OverFunction::kAggregate: return counts(call.aggregate);
    case OverFunction::kRowNumber:
    case OverFunction::kRank:
    case OverFunction::kDenseRank: return true;
    case OverFunction::kLag:
    case OverFunction::kFirstValue:
    case OverFunction::kLastValue: return false;
  }
  unreachable();
}

SchemaPtr over_schema(const OverSpec& spec, const Schema& input) {
  std::vector<Field> fields = input.fields;
  for (const OverCall& call : spec.calls) {
    fields.push_back(plain_field(call.name, call.type, !is_never_null(call)));
  }
  return share(std::move(fields));
}

// The time of a side that may be missing is NULL at times, and then no event time.
SchemaPtr joined_schema(JoinType type, const JoinSide& left, const JoinSide& right) {
  std::vector<Field> fields;
  const bool left_outer = type == JoinType::kRight || type == JoinType::kFull;
  const bool right_outer = type == JoinType::kLeft || type == JoinType::kFull;
  const auto add = [&fields](const JoinSide& side, bool may_miss) {
    for (size_t i = 0; i < side.columns.size(); ++i) {
      Field field = side.columns[i];
      field.nullable = field.nullable || may_miss;
      field.event_time = i == side.time && !may_miss;
      fields.push_back(std::move(field));
    }
  };
  add(left, left_outer);
  add(right, right_outer);
  return share(std::move(fields));
}

// A group changes whenever a row of it comes: none of its times says how far the rows are.
SchemaPtr grouped_schema(const GroupAggregateSpec& spec, const Schema& input) {
  std::vector<Field> fields;
  for (const size_t key : spec.keys) {
    const Field& field = input.fields[key];
    fields.push_back(plain_field(field.name, field.type, field.nullable));
  }
  for (const AggregateCall& call : spec.aggregates) {
    fields.push_back(plain_field(call.name, call.type, !counts(call.function)));
  }
  return share(std::move(fields));
}

SchemaPtr top_schema(const TopSpec& spec, const Schema& input) {
  std::vector<Field> fields = input.fields;
  for (Field& field : fields) field.event_time = false;
  if (!spec.rank.empty()) fields.push_back(plain_field(spec.rank, TypeKind::kBigint, false));
  return share(std::move(fields));
}

SchemaPtr equi_schema(const EquiJoinSpec& spec) {
  std::vector<Field> fields;
  const bool left_outer = spec.type == JoinType::kRight || spec.type == JoinType::kFull;
  const bool right_outer = spec.type == JoinType::kLeft || spec.type == JoinType::kFull;
  for (const Field& field : spec.left.columns) {
    fields.push_back(plain_field(field.name, field.type, field.nullable || left_outer));
  }
  for (const Field& field : spec.right.columns) {
    fields.push_back(plain_field(field.name, field.type, field.nullable || right_outer));
  }
  return share(std::move(fields));
}

// A row leaves with its own time, and the version may be as old as it likes.
SchemaPtr as_of_schema(const AsOfJoinSpec& spec) {
  std::vector<Field> fields;
  for (size_t i = 0; i < spec.left.columns.size(); ++i) {
    Field field = spec.left.columns[i];
    field.event_time = i == spec.left.time;
    fields.push_back(std::move(field));
  }
  for (const Field& field : spec.right.columns) {
    fields.push_back(
        plain_field(field.name, field.type, field.nullable || spec.type == JoinType::kLeft));
  }
  return share(std::move(fields));
}

SchemaPtr folded_schema(const Schema& input) {
  std::vector<Field> fields = input.fields;
  for (Field& field : fields) field.event_time = false;
  return share(std::move(fields));
}

std::string cycle_text(const JobGraph& graph, const std::vector<size_t>& waiting) {
  // Every vertex that waits has an input that waits: walking back along them must meet one twice.
  std::vector<bool> seen(graph.vertices.size(), false);
  size_t at = 0;
  while (waiting[at] == 0) ++at;
  std::vector<size_t> path;
  while (!seen[at]) {
    seen[at] = true;
    path.push_back(at);
    const auto into = std::find_if(graph.edges.begin(), graph.edges.end(), [&](const Edge& edge) {
      return edge.to.value() == at && waiting[edge.from.value()] > 0;
    });
    CHECK(into != graph.edges.end());
    at = into->from.value();
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  std::reverse(path.begin(), path.end());
  std::string text = fmt::format("\"{}\"", graph.vertices[path.back()].id);
  for (const size_t vertex : path) text += fmt::format(" -> \"{}\"", graph.vertices[vertex].id);
  return text;
}

}  // namespace

bool same_graph(const JobGraph& a, const JobGraph& b) {
  if (!same_options(a.options, b.options) || a.edges != b.edges) return false;
  return std::equal(
      a.vertices.begin(), a.vertices.end(), b.vertices.begin(), b.vertices.end(),
      [](const Vertex& x, const Vertex& y) { return x.id == y.id && same_spec(x.spec, y.spec); });
}

SchemaPtr output_schema(const VertexSpec& spec, Port port, const SchemaPtr& input) {
  CHECK(port.value() < std::max(output_ports(spec), size_t{1}));
  if (port == kBadPort) return dead_letter_schema();
  if (port == kLatePort) return late_schema();
  return std::visit(
      Match{[](const SourceSpec& source) { return source_schema(source); },
            [&](const ProjectSpec& project) { return project_schema(project, *input); },
            [&](const WindowAggregateSpec& window) { return aggregate_schema(window, *input); },
            [&](const AssignWindowSpec& assign) { return assigned_schema(assign, *input); },
            [&](const ProcessingTimeSpec& clock) { return clocked_schema(clock, *input); },
            [&](const WindowRankSpec& rank) { return ranked_schema(rank, *input); },
            [&](const OverSpec& over) { return over_schema(over, *input); },
            [&](const SuppressSpec&) { return input; },
            [](const IntervalJoinSpec& join) {
              return joined_schema(join.type, join.left, join.right);
            },
            [](const WindowJoinSpec& join) {
              return joined_schema(join.type, join.left, join.right);
            },
            [&](const GroupAggregateSpec& group) { return grouped_schema(group, *input); },
            [&](const TopSpec& top) { return top_schema(top, *input); },
            [](const EquiJoinSpec& join) { return equi_schema(join); },
            [](const AsOfJoinSpec& join) { return as_of_schema(join); },
            [&](const FoldSpec&) { return folded_schema(*input); },
            [](const UnionSpec& all) { return share(all.columns); },
            [](const SinkSpec& sink) { return share(sink.columns); }},
      spec);
}

Result<std::vector<VertexIndex>> topological_order(const JobGraph& graph) {
  std::vector<size_t> waiting(graph.vertices.size(), 0);  // For so many inputs
  for (const Edge& edge : graph.edges) ++waiting[edge.to.value()];
  std::vector<VertexIndex> order;
  // The lowest index first, so that the order is the user's own wherever the edges allow it.
  std::vector<bool> done(graph.vertices.size(), false);
  while (order.size() < graph.vertices.size()) {
    size_t next = 0;
    while (next < waiting.size() && (done[next] || waiting[next] > 0)) ++next;
    if (next == waiting.size()) {
      return user_error(fmt::format("steps feed themselves: {}: take out one of these edges",
                                    cycle_text(graph, waiting)));
    }
    done[next] = true;
    order.emplace_back(static_cast<uint32_t>(next));
    for (const Edge& edge : graph.edges) {
      if (edge.from.value() == next) --waiting[edge.to.value()];
    }
  }
  return order;
}

std::vector<SchemaPtr> input_schemas(const JobGraph& graph) {
  std::vector<SchemaPtr> inputs(graph.vertices.size());
  const Result<std::vector<VertexIndex>> order = topological_order(graph);
  CHECK(order.ok());
  for (const VertexIndex index : *order) {
    const Vertex& vertex = graph.vertex(index);
    for (const Edge& edge : graph.edges) {
      if (edge.from != index) continue;
      const std::vector<Field>* stated = stated_input(graph.vertex(edge.to).spec, edge.to_port);
      inputs[edge.to.value()] =
          stated != nullptr ? share(*stated)
                            : output_schema(vertex.spec, edge.from_port, inputs[index.value()]);
    }
  }
  return inputs;
}

}  // namespace weir
