// One number for the memory of a job in one process, and what each part of the job may have of it.
//
// Some parts take what they take: the process, rows in work, frames of the exchange. Others (queues
// of channels and of Kafka, output that waits for its checkpoint) work with little and better with
// more: they get a least amount, then a share of what is left, and never more than they have a use
// for. The rest is for rows of state, and for the copy of them that is made at a checkpoint: where
// it is not enough for that, rows leave memory (state/tiered_residency.h). The figures behind the
// shares are measured: docs/memory.md.
//
// Pure: the same plan and number give the same sum in every process.
#pragma once

#include "engine/plan/plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct MemorySetup {
  uint64_t bytes = 0;  // The number: of a process with so many slots,
  uint32_t slots = 1;  // of which the job has so many.
  uint32_t slots_used = 1;
  std::vector<bool> here;  // By TaskId: which tasks run in the process; empty: all.
  bool is_copied = true;   // Whether checkpoints copy the state.

  uint64_t own_bytes() const { return bytes * slots_used / slots; }
};

struct MemoryPart {
  std::string what;
  uint64_t bytes = 0;

  bool operator==(const MemoryPart&) const = default;
};

struct MemoryPlan {
  uint64_t bytes = 0;  // The sum of all parts.
  std::vector<MemoryPart> parts;
  // With less than this of the job's own the job is refused.
  uint64_t least_bytes = 0;

  // What the parts that can be bounded may have. Zero: there is none of that kind.
  uint64_t channel_bytes = 0;   // Each channel
  uint64_t consumer_bytes = 0;  // Option buffer_bytes of each reader of Kafka that does not say it.
  uint64_t producer_bytes = 0;  // The same of each at-least-once writer of Kafka.
  uint64_t output_bytes = 0;    // Of all exactly-once output to Kafka that is not delivered yet.
  uint64_t state_bytes = 0;     // Rows of state
};

// kUser, with the sum of what is needed, where the number is too small.
Result<MemoryPlan> plan_memory(const Plan& plan, const MemorySetup& setup);

// The least number that `plan_memory` takes with this setup, whatever setup.bytes says.
uint64_t least_memory(const Plan& plan, const MemorySetup& setup);

// The options of a table with those that keep its queues within the plan.
OptionMap within(const MemoryPlan& memory, const SourceSpec& spec);
OptionMap within(const MemoryPlan& memory, const SinkSpec& spec);

// "512 MiB", "1.5 GiB": three digits at the most before the point.
std::string size_text(uint64_t bytes);

// A line for each part, and one of the sum before them.
std::string memory_text(const MemoryPlan& memory);

}  // namespace weir
