// What every kind of state that a task declares by name has in common: its size, how it is handed
// over at a barrier (state/frozen_state.h), and how it comes back by key group.
//
// Owned by a TaskState and used by the task's thread.
#pragma once

#include "engine/base/bytes.h"
#include "engine/data/key_group.h"
#include "engine/data/type.h"
#include "state/residency.h"
#include "state/state_image.h"
#include "state/timers.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

// The key groups of a job that one task owns.
struct OwnedGroups {
  uint32_t groups;  // Of the job
  KeyGroupRange range;

  bool contain(uint64_t hash) const { return range.contains(key_group_of(hash, groups)); }
  // How many of so many rows are owned, about.
  size_t share_of(size_t rows) const { return rows * (range.last - range.first + 1) / groups; }
};

// A row that leaves memory, with all that hangs on its key.
//
//   value = hash:u64 due:i64 rest      due: kNoDue if the row has no timer
//
// A row that waits (TableKind::kWaiting) comes back when it is due alone: its key tells it from
// others of its time, of whatever task.
struct LeavingRow {
  StoreId store;
  std::string_view key;  // append_row_key(), but of rows that wait
  int64_t due = kNoDue;
  std::string_view value;
};

class StateTable {
 public:
  StateTable(const StateTable&) = delete;
  StateTable& operator=(const StateTable&) = delete;
  virtual ~StateTable() = default;

  const std::string& name() const { return name_; }
  virtual TableKind kind() const = 0;
  // What saved rows of this table can be read into: a table of the same kind and columns. For
  // comparison, and for people.
  virtual std::string signature() const = 0;
  // Bytes of memory held, and of it by rows that are there.
  virtual size_t bytes() const = 0;
  virtual size_t used_bytes() const = 0;
  // Those of used_bytes() that cannot leave now.
  virtual size_t held_bytes() const { return 0; }
  // Adds its head and stores to `out`.
  virtual void freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) = 0;
  // Adds those rows of an image that are owned. kCorrupt if they do not fit this table.
  virtual Status read(const StateImage::Table& from, const OwnedGroups& owned) = 0;

  // Rows that leave memory and come back (state/tiered_residency.h).

  // Erases rows that were not used for long until `bytes` are free or no row is left, and hands
  // them to `leave`.
  using Leave = std::function<void(const LeavingRow&)>;
  virtual void evict(size_t, const Leave&) {}
  // Calls f for the key of each selected row that is not in memory, in their order.
  using Missing = std::function<void(std::string_view key)>;
  virtual void missing(StoreId, const KeyBatch&, Selection, const Missing&) const {}
  // What left is back. REQUIRES: its key is not in memory. kCorrupt if it does not fit.
  virtual Status come_back(StoreId, std::string_view) { return misfit(); }
  // The same into a table of the same layout, while the row stays where it is.
  Status copy_back(std::string_view value, KeyedTable& into) const;
  // A store has rows, if none in memory.
  virtual void found(StoreId) {}

 protected:
  StateTable(std::string name, Residency& residency)
      : name_(std::move(name)), residency_(residency) {}

  // The rows of one KeyedTable: nothing where nothing changed.
  struct StoreToFreeze {
    StoreId id;
    Freeze what;
    std::vector<size_t> words;
  };
  static void freeze_store(KeyedTable& rows, StoreToFreeze store, FrozenMemory& memory,
                           FrozenTable& out);

  // Calls read_row(id, hash, rest), which gives a Status, reads all of the rest and puts a row into
  // `into`, for each owned row of a store. Null: it has none.
  template <typename F>
  Status read_rows(const StateImage::Store* store, const OwnedGroups& owned, KeyedTable& into,
                   F&& read_row) const {
    if (store == nullptr) return {};
    into.reserve(owned.share_of(store->ids_end()));
    const auto read_owned = [&](const StateImage::Row& row) -> Status {
      if (!owned.contain(row.hash)) return {};
      ByteReader rest(row.rest);
      TRY(read_row(row.id, row.hash, rest));
      return rest.left() == 0 ? Status() : misfit();
    };
    return store->each(read_owned, [&](uint64_t hash) { into.fetch_place(hash); });
  }

  // Calls let_go(RowId) for rows that were not used for long, until so many bytes less are used.
  template <typename F>
  void evict_rows(KeyedTable& rows, size_t bytes, F&& let_go) {
    std::vector<RowId> ids;
    const size_t before = used_bytes();
    while (rows.size() > 0 && used_bytes() + bytes > before) {
      ids.clear();
      rows.pick_unused(kEvictedAtOnce, ids);
      for (const RowId id : ids) let_go(id);
    }
  }
  // What leaves of a row: its key, and a value that others may add to. Used for row after row.
  struct LeavingBytes {
    std::string key;
    ByteWriter value;

    void begin(const KeyedTable& rows, RowId id, int64_t due);
  };
  // The row of a value, and when it is due; `in` is left where it was added to.
  struct Returned {
    RowId row;
    int64_t due;
  };
  static Result<Returned> begin_return(KeyedTable& rows, ByteReader& in);
  // Calls f(hash, key) for each selected key that is not in `rows`, in their order.
  static void missing_in(const KeyedTable& rows, const KeyBatch& keys, Selection selection,
                         const std::function<void(uint64_t hash, std::string_view key)>& f);

  Status misfit() const;  // kCorrupt: what was saved is not of this table.
  static std::string types_text(const std::vector<Type>& types);

  static constexpr size_t kEvictedAtOnce = 256;

  const std::string name_;
  Residency& residency_;
};

}  // namespace weir
