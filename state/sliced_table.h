// A table for each slice of time, in order of the slices' ends: window state, where firing is
// walking a table and dropping it, without a timer per key.
//
// Saved, each slice is a store, and the head is passed:i64 left:u64. A slice that was dropped is a
// store that begins anew, without rows.
#pragma once

#include "state/state_table.h"

#include <compare>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace weir {

// What a table is called, and the columns of its key and its values.
struct TableSpec {
  std::string name;
  std::vector<Type> key;
  std::vector<Type> value;
  bool with_timer = false;  // Each row can have a due time (state/timers.h); not where sliced.
  Access access = Access::kByKey;  // kByRow: rows in slices, without an index; only where sliced.

  bool operator==(const TableSpec&) const = default;
};

// Which slice: where it ends, and the end of the first window that it is part of. The two are the
// same where windows do not overlap; where they do, rows that are late for the first windows of
// their slice have a slice of their own.
struct SliceId {
  // NOLINTNEXTLINE(google-explicit-constructor): a time is a slice where windows do not overlap.
  SliceId(int64_t slice_end) : end(slice_end), first(slice_end) {}
  SliceId(int64_t slice_end, int64_t first_window) : end(slice_end), first(first_window) {}

  int64_t end;
  int64_t first;

  auto operator<=>(const SliceId&) const = default;
};

class SlicedTable : public StateTable {
 public:
  SlicedTable(TableSpec spec, Residency& residency);

  const TableSpec& spec() const { return spec_; }
  const RowLayout& layout() const { return *layout_; }
  // An empty table of the same layout, for what is derived from the slices.
  KeyedTable scratch() const { return KeyedTable(layout_); }

  // The table of the slice, made if there is none.
  KeyedTable& slice(SliceId id);
  // The same, of which from now on no row leaves memory, until it is dropped. One at a time.
  KeyedTable& hold(SliceId id);
  bool empty() const { return slices_.empty(); }
  bool has(SliceId id) const { return slices_.contains(id); }
  SliceId first() const { return slices_.begin()->first; }  // REQUIRES: !empty().
  int64_t first_end() const { return first().end; }         // REQUIRES: !empty().
  size_t slices() const { return slices_.size(); }
  size_t rows() const;
  void drop(SliceId id);

  // Calls f(SliceId) for each slice, in order, until it returns false.
  template <typename F>
  void each_id(F&& f) const {
    for (const auto& [id, slice] : slices_) {
      if (!f(id)) return;
    }
  }

  // The end of the last window that has fired, for owners whose windows share slices; the minimum
  // of int64 before the first. Part of the snapshot: all instances of a step have the same at a
  // barrier.
  int64_t passed() const { return passed_; }
  void set_passed(int64_t end) { passed_ = end; }

  Readiness prefetch(int64_t end, const KeyBatch& keys, Selection selection) {
    return residency_.prefetch(spec_.name, end, keys, selection);
  }
  // Before a part of the rows of a slice is walked: Residency. `into` may be the slice's own table,
  // if that is held.
  Readiness prefetch_part(SliceId id, HashPart part, KeyedTable& into) {
    return residency_.prefetch_part(name_, {id.end, id.first}, part, into);
  }
  uint32_t parts(const std::vector<SliceId>& ids, uint64_t beside = 0);
  // What has been made of the slices takes so many bytes of memory, which count as theirs.
  void count_beside(size_t bytes) { beside_ = bytes; }

  TableKind kind() const override { return TableKind::kSliced; }
  std::string signature() const override;
  size_t bytes() const override;
  size_t used_bytes() const override;
  size_t held_bytes() const override;
  void freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) override;
  Status read(const StateImage::Table& from, const OwnedGroups& owned) override;
  void evict(size_t bytes, const Leave& leave) override;
  void missing(StoreId store, const KeyBatch& keys, Selection selection,
               const Missing& f) const override;
  Status come_back(StoreId store, std::string_view value) override;
  void found(StoreId store) override { made({store.end, store.first}); }

 private:
  struct Slice {
    KeyedTable rows;
    bool is_frozen = false;  // Some or all of it was handed over.
  };

  Slice& made(SliceId id);
  template <typename Amount>
  size_t sum_of(Amount&& amount) const;
  Slice* largest_to_leave(SliceId& id);

  const TableSpec spec_;
  const std::shared_ptr<const RowLayout> layout_;
  std::map<SliceId, Slice> slices_;
  std::vector<SliceId> dropped_;  // Since the last freeze(), of those that were handed over before.
  int64_t passed_ = std::numeric_limits<int64_t>::min();
  // Rows that are not reached by key and have left memory since there was no slice, in all lives:
  // their numbers out there.
  uint64_t left_ = 0;
  std::optional<SliceId> held_;
  size_t beside_ = 0;
};

}  // namespace weir
