// Timers: for each row of a table at most one due time.
//
// The due time stands in a hidden word of its row and goes where the row goes; the queue over the
// rows is derived from it. Owned by the table's owner (UnslicedTable, KeyedLists) and used by the
// task's thread. Times are microseconds, below kNoDue.
//
// A timer that is moved later costs nothing until its old time comes: the queue holds one entry a
// row, at or before the due time, and looks again when that is reached. Erasing a row ends its
// timer.
#pragma once

#include "state/keyed_table.h"

#include <limits>
#include <vector>

namespace weir {

inline constexpr int64_t kNoDue = std::numeric_limits<int64_t>::max();

class Timers {
 public:
  static constexpr size_t kWords = 2;

  struct Due {
    int64_t time;
    RowId row;
  };

  // `table` has hidden words `first_word` and the next for this, and outlives it.
  Timers(KeyedTable& table, size_t first_word);

  // When the row is due; kNoDue if it has no timer.
  int64_t due(RowId row) const { return get(row, due_offset_); }
  // Gives the row a timer, instead of the one it may have.
  void set(RowId row, int64_t time);
  // Something used the row at `time`: it is due `ttl` after its last use. Returns whether it had
  // been due at `time` already, so that what it says is void.
  bool touch(RowId row, int64_t time, int64_t ttl);
  void clear(RowId row) { set_due(row, kNoDue); }

  // The hidden word that is saved with a row, and what a new row gets of it back.
  size_t due_offset() const { return due_offset_; }
  void restore(RowId row, uint64_t word);

  // Appends the rows that are due at `until` or earlier, in order of time and at most `rows_max` of
  // them, and ends their timers. A timer at t thus fires at watermark t, before a row stamped t.
  // Returns whether there are more.
  bool pop_due(int64_t until, size_t rows_max, std::vector<Due>& due);

  size_t bytes() const { return queue_.capacity() * sizeof(Due); }

 private:
  // kNoDue is held as zero, which is what a new row has.
  int64_t get(RowId row, size_t offset) const {
    return load<int64_t>(table_.row(row) + offset) ^ kNoDue;
  }
  void set_due(RowId row, int64_t time) { store(table_.change(row) + due_offset_, time ^ kNoDue); }
  void set_queued(RowId row, int64_t time) {
    store(table_.unmarked(row) + queued_offset_, time ^ kNoDue);
  }
  void push(RowId row, int64_t time);
  void pop();
  void drop_stale();
  bool is_stale(const Due& entry) const;

  KeyedTable& table_;
  const size_t due_offset_;
  const size_t
      queued_offset_;       // The time of the row's entry in the queue: other entries are stale.
  std::vector<Due> queue_;  // A heap, the earliest first.
};

}  // namespace weir
