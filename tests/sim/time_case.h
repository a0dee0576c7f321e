// One random job about event time: its tables, the steps of its query, and how it is run. The seed
// alone decides all of it.
//
// Every step takes rows (k, v, at) and gives rows (k, v, at, start), so that steps can be put
// behind each other; v of a result is made of the v of the rows in it, large random numbers, so
// that it tells which rows those were. Times are microseconds; those of rows are whole seconds,
// near each other and near zero, so that equal times and times on the edges of windows are common.
#pragma once

#include "engine/plan/specs.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

inline constexpr int64_t kSecond = 1'000'000;

struct TimeRow {
  std::optional<std::string> k;
  int64_t v = 0;
  int64_t at = 0;
};

struct TimeTable {
  std::string name;
  int64_t delay = 0;
  std::vector<std::vector<TimeRow>> splits;
};

enum class TimeStepKind {
  kTumble,
  kHop,
  kCumulate,
  kSession,
  kOverRange,
  kOverRows,
  kLag,
  kKeepFirst,
  kSuppress,
  kIntervalJoin,
};

struct TimeStep {
  TimeStepKind kind = TimeStepKind::kTumble;
  int64_t size = 0;  // Of a window, a gap, a range, an interval.
  int64_t slide = 0;
  int64_t offset = 0;
  int64_t rows = 0;  // Of OVER ROWS.
  JoinType join = JoinType::kInner;
  int64_t before = 0;  // Of a join: left.at is between right.at - before and right.at + after.
  int64_t after = 0;
};

struct TimeCase {
  uint64_t seed = 0;
  std::vector<TimeTable> tables;  // Two of a join, and where their rows are put together.
  bool filtered = false;          // Rows of which v is a multiple of 3 are left out.
  std::vector<TimeStep> steps;    // The second works on the results of the first.
  uint32_t parallelism = 1;
  bool two_phase = true;
  size_t batch_rows = 1;
  std::optional<int64_t> idle_timeout;  // Then splits fall silent and wake behind the watermark.
};

// Rows stamped later than this are bad: times are near zero, and so is the clock.
inline constexpr int64_t kFutureBound = 3600 * kSecond;

TimeCase random_time_case(uint64_t seed);

// The job: writes tables `results` (k, v, at, start) and `lates`.
std::string sql_of(const TimeCase& one);

}  // namespace weir
