#include "runtime/messages/clock.h"

#include <chrono>
#include <ctime>

namespace weir {

int64_t wall_clock_micros() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

int64_t monotonic_micros() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

Instant instant_now() { return {.wall = wall_clock_micros(), .monotonic = monotonic_micros()}; }

}  // namespace weir
