// Exactly-once output that waits in memory for its checkpoint, of all sinks of a job's part in one
// process: counted, so that reading pauses when there is much of it.
//
// Sources look before they read and begin no epoch by it: a barrier passes whatever waits, and the
// checkpoint that it begins delivers. What was read before the pause still comes, and is taken.
// Owned by the JobPart, which outlives its tasks; safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

class OutputBudget {
 public:
  // Zero: no bound. Before any task runs.
  void bound(uint64_t bytes) { bytes_max_ = bytes; }

  void add(uint64_t bytes) { waiting_.fetch_add(bytes, std::memory_order_relaxed); }
  void subtract(uint64_t bytes) { waiting_.fetch_sub(bytes, std::memory_order_relaxed); }
  uint64_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  bool is_full() const { return bytes_max_ != 0 && waiting() >= bytes_max_; }

 private:
  uint64_t bytes_max_ = 0;  // Constant while tasks run.
  std::atomic<uint64_t> waiting_{0};
};

}  // namespace weir
