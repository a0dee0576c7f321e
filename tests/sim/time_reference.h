// The reference interpreter of event time: what a job must answer, by the definitions of
// docs/time.md and brute force over all rows. It knows no watermark of a channel, no state, no
// batch and no order in which anything happens; only each row's own arrival watermark A.
//
//   A(r)      the highest time among the earlier accepted rows of the split, less the delay
//   window    [start, end): a row misses it when end <= A, and is late when it misses all of its
//             windows
//   session   rows of a key that are at most the gap apart; late when t < A
//   the rest  late when t < A
//   results   of a step are never late for the next one
//
// The one thing that depends on the schedule is the lift of A where an idle split wakes behind the
// watermark: `lifts` gives it, computed by tests/sim/time_lifts.h from what the readers gave out.
#pragma once

#include "tests/sim/time_case.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace weir {

// (table, split, row): the arrival watermark it was raised to.
using RowPlace = std::tuple<size_t, size_t, size_t>;
using Lifts = std::map<RowPlace, int64_t>;

struct TimeAnswer {
  std::vector<std::string> results;  // "k v at start", sorted.
  std::vector<std::string> lates;    // "table split row window_end behind", sorted.
  uint64_t late_pairs = 0;

  bool operator==(const TimeAnswer&) const = default;
};

// Arrival watermarks of a split's rows as its own order has them. Of rows that are not accepted, A
// of a row in their place.
std::vector<int64_t> arrival_watermarks(const std::vector<TimeRow>& rows, int64_t delay);

TimeAnswer reference_answer(const TimeCase& one, const Lifts& lifts);

std::string result_text(const std::optional<std::string>& k, int64_t v, int64_t at, int64_t start);
std::string late_text(const std::string& table, size_t split, size_t row,
                      std::optional<int64_t> window_end, int64_t behind);

}  // namespace weir
