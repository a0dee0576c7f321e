// What a windowed aggregation must give, computed the slow way: rows are kept by group in a
// std::map, and each aggregate goes over them all. Knows nothing of the engine but its types and
// how a row is printed.
#pragma once

#include "engine/data/scalar.h"
#include "tests/operators/window_cases.h"

#include <random>
#include <string>
#include <vector>

namespace weir {

struct InputRow {
  std::optional<std::string> k;
  std::optional<int32_t> g;
  std::optional<bool> ok;
  std::optional<int64_t> v;
  std::optional<int64_t> cents;  // Column n, numeric(12,2)
  std::optional<double> f;       // Multiples of 0.25, so that sums are exact in any order.
  int64_t at = 0;                // Microseconds
};

// k text, g int, ok boolean, v bigint, n numeric(12,2), f double precision, at timestamptz
SchemaPtr reference_input();
InputRow random_row(std::mt19937_64& dice);
// A value of any column but the time.
Scalar reference_value(const InputRow& row, const std::string& column);
// What an aggregate gives over these rows.
Scalar reference_result(const Aggregate& aggregate, const std::vector<InputRow>& rows,
                        const Type& type);
// Rows with their arrival watermarks in microseconds, which are left out where no row is behind.
RecordBatch reference_batch(const std::vector<InputRow>& rows,
                            const std::vector<int64_t>& arrivals);

// Rows that were on time, each with its window, once for each of them; as JSON by the result
// schema.
struct WindowedRow {
  InputRow row;
  int64_t window_start = 0;
  int64_t window_end = 0;
};
std::vector<std::string> reference_results(const Windows& windows,
                                           const std::vector<WindowedRow>& rows);

// A random stream of two splits, each with its own clock, and what must become of each row.
struct RandomStream {
  Steps steps;
  std::vector<WindowedRow> on_time;
  uint64_t late = 0;        // For all of their windows
  uint64_t late_pairs = 0;  // Of (row, window), where the row is on time for another window
};
RandomStream random_stream(const Windows& windows, std::mt19937_64& dice);

}  // namespace weir
