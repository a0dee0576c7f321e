#include "engine/plan/needed.h"

#include "engine/base/match.h"

#include <algorithm>

namespace weir {
namespace {

// An entry without fields means all of them.
void merge_field(NeededField& needed, const NeededField& more) {
  if (!more.needed) return;
  if (!needed.needed) {
    needed = more;
    return;
  }
  if (needed.fields.empty() || more.fields.empty()) {
    needed.fields.clear();
    return;
  }
  CHECK(needed.fields.size() == more.fields.size());
  for (size_t i = 0; i < needed.fields.size(); ++i) merge_field(needed.fields[i], more.fields[i]);
}

// What the expressions of the needed columns read. A plain column hands its fields' needs on.
void mark_columns(const std::vector<NamedExpr>& columns, const NeededColumns& wanted,
                  NeededColumns& needed) {
  CHECK(columns.size() == wanted.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!wanted[i].needed) continue;
    const Expr& expr = *columns[i].expr;
    if (expr.kind == ExprKind::kColumn) {
      merge_field(needed[expr.index], wanted[i]);
    } else {
      mark_needed(expr, needed);
    }
  }
}

void mark(NeededColumns& needed, size_t column) { needed[column] = {.needed = true}; }
void mark(NeededColumns& needed, const std::optional<size_t>& column) {
  if (column) mark(needed, *column);
}
void mark(NeededColumns& needed, const std::vector<size_t>& columns) {
  for (const size_t column : columns) mark(needed, column);
}
void mark(NeededColumns& needed, const WindowSpec& window) {
  mark(needed, window.time_column);
  mark(needed, window.start_column);
}

NeededColumns needed_of_window(const WindowAggregateSpec& spec, const Schema& input) {
  if (spec.phase == AggregatePhase::kFinal) return all_needed(input);
  NeededColumns needed(input.fields.size());
  mark(needed, spec.window);
  mark(needed, spec.keys);
  for (const AggregateCall& call : spec.aggregates) {
    mark(needed, call.argument);
    mark(needed, call.filter);
    for (const SortKey& key : call.order) mark(needed, key.column);
  }
  return needed;
}

// Of steps that hand their input on with columns of their own behind it.
NeededColumns handed_on(const NeededColumns& output, const Schema& input) {
  return {output.begin(), output.begin() + static_cast<std::ptrdiff_t>(input.fields.size())};
}

NeededColumns needed_of_rank(const WindowRankSpec& spec, const Schema& input,
                             const NeededColumns& output) {
  NeededColumns needed = handed_on(output, input);
  mark(needed, spec.window);
  mark(needed, spec.partition);
  for (const SortKey& key : spec.order) mark(needed, key.column);
  return needed;
}

NeededColumns needed_of_over(const OverSpec& spec, const Schema& input,
                             const NeededColumns& output) {
  NeededColumns needed = handed_on(output, input);
  mark(needed, spec.keys);
  mark(needed, spec.time_column);
  for (const OverCall& call : spec.calls) {
    mark(needed, call.argument);
    mark(needed, call.filter);
    mark(needed, call.fallback);
  }
  return needed;
}

template <typename JoinSpec>
NeededColumns needed_of_join(const JoinSpec& spec, Port port, const NeededColumns& output) {
  NeededColumns all = output;
  if (spec.condition != nullptr) mark_needed(*spec.condition, all);
  const JoinSide& side = port == kLeftPort ? spec.left : spec.right;
  const size_t first = port == kLeftPort ? 0 : spec.left.columns.size();
  NeededColumns needed(all.begin() + static_cast<std::ptrdiff_t>(first),
                       all.begin() + static_cast<std::ptrdiff_t>(first + side.columns.size()));
  mark(needed, side.keys);
  mark(needed, side.time);
  return needed;
}

NeededColumns needed_of_groups(const GroupAggregateSpec& spec, const Schema& input) {
  NeededColumns needed(input.fields.size());
  mark(needed, spec.keys);
  for (const AggregateCall& call : spec.aggregates) {
    mark(needed, call.argument);
    mark(needed, call.filter);
    for (const SortKey& key : call.order) mark(needed, key.column);
  }
  return needed;
}

NeededColumns needed_of_join(const EquiJoinSpec& spec, Port port, const NeededColumns& output) {
  NeededColumns all = output;
  if (spec.condition != nullptr) mark_needed(*spec.condition, all);
  const EquiSide& side = port == kLeftPort ? spec.left : spec.right;
  const size_t first = port == kLeftPort ? 0 : spec.left.columns.size();
  NeededColumns needed(all.begin() + static_cast<std::ptrdiff_t>(first),
                       all.begin() + static_cast<std::ptrdiff_t>(first + side.columns.size()));
  mark(needed, side.keys);
  return needed;
}

}  // namespace

void merge_needed(NeededColumns& needed, const NeededColumns& more) {
  CHECK(needed.size() == more.size());
  for (size_t i = 0; i < needed.size(); ++i) merge_field(needed[i], more[i]);
}

NeededColumns needed_of_input(const VertexSpec& spec, Port port, const Schema& input,
                              const NeededColumns& output) {
  return std::visit(
      Match{[](const SourceSpec&) -> NeededColumns { unreachable(); },
            [&](const ProjectSpec& project) {
              NeededColumns needed(input.fields.size());
              if (project.filter != nullptr) mark_needed(*project.filter, needed);
              mark_columns(project.columns, output, needed);
              return needed;
            },
            [&](const WindowAggregateSpec& window) { return needed_of_window(window, input); },
            [&](const AssignWindowSpec& assign) {
              NeededColumns needed = handed_on(output, input);
              mark(needed, assign.window);
              return needed;
            },
            [&](const ProcessingTimeSpec&) { return handed_on(output, input); },
            [&](const WindowRankSpec& rank) { return needed_of_rank(rank, input, output); },
            [&](const OverSpec& over) { return needed_of_over(over, input, output); },
            [&](const SuppressSpec& suppress) {
              NeededColumns needed = output;
              mark(needed, suppress.keys);
              mark(needed, suppress.time_column);
              return needed;
            },
            [&](const IntervalJoinSpec& join) { return needed_of_join(join, port, output); },
            [&](const WindowJoinSpec& join) { return needed_of_join(join, port, output); },
            [&](const GroupAggregateSpec& group) { return needed_of_groups(group, input); },
            // Rows that are taken back are found by all that they hold.
            [&](const TopSpec&) { return all_needed(input); },
            [&](const EquiJoinSpec& join) { return needed_of_join(join, port, output); },
            [&](const AsOfJoinSpec& join) { return needed_of_join(join, port, output); },
            [&](const FoldSpec&) { return all_needed(input); },
            [&](const UnionSpec&) { return output; },
            [&](const SinkSpec&) { return all_needed(input); }},
      spec);
}

std::optional<size_t> life_column(const OverSpec& spec, const Schema& input) {
  if (spec.time_column) return spec.time_column;
  const auto found = std::find_if(input.fields.begin(), input.fields.end(),
                                  [](const Field& field) { return field.event_time; });
  if (found == input.fields.end()) return std::nullopt;
  return static_cast<size_t>(found - input.fields.begin());
}

NeededColumns needed_of_record(const SourceSpec& spec, const NeededColumns& output) {
  NeededColumns table = output;
  const auto is_contract = [&spec](const std::string& name) {
    return name == spec.event_time ||
           std::find(spec.not_null.begin(), spec.not_null.end(), name) != spec.not_null.end();
  };
  for (size_t i = 0; i < spec.columns.size(); ++i) {
    if (is_contract(spec.columns[i].name)) table[i] = {.needed = true};
  }
  for (const Constraint& constraint : spec.constraints) mark_needed(*constraint.condition, table);
  NeededColumns record(spec.payload.size() + spec.metadata.size());
  mark_columns(spec.columns, table, record);
  return record;
}

}  // namespace weir
