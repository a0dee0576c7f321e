// State is asked for before it is used: who decides what is in memory.
//
// For each call of process an operator names the keys, slices or times it will touch; kPending
// means: they are not in memory yet, the task parks the element and asks again later. What was
// granted stays resident until that call of process returns, and for a batch until all of it is
// done. The in-memory residency grants at
// once; tests use one that says kPending first, and crashes on what was not asked for. The one that
// moves rows out of memory is state/tiered_residency.h.
//
// Owned by a TaskState and used by the task's thread.
#pragma once

#include "state/frozen_state.h"
#include "state/hash_part.h"
#include "state/keyed_table.h"
#include "state/timers.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class Readiness { kReady, kPending };

class StateTable;
class WarmStore;
struct OwnedGroups;

class Residency {
 public:
  virtual ~Residency() = default;

  // Before rows of these keys, with their lists, are looked up in slice `slice` of `table`
  // (unsliced tables: slice 0).
  virtual Readiness prefetch(std::string_view table, int64_t slice, const KeyBatch& keys,
                             Selection selection) = 0;
  // Before the rows of a part of a store are walked: those that are out of memory are put into
  // `into` as well, which has the layout of the table, and stay where they are.
  virtual Readiness prefetch_part(std::string_view table, StoreId store, HashPart part,
                                  KeyedTable& into) = 0;
  // In how many parts to walk these stores of a table, one part of each at a time, so that what
  // comes takes little memory. `beside`: bytes that all parts together take of whoever walks.
  virtual uint32_t parts(std::string_view table, const std::vector<StoreId>& stores,
                         uint64_t beside) = 0;
  // Before what is due at `until` or earlier is taken: waiting rows, and rows with a timer with
  // their lists. Some of what is out of memory comes, the first of all; of waiting rows also some
  // that are due later.
  virtual Readiness prefetch_until(std::string_view table, int64_t until) = 0;
  // A table's slice is about to be used; for tests that check that it was asked for.
  virtual void used(std::string_view table, int64_t slice) = 0;

  // What follows is asked by the state itself. Here: everything stays in memory.

  // A table of the task, once. It lives as long as the residency is used.
  virtual void declared(StateTable&) {}
  // When the first of the waiting rows of a table that are out of memory is due, or no later than
  // that of its rows with a timer; kNoDue: none is.
  virtual int64_t first_due(std::string_view) const { return kNoDue; }
  // Whether rows out of memory are due at `until` or earlier: they come with another
  // prefetch_until().
  bool has_due(std::string_view table, int64_t until) const {
    const int64_t first = first_due(table);
    return first != kNoDue && first <= until;
  }
  // All rows of one store of a table are gone, or all of the table.
  virtual void forget(std::string_view, StoreId) {}
  virtual void forget_all(std::string_view) {}
  // Moves rows out of memory if there are too many. Between calls of process, while no batch is in
  // work.
  virtual Status make_room() { return {}; }
  // Why what was asked for stays kPending: an error ends the task.
  virtual Status status() const { return {}; }
  // What is out of memory, at a barrier; absent: nothing ever was.
  virtual Result<std::optional<WarmCut>> cut() { return std::optional<WarmCut>(); }

  // What was out of memory when a checkpoint was taken, before anything else is known of the
  // tables: either the files of one cut are in cut_folder(), of a task with the same tables and key
  // groups; or, for each task that had some of them, the rows of its store that are owned.
  virtual std::string cut_folder() const { unreachable(); }
  virtual Status adopt_cut() { unreachable(); }
  virtual Status take_in(WarmStore&, const OwnedGroups&) { unreachable(); }
};

// Everything is in memory.
class MemoryResidency : public Residency {
 public:
  Readiness prefetch(std::string_view, int64_t, const KeyBatch&, Selection) override {
    return Readiness::kReady;
  }
  Readiness prefetch_part(std::string_view, StoreId, HashPart, KeyedTable&) override {
    return Readiness::kReady;
  }
  uint32_t parts(std::string_view, const std::vector<StoreId>&, uint64_t) override { return 1; }
  Readiness prefetch_until(std::string_view, int64_t) override { return Readiness::kReady; }
  void used(std::string_view, int64_t) override {}
};

}  // namespace weir
