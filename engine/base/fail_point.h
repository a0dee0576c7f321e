// Named places at which a test ends the process at once, as a loss of power would.
//
// One of them can be armed, for its n-th passage; all others cost one load. The names are found by
// reading the source: FAIL_POINT("checkpoint.manifest_stored").
#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace weir {

namespace fail_point {

extern std::atomic<bool> is_armed;

// "name" or "name:n": the process is killed when the place is passed for the n-th time (1 if
// absent). Before there are threads.
void arm(const std::string& place);

void pass(std::string_view name);

}  // namespace fail_point

#define FAIL_POINT(name)                                              \
  do {                                                                \
    if (weir::fail_point::is_armed.load(std::memory_order_relaxed)) { \
      weir::fail_point::pass(name);                                   \
    }                                                                 \
  } while (false)

}  // namespace weir
