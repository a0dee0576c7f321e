// What the files of one task (state/frozen_state.h) say together: its tables, by the ids that rows
// had there. Any number of tasks read it, each the rows of its own key groups. Of changes alone it
// makes one file that says what they say together.
//
// Holds the files that were added. Made by whoever restores a job, or stores its state, and used by
// its thread.
#pragma once

#include "engine/base/fetch.h"
#include "engine/base/status.h"
#include "state/frozen_state.h"
#include "state/object_bytes.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class StateImage {
 public:
  // A row, whose values and saved words `rest` has. Of a corrupt file it may be anything.
  struct Row {
    RowId id;  // In the table that it comes from.
    uint64_t hash;
    std::string_view rest;
  };

  class Store {
   public:
    RowId ids_end() const { return static_cast<RowId>(items_.size()); }
    // Calls f(Row), which gives a Status, for each row in order of ids, until one is not ok; and
    // ahead(hash) for most of them some rows before.
    template <typename F, typename Ahead>
    Status each(F&& f, Ahead&& ahead) const {
      for (RowId id = 0; id < ids_end(); ++id) {
        if (id + 2 * kAhead < ids_end()) fetch(items_[id + 2 * kAhead]);
        if (id + kAhead < ids_end() && has(id + kAhead)) ahead(row_at(id + kAhead).hash);
        if (has(id)) TRY(f(row_at(id)));
      }
      return {};
    }
    template <typename F>
    Status each(F&& f) const {
      return each(f, [](uint64_t) {});
    }

   private:
    friend class StateImage;
    static constexpr RowId kAhead = 16;
    bool has(RowId id) const { return items_[id] != nullptr && items_[id] != kGone; }
    Row row_at(RowId id) const;
    void encode(ByteWriter& out) const;

    static const char kGone[];
    // By id: where its item begins; kGone: it is gone; null: no file says anything.
    std::vector<const char*> items_;
    bool anew_ = false;
  };

  struct Table {
    TableKind kind;
    std::string head;
    std::map<StoreId, Store> stores;

    const Store* store(StoreId id) const;  // Null: it has no rows.
  };

  // Of a whole state, or of changes alone.
  explicit StateImage(Freeze what = Freeze::kWhole) : what_(what) {}

  // The next file of the task, as it was written: whoever read it has compared its checksum. The
  // first of a whole state must be whole. kCorrupt if the bytes are not such a file: the image is
  // of no use then.
  Status add(ObjectBytes file);

  // All of it as one file.
  std::string encode() const;

  const std::map<std::string, Table, std::less<>>& tables() const { return tables_; }
  const std::map<std::string, SplitState>& splits() const { return splits_; }
  const std::map<std::string, int64_t>& clocks() const { return clocks_; }

 private:
  Status add_table(ByteReader& in);
  static Status add_rows(ByteReader& in, Store& store);
  Status add_splits(ByteReader& in);
  Status add_clocks(ByteReader& in);

  const Freeze what_;
  std::vector<ObjectBytes> files_;
  std::map<std::string, Table, std::less<>> tables_;
  std::map<std::string, SplitState> splits_;
  std::map<std::string, int64_t> clocks_;
};

}  // namespace weir
