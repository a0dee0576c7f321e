// What OVER must give, computed the slow way: all rows in order, and for each row its frame anew.
#pragma once

#include "tests/operators/over_cases.h"
#include "tests/operators/window_reference.h"

#include <random>
#include <string>
#include <vector>

namespace weir {

struct PlacedRow {
  InputRow row;
  int32_t split = 0;
  int64_t position = 0;
};

// Of rows that were on time, in the order in which they came; as JSON by the result schema, in the
// order in which they must leave.
std::vector<std::string> reference_results(const Overs& overs, std::vector<PlacedRow> rows);

// A random stream of two splits, each with its own clock, and what must become of each row.
struct RandomOver {
  Steps steps;
  std::vector<PlacedRow> on_time;
  uint64_t late = 0;
};
RandomOver random_over(const Overs& overs, bool drops_late, std::mt19937_64& dice);

}  // namespace weir
