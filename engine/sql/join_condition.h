// What the conditions of a join are for: keys, bounds in time, windows, and the rest. Pure.
//
// Conditions are over the columns of all tables of FROM, one behind the other: the joint columns.
// A side of a join is a range of them.
#pragma once

#include "engine/sql/window_provenance.h"

#include <optional>
#include <vector>

namespace weir {

struct JoinCondition {
  ExprPtr expr;
  size_t location = 0;
};

// What is known of one side, in joint columns.
struct SideFacts {
  size_t begin = 0;
  size_t end = 0;                   // Behind the last one.
  std::vector<size_t> event_times;  // Columns with event time.
  std::optional<ResultWindow> window;
};

// Whether all columns that the expression reads are in [begin, end).
bool reads_only(const Expr& expr, size_t begin, size_t end);

struct JoinKey {
  ExprPtr left;
  ExprPtr right;  // Of the same type.
};

// left - right is in [lower, upper], microseconds.
struct TimeBound {
  size_t left = 0;
  size_t right = 0;
  std::optional<int64_t> lower;
  std::optional<int64_t> upper;
};

struct JoinShape {
  std::vector<JoinKey> keys;
  bool by_window = false;  // Both sides have a window, and the keys end with its start.
  std::optional<TimeBound> time;
  std::vector<ExprPtr> rest;
};

// Errors are placed: windows that differ, bounds without a fixed length.
Result<JoinShape> shape_of(const ScriptText& script, const SideFacts& left, const SideFacts& right,
                           const std::vector<JoinCondition>& conditions);

}  // namespace weir
