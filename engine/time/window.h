// Which window a row belongs to. Windows are [start, end), aligned to the epoch plus an offset,
// also before 1970.
#pragma once

#include <cstdint>

namespace weir {

// End of the tumbling window of `size` that holds `time`. REQUIRES: size > 0. Absent range checks:
// times are within the range of PostgreSQL's timestamps, far from the ends of int64.
constexpr int64_t tumble_end(int64_t time, int64_t size, int64_t offset) {
  int64_t into = (time - offset) % size;
  if (into < 0) into += size;
  return time - into + size;
}

// A row is late for the window that ends at `end` exactly when this is true.
constexpr bool is_late_for_window(int64_t end, int64_t arrival_watermark) {
  return end <= arrival_watermark;
}

}  // namespace weir
