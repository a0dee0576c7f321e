// One KeyedTable kept by name, with a timer a row if its spec says so.
//
// Saved rows have the due time as their word, with timers.
#pragma once

#include "state/sliced_table.h"
#include "state/timers.h"

#include <optional>

namespace weir {

class UnslicedTable : public StateTable {
 public:
  UnslicedTable(TableSpec spec, Residency& residency);

  const TableSpec& spec() const { return spec_; }
  const RowLayout& layout() const { return table_.layout(); }

  KeyedTable& table();
  Timers& timers() { return *timers_; }  // REQUIRES: with_timer.

  // Erases rows in memory that are due at `until` or earlier, `rows_max` at the most; returns
  // whether there are more, which prefetch_due(until) may have to bring: who asks until another
  // time than he erases until may wait for ever. REQUIRES: with_timer.
  bool erase_due(int64_t until, size_t rows_max);
  void erase_all();

  Readiness prefetch(const KeyBatch& keys, Selection selection) {
    return residency_.prefetch(spec_.name, 0, keys, selection);
  }
  Readiness prefetch_due(int64_t until) { return residency_.prefetch_until(spec_.name, until); }

  TableKind kind() const override { return TableKind::kUnsliced; }
  std::string signature() const override;
  size_t bytes() const override;
  size_t used_bytes() const override;
  void freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) override;
  Status read(const StateImage::Table& from, const OwnedGroups& owned) override;
  void evict(size_t bytes, const Leave& leave) override;
  void missing(StoreId store, const KeyBatch& keys, Selection selection,
               const Missing& f) const override;
  Status come_back(StoreId store, std::string_view value) override;

 private:
  const TableSpec spec_;
  KeyedTable table_;
  std::optional<Timers> timers_;
  std::vector<Timers::Due> due_;  // Scratch.
};

}  // namespace weir
