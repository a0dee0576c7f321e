// Vocabulary for tests of WindowAggregate: specs in a line, and the two phases run as one.
#pragma once

#include "engine/plan/first_rows.h"
#include "engine/plan/job_graph.h"
#include "tests/operators/harness.h"

#include <string>
#include <vector>

namespace weir {

struct Aggregate {
  AggregateFunction function = AggregateFunction::kCountStar;
  std::string argument;  // Name of an input column; empty for count(*).
  std::string filter;    // Name of a boolean input column; empty: none.
  bool distinct = false;
};

struct Windows {
  SchemaPtr input;
  std::vector<std::string> keys;
  std::vector<Aggregate> aggregates;  // Output columns a0, a1, ...
  int64_t size = seconds(10);
  int64_t offset = 0;
  std::string time = "at";
  WindowKind kind = WindowKind::kTumble;
  int64_t slide = 0;
};

WindowAggregateSpec whole_spec(const Windows& windows);
WindowAggregateSpec partial_spec(const Windows& windows);
// Over what partial_spec makes.
WindowAggregateSpec final_spec(const Windows& windows);
bool has_partial_form(const Windows& windows);

// One of the phases as a case without expectations. The id of the step is "w".
OperatorCase window_case(const WindowAggregateSpec& spec, const SchemaPtr& input, Steps steps,
                         std::optional<FirstRows> first = {});

// The partial phase, whose output is read through the final one, in 1, 2 and 3 instances behind an
// exchange.
OperatorCase partial_case(const Windows& windows, Steps steps);

// The schema of the results.
SchemaPtr result_schema(const Windows& windows);

struct Expected {
  std::vector<Cells> rows;  // Of result_schema.
  uint64_t late = 0;
  std::vector<Cells> late_rows = {};  // Of late_schema; looked at if `late_open`.
  bool late_open = true;
};

// Everything: the whole operator, the partial phase, and the final phase on what the partial phase
// sent.
void check_windows(const Windows& windows, const Steps& steps, const Expected& expected);

}  // namespace weir
