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

#include <string>
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
  // Bytes of memory held.
  virtual size_t bytes() const = 0;
  // Adds its head and stores to `out`.
  virtual void freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) = 0;
  // Adds those rows of an image that are owned. kCorrupt if they do not fit this table.
  virtual Status read(const StateImage::Table& from, const OwnedGroups& owned) = 0;

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

  Status misfit() const;  // kCorrupt: what was saved is not of this table.
  static std::string types_text(const std::vector<Type>& types);

  const std::string name_;
  Residency& residency_;
};

}  // namespace weir
