// A table for each slice of time, in order of the slices' ends: window state, where firing is
// walking a table and dropping it, without a timer per key.
//
//   snapshot = slices:u32 ( end:i64 items )*      rest of an item: the encoded row
#pragma once

#include "state/state_table.h"

#include <map>
#include <memory>
#include <vector>

namespace weir {

// What a table is called, and the columns of its key and its values.
struct TableSpec {
  std::string name;
  std::vector<Type> key;
  std::vector<Type> value;
  bool with_timer = false;  // Each row can have a due time (state/timers.h); not where sliced.

  bool operator==(const TableSpec&) const = default;
};

class SlicedTable : public StateTable {
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
  void drop(int64_t end) { slices_.erase(end); }

  Readiness prefetch(int64_t end, const KeyBatch& keys, Selection selection) {
    return residency_.prefetch(spec_.name, end, keys, selection);
  }
  Readiness prefetch_slice(int64_t end) { return residency_.prefetch_slice(spec_.name, end); }

  TableKind kind() const override { return TableKind::kSliced; }
  size_t bytes() const override;
  void write_snapshot(ByteWriter& out) const override;
  Status read_snapshot(ByteReader& in, const OwnedGroups& owned) override;

 private:
  const TableSpec spec_;
  const std::shared_ptr<const RowLayout> layout_;
  std::map<int64_t, KeyedTable> slices_;
};

}  // namespace weir
