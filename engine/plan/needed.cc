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

NeededColumns needed_of_window(const WindowAggregateSpec& spec, const Schema& input) {
  if (spec.phase == AggregatePhase::kFinal) return all_needed(input);
  NeededColumns needed(input.fields.size());
  const auto mark = [&needed](size_t column) { needed[column] = {.needed = true}; };
  mark(spec.window.time_column);
  for (const size_t key : spec.keys) mark(key);
  for (const AggregateCall& call : spec.aggregates) {
    if (call.argument) mark(*call.argument);
    if (call.filter) mark(*call.filter);
  }
  return needed;
}

}  // namespace

void merge_needed(NeededColumns& needed, const NeededColumns& more) {
  CHECK(needed.size() == more.size());
  for (size_t i = 0; i < needed.size(); ++i) merge_field(needed[i], more[i]);
}

NeededColumns needed_of_input(const VertexSpec& spec, const Schema& input,
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
            [&](const UnionSpec&) { return output; },
            [&](const SinkSpec&) { return all_needed(input); }},
      spec);
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
