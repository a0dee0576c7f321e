// Vocabulary for tests of joins: specs in a line, random streams of both sides, and what nested
// loops make of them.
//
// Both sides have the columns k text, g int, at timestamptz (event time), v bigint with the side's
// letter before the name: lk, lg, lat, lv and rk, rg, rat, rv.
#pragma once

#include "engine/plan/job_graph.h"
#include "tests/operators/harness.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weir {

SchemaPtr left_schema();
SchemaPtr right_schema();
// Of a join of both.
SchemaPtr joined_schema(JoinType type);

JoinSide left_side(std::vector<size_t> keys = {0, 1});
JoinSide right_side(std::vector<size_t> keys = {0, 1});

// lv < rv, over the columns of a join.
ExprPtr left_is_less();

struct JoinRow {
  std::optional<std::string> k;
  std::optional<int> g;
  int64_t at = 0;       // Seconds
  int64_t arrival = 0;  // Seconds; kMinTime: minus infinity.
  int64_t v = 0;
};

// Batches of both sides and watermarks, with all rows of each side beside them.
struct JoinStream {
  Steps steps;
  std::vector<JoinRow> left;
  std::vector<JoinRow> right;
};

// On-time rows lie at the watermark or up to 20 s above it, some rows are late, some keys NULL.
// With `window`, times are ends of windows of so many seconds.
JoinStream random_stream(std::mt19937_64& dice, int64_t window);

using RowsMatch = std::function<bool(const JoinRow& left, const JoinRow& right)>;

// Nested loops over rows that are not late. `matches` is asked for equal keys only.
std::vector<std::string> nested_loops(JoinType type, const std::vector<JoinRow>& left,
                                      const std::vector<JoinRow>& right, const RowsMatch& matches);

}  // namespace weir
