// State is asked for before it is used: who decides what is in memory.
//
// For each call of process an operator names the keys, slices or times it will touch; kPending
// means: they are not in memory yet, the task parks the element and asks again later. What was
// granted stays resident until that call of process returns. The in-memory residency grants at
// once; tests use one that says kPending first, and crashes on what was not asked for.
//
// Owned by a TaskState and used by the task's thread.
#pragma once

#include "state/keyed_table.h"

#include <cstdint>
#include <string_view>

namespace weir {

enum class Readiness { kReady, kPending };

class Residency {
 public:
  virtual ~Residency() = default;

  // Before rows of these keys, with their lists, are looked up in slice `slice` of `table`
  // (unsliced tables: slice 0).
  virtual Readiness prefetch(std::string_view table, int64_t slice, const KeyBatch& keys,
                             Selection selection) = 0;
  // Before all rows of a slice are walked.
  virtual Readiness prefetch_slice(std::string_view table, int64_t slice) = 0;
  // Before what is due at `until` or earlier is taken: waiting rows, and rows with a timer with
  // their lists.
  virtual Readiness prefetch_until(std::string_view table, int64_t until) = 0;
  // A table's slice is about to be used; for tests that check that it was asked for.
  virtual void used(std::string_view table, int64_t slice) = 0;
};

// Everything is in memory.
class MemoryResidency : public Residency {
 public:
  Readiness prefetch(std::string_view, int64_t, const KeyBatch&, Selection) override {
    return Readiness::kReady;
  }
  Readiness prefetch_slice(std::string_view, int64_t) override { return Readiness::kReady; }
  Readiness prefetch_until(std::string_view, int64_t) override { return Readiness::kReady; }
  void used(std::string_view, int64_t) override {}
};

}  // namespace weir
