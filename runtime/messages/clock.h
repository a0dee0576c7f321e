// The two clocks of a process. Any thread.
#pragma once

#include <cstdint>

namespace weir {

// Microseconds since 1970: for what people and records say of time.
int64_t wall_clock_micros();

// Microseconds of a clock that only goes on, while the machine sleeps too: for leases, deadlines
// and pauses.
int64_t monotonic_micros();

// One moment by both of them.
struct Instant {
  int64_t wall = 0;
  int64_t monotonic = 0;
};
Instant instant_now();

}  // namespace weir
