// Vocabulary for tests of Over: specs in a line.
#pragma once

#include "engine/plan/specs.h"
#include "tests/operators/harness.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

// One call; columns of the input by name, empty where there is none.
struct OverColumn {
  OverFunction function = OverFunction::kAggregate;
  AggregateFunction aggregate = AggregateFunction::kCountStar;
  std::string argument;
  std::string filter;
  uint32_t distance = 1;
  std::string fallback;
  FrameKind frame = FrameKind::kRange;
  std::optional<int64_t> range;
  std::optional<uint32_t> rows;
};

struct Overs {
  SchemaPtr input;
  std::vector<std::string> keys;
  std::vector<OverColumn> columns;  // Output columns c0, c1, ...
  OverOrder order = OverOrder::kEventTime;
  bool with_place = false;
  std::optional<int64_t> state_ttl = {};
};

// The event-time column is "at", if there is one.
OverSpec over_spec(const Overs& overs);
// A case without expectations. The id of the step is "o".
OperatorCase over_case(const Overs& overs, Steps steps);
// The schema of the results.
SchemaPtr result_schema(const Overs& overs);

// Every schedule gives these rows, of result_schema.
void check_over(const Overs& overs, const Steps& steps, const std::vector<Cells>& expected);

// What leaves by the rows port, in its order.
std::vector<std::string> rows_in_order(const OperatorCase& the_case);

}  // namespace weir
