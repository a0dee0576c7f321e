// KeyedLists: for each key a head row, and a list of entries in order of an int64 (a time).
//
// Heads are found by key and hold what is known of the key as a whole (running aggregates, times);
// entries are reached from their head and from each other. Both are rows of a KeyedTable, stable
// until erased, whose values the owner reads and writes there; the links stand in hidden words of
// the rows. Entries with equal order are in order of insertion. Owned by a TaskState and used by
// the task's thread.
//
// Saved are two stores: (0, 0) has the heads, whose words are the list's ends and, with timers, the
// due time; (1, 0) the entries, whose words are their order and links. Of the links only `first`
// and `next` count, by the ids that entries had; the others follow from them. A row whose other
// links alone were written has not changed.
#pragma once

#include "state/state_table.h"
#include "state/timers.h"

#include <memory>
#include <optional>
#include <vector>

namespace weir {

struct ListsSpec {
  std::string name;
  std::vector<Type> key;
  std::vector<Type> head;   // Values of a head
  std::vector<Type> entry;  // Values of an entry
  bool with_timer = false;  // Each head can have a due time.

  bool operator==(const ListsSpec&) const = default;
};

class KeyedLists : public StateTable {
 public:
  KeyedLists(ListsSpec spec, Residency& residency);

  const ListsSpec& spec() const { return spec_; }

  // Heads are inserted and found here, with empty lists when new; rows of both tables are erased by
  // the functions below only.
  KeyedTable& heads();
  const RowLayout& head_layout() const { return heads_.layout(); }
  KeyedTable& entries() { return entries_; }
  const KeyedTable& entries() const { return entries_; }
  Timers& timers() { return *timers_; }  // Of heads. REQUIRES: with_timer.

  // A new entry, all NULL and zero, behind the last whose order is not above `order`. Quick near
  // the end of the list.
  RowId insert(RowId head, int64_t order);
  // A new entry behind `before`, of its order; in front of all where that is kNoRow, with the order
  // of the first (0 if there is none). For lists whose owner sorts them by more than an int64.
  RowId insert_behind(RowId head, RowId before);

  // Has the processor load the ends of these lists while other work is done: worth calling some
  // dozens of heads ahead where lists are many.
  void touch(const RowId* heads, size_t count) const;

  // kNoRow: there is none.
  RowId first(RowId head) const { return link(heads_.row(head) + first_offset_); }
  RowId last(RowId head) const { return link(heads_.row(head) + last_offset_); }
  RowId next(RowId entry) const { return link(entries_.row(entry) + next_offset_); }
  RowId prev(RowId entry) const { return link(entries_.row(entry) + prev_offset_); }
  size_t size(RowId head) const { return load<uint64_t>(heads_.row(head) + size_offset_); }
  int64_t order(RowId entry) const { return load<int64_t>(entries_.row(entry) + order_offset_); }

  // REQUIRES: `entry` is in the list of `head`.
  void erase(RowId head, RowId entry) {
    unlink(head, entry);
    entries_.erase(entry);
  }
  // Takes an entry out of its list and leaves the row to be read until it is dropped; before the
  // element's end it must be.
  void unlink(RowId head, RowId entry);
  void drop(RowId unlinked) { entries_.erase(unlinked); }
  void pop_front(RowId head) { erase(head, first(head)); }
  void erase_head(RowId head);  // With its entries.
  // Appends the heads in memory that are due at `until` or earlier, as Timers::pop_due() does;
  // returns whether there are more, which prefetch_due(until) may have to bring: who asks until
  // another time than he pops until may wait for ever. REQUIRES: with_timer.
  bool pop_due(int64_t until, size_t heads_max, std::vector<Timers::Due>& due) {
    return timers_->pop_due(until, heads_max, due) || residency_.has_due(name_, until);
  }
  // Erases those heads; the same otherwise.
  bool erase_due(int64_t until, size_t heads_max);
  void erase_all();

  Readiness prefetch(const KeyBatch& keys, Selection selection) {
    return residency_.prefetch(spec_.name, 0, keys, selection);
  }
  Readiness prefetch_due(int64_t until) { return residency_.prefetch_until(spec_.name, until); }

  TableKind kind() const override { return TableKind::kLists; }
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
  // A link is the row's id plus one, so that a new row, which is zero, has none.
  static RowId link(const std::byte* at) { return load<uint32_t>(at) - 1; }
  static void set_link(std::byte* at, RowId row) { store<uint32_t>(at, row + 1); }
  void link_behind(RowId head, RowId before, RowId entry, int64_t order);
  // What is behind `before` in the list, and before `after`: kNoRow stands for the list's ends.
  void set_next(RowId head, RowId before, RowId to);
  void set_prev(RowId head, RowId after, RowId to);
  void add_to_size(RowId head, int64_t n);

  struct SavedHead {
    RowId row;
    RowId first;  // By the id that it had.
  };
  struct SavedEntry {
    RowId row = kNoRow;
    RowId next = kNoRow;  // By the id that it had.
    int64_t order = 0;
  };
  Result<std::vector<SavedHead>> read_heads(const StateImage::Table& from,
                                            const OwnedGroups& owned);
  Result<std::vector<SavedEntry>> read_entries(const StateImage::Table& from,
                                               const OwnedGroups& owned);

  const ListsSpec spec_;
  KeyedTable heads_;
  KeyedTable entries_;
  std::optional<Timers> timers_;
  std::vector<Timers::Due> due_;  // Scratch.
  const size_t first_offset_;
  const size_t last_offset_;
  const size_t size_offset_;
  const size_t order_offset_;
  const size_t next_offset_;
  const size_t prev_offset_;
};

}  // namespace weir
