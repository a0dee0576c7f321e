// Everything one task remembers between elements: keyed tables, tables sliced by time, and where
// its splits stand.
//
// An operator declares its tables once, when it is made, by a name that is unique in the task;
// nothing it remembers may live elsewhere, because this is what snapshots hold and what moves when
// a job is rescaled. Owned by one task and used by its thread.
//
// State is asked for before it is used. For each element an operator names the keys or slices it
// will touch; kPending means: they are not in memory yet, the task parks the element and asks again
// later. What was granted stays resident until the element is processed. The in-memory residency
// grants at once; tests use one that says kPending first, and one that crashes on what was not
// asked for.
#pragma once

#include "engine/base/status.h"
#include "engine/data/key_group.h"
#include "state/keyed_table.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

enum class Readiness { kReady, kPending };

// A kind of table: what it is called, and the columns of its key and its values.
struct TableSpec {
  std::string name;
  std::vector<Type> key;
  std::vector<Type> value;
};

// Decides what must be fetched before it is used.
class Residency {
 public:
  virtual ~Residency() = default;

  // Before rows of these keys are looked up in slice `slice` of `table` (unsliced tables: slice 0).
  virtual Readiness prefetch(std::string_view table, int64_t slice, const KeyBatch& keys,
                             Selection selection) = 0;
  // Before all rows of a slice are walked.
  virtual Readiness prefetch_slice(std::string_view table, int64_t slice) = 0;
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
  void used(std::string_view, int64_t) override {}
};

// A table for each slice of time, in order of the slices' ends: window state, where firing is
// walking a table and dropping it, without a timer per key.
class SlicedTable {
 public:
  SlicedTable(TableSpec spec, Residency& residency);

  const TableSpec& spec() const { return spec_; }
  const RowLayout& layout() const { return *layout_; }

  // The table of the slice that ends at `end`, made if there is none.
  KeyedTable& slice(int64_t end);
  bool empty() const { return slices_.empty(); }
  bool has(int64_t end) const { return slices_.contains(end); }
  int64_t first_end() const { return slices_.begin()->first; }  // REQUIRES: !empty().
  size_t slices() const { return slices_.size(); }
  size_t rows() const;
  size_t bytes() const;
  void drop(int64_t end) { slices_.erase(end); }

  Readiness prefetch(int64_t end, const KeyBatch& keys, Selection selection) {
    return residency_.prefetch(spec_.name, end, keys, selection);
  }
  Readiness prefetch_slice(int64_t end) { return residency_.prefetch_slice(spec_.name, end); }

 private:
  friend class TaskState;

  TableSpec spec_;
  std::shared_ptr<const RowLayout> layout_;
  Residency& residency_;
  std::map<int64_t, KeyedTable> slices_;
};

// Where the reading of one split stands.
struct SplitState {
  std::string position;        // Opaque: operators/connectors/source.h
  int64_t highest_event_time;  // Of its accepted rows; the minimum of int64 before the first.
  bool finished = false;

  bool operator==(const SplitState&) const = default;
};

class TaskState {
 public:
  TaskState(uint32_t key_groups, KeyGroupRange range, std::unique_ptr<Residency> residency);

  // A table of this task, made on first call. REQUIRES: the name is not taken by another kind of
  // table.
  SlicedTable& sliced(const TableSpec& spec);

  // Of the source of this task, by split name.
  std::map<std::string, SplitState>& splits() { return splits_; }

  KeyGroupRange key_groups() const { return range_; }
  size_t bytes() const;

  // All of it as bytes, by (table, slice, row).
  std::string snapshot() const;

  // Adds what a snapshot holds for this task's key groups; splits are taken as they are. May be
  // called once for each of several snapshots whose tasks owned these key groups before. REQUIRES:
  // the tables were declared. kCorrupt if the bytes are not a snapshot or do not fit the declared
  // tables.
  Status restore(std::string_view snapshot);

 private:
  Status restore_table(ByteReader& in);

  uint32_t groups_;
  KeyGroupRange range_;
  std::unique_ptr<Residency> residency_;
  std::map<std::string, std::unique_ptr<SlicedTable>, std::less<>> sliced_;
  std::map<std::string, SplitState> splits_;
};

}  // namespace weir
