// What a job may have of the memory of one worker, and for what: what a worker tells the
// coordinator of its MemoryPlan. A value: any thread.
#pragma once

#include "engine/plan/memory_plan.h"

#include <cstdint>
#include <vector>

namespace weir {

struct MemoryShare {
  uint64_t bytes = 0;        // The number of the job there, in bytes: the sum of all parts.
  uint64_t least_bytes = 0;  // MemoryPlan::least_bytes
  std::vector<MemoryPart> parts;
  uint64_t worker_bytes = 0;  // The worker's own number, for all its jobs; 0: it has none.

  bool operator==(const MemoryShare&) const = default;
};

}  // namespace weir
