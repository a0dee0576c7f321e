#include "tests/operators/window_cases.h"

#include "operators/session_aggregate.h"
#include "operators/window_aggregate.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

const NumberedSplits kSplits;

size_t column(const SchemaPtr& schema, const std::string& name) {
  const std::optional<size_t> found = schema->find(name);
  CHECK(found.has_value());
  return *found;
}

}  // namespace

WindowAggregateSpec whole_spec(const Windows& windows) {
  WindowAggregateSpec spec;
  spec.window = {.kind = windows.kind,
                 .time_column = column(windows.input, windows.time),
                 .size = windows.size,
                 .slide = windows.slide,
                 .offset = windows.offset};
  for (const std::string& key : windows.keys) spec.keys.push_back(column(windows.input, key));
  for (const Aggregate& aggregate : windows.aggregates) {
    AggregateCall& call = spec.aggregates.emplace_back();
    call.name = "a" + std::to_string(spec.aggregates.size() - 1);
    call.function = aggregate.function;
    call.distinct = aggregate.distinct;
    std::optional<Type> argument;
    if (!aggregate.argument.empty()) {
      call.argument = column(windows.input, aggregate.argument);
      argument = windows.input->fields[*call.argument].type;
    }
    if (!aggregate.filter.empty()) call.filter = column(windows.input, aggregate.filter);
    const Result<Type> type = aggregate_type(aggregate.function, argument);
    CHECK(type.ok());
    call.type = *type;
  }
  return spec;
}

WindowAggregateSpec partial_spec(const Windows& windows) {
  WindowAggregateSpec spec = whole_spec(windows);
  spec.phase = AggregatePhase::kPartial;
  return spec;
}

WindowAggregateSpec final_spec(const Windows& windows) {
  const WindowAggregateSpec partial = partial_spec(windows);
  WindowAggregateSpec spec = partial;
  spec.phase = AggregatePhase::kFinal;
  for (size_t i = 0; i < spec.keys.size(); ++i) spec.keys[i] = i;
  spec.window.time_column = spec.keys.size();
  size_t next = spec.keys.size() + (spec.window.overlaps() ? 2 : 1);
  for (size_t i = 0; i < spec.aggregates.size(); ++i) {
    const std::optional<Type> type = argument_type(partial.aggregates[i], *windows.input);
    spec.aggregates[i].source_type = type;
    spec.aggregates[i].argument = next;
    spec.aggregates[i].filter = std::nullopt;
    next += partial_fields(partial.aggregates[i], type.value_or(TypeKind::kBigint)).size();
  }
  return spec;
}

bool has_partial_form(const Windows& windows) {
  if (windows.kind == WindowKind::kSession) return false;
  for (const Aggregate& aggregate : windows.aggregates) {
    if (aggregate.distinct) return false;
  }
  return true;
}

OperatorCase window_case(const WindowAggregateSpec& spec, const SchemaPtr& input, Steps steps,
                         std::optional<FirstRows> first) {
  const SchemaPtr output = output_schema(spec, kRowsPort, input);
  OperatorCase the_case;
  the_case.make = [spec, input, output, first](TaskState& state) -> std::unique_ptr<Operator> {
    if (spec.window.kind == WindowKind::kSession) {
      return std::make_unique<SessionAggregate>(spec, "w", input, output, state, kSplits);
    }
    return std::make_unique<WindowAggregate>(spec, "w", input, output, first, state, kSplits);
  };
  the_case.input = std::move(steps);
  the_case.outputs = {output, dead_letter_schema(), late_schema()};
  the_case.keys = spec.keys;
  return the_case;
}

OperatorCase partial_case(const Windows& windows, Steps steps) {
  OperatorCase the_case = window_case(partial_spec(windows), windows.input, std::move(steps));
  the_case.read_rows = [windows, between = the_case.outputs[0]](const Steps& sent) {
    OperatorCase last = window_case(final_spec(windows), between, sent);
    std::vector<std::string> rows;
    for (const uint32_t instances : {1U, 2U, 3U}) {
      Run run = run_operator(last, {.name = "final phase", .instances = {instances}});
      REQUIRE(run.counters.late == 0);
      if (instances != 1) REQUIRE(run.rows[kRowsPort] == rows);
      rows = run.rows[kRowsPort];
    }
    return rows;
  };
  return the_case;
}

SchemaPtr result_schema(const Windows& windows) {
  return output_schema(whole_spec(windows), kRowsPort, windows.input);
}

void check_windows(const Windows& windows, const Steps& steps, const Expected& expected) {
  const std::vector<std::string> rows = json_rows(result_schema(windows), expected.rows);
  const auto check = [&](OperatorCase the_case) {
    the_case.expected[kRowsPort] = rows;
    the_case.open[kLatePort.value()] = expected.late_open;
    if (expected.late_open) {
      the_case.expected[kLatePort] = json_rows(late_schema(), expected.late_rows);
    }
    the_case.lost.late = expected.late;
    check_operator(the_case);
  };
  {
    INFO("whole");
    check(window_case(whole_spec(windows), windows.input, steps));
  }
  if (!has_partial_form(windows)) return;
  {
    INFO("partial, read through final");
    check(partial_case(windows, steps));
  }
  INFO("final");
  const OperatorCase partial = partial_case(windows, steps);
  const Run sent = run_operator(partial, {.name = "partial phase"});
  OperatorCase last = window_case(final_spec(windows), partial.outputs[0], sent.out);
  last.expected[kRowsPort] = rows;
  check_operator(last);
}

}  // namespace weir
