// WaitingRows: rows of one schema that wait until a watermark has passed their event time, and then
// leave in order.
//
// The order is (time, split, position) where rows carry their place in the log, and (time, whole
// row, column by column) where they do not: it depends on the rows alone, never on their arrival.
// Rows lie in an unindexed KeyedTable. Entries that say where and when lie in buckets by time,
// unsorted; a bucket is sorted when the first of its rows leaves, and what still comes for it goes
// into a heap beside it, so that frequent small watermarks cost no more than rare great ones. Owned
// by a TaskState and used by the task's thread.
//
// Rows of the last times are the first to leave memory, and those of the first times to come back:
// what is in memory may be taken up to the first time of what is not.
//
// Saved rows have their place as words, if they have one; rows that leave memory have it behind
// their values. The head has how many rows have left, where some are out of memory: the number of a
// row is what tells it from its like there.
//
//   head       = left:u64?
//   key in the warm tier = hash:u64 left:u64
#pragma once

#include "state/state_table.h"

#include <limits>
#include <map>
#include <memory>
#include <vector>

namespace weir {

struct WaitingSpec {
  std::string name;
  SchemaPtr schema;
  std::vector<size_t> kept;  // Columns that somebody reads; the others come back absent. None of
                             // them is a composite or an array.
  size_t time_column;        // Among the kept ones; never NULL.
  bool with_place = false;   // Batches carry split and position, and are given back with them.

  bool operator==(const WaitingSpec&) const = default;
};

// Where rows that wait may be cut into batches.
enum class Cut { kAnywhere, kBetweenTimes };

class WaitingRows : public StateTable {
 public:
  WaitingRows(WaitingSpec spec, Residency& residency);

  const WaitingSpec& spec() const { return spec_; }
  size_t size() const { return rows_.size(); }  // In memory
  bool empty() const { return first_time() == std::numeric_limits<int64_t>::max(); }
  // The least time of any row, in memory or not; the greatest int64 if there is none.
  int64_t first_time() const;

  // The selected rows of the batch. `hashes` decide which key group a row belongs to: that of the
  // i-th selected row is hashes[i]; null: zero. REQUIRES: the kept columns are present.
  void add(const RecordBatch& batch, Selection selection, const uint64_t* hashes);

  // The first rows whose time is below `until`, `rows_max` at the most, as a dense batch; they no
  // longer wait. Cut between times, the batch has all rows of its last time, however many. A batch
  // of no rows if there is none, or prefetch_before() has to bring more.
  RecordBatch take_before(int64_t until, size_t rows_max, Cut cut = Cut::kAnywhere);
  // Once it is ready, some rows can be taken if first_time() is below `until`.
  Readiness prefetch_before(int64_t until);

  TableKind kind() const override { return TableKind::kWaiting; }
  std::string signature() const override;
  size_t bytes() const override;
  size_t used_bytes() const override;
  void freeze(Freeze what, FrozenMemory& memory, FrozenTable& out) override;
  Status read(const StateImage::Table& from, const OwnedGroups& owned) override;
  void evict(size_t bytes, const Leave& leave) override;
  Status come_back(StoreId store, std::string_view value) override;

 private:
  struct Entry {
    int64_t time;
    int64_t position;
    int32_t split;
    RowId row;
  };
  struct Bucket {
    std::vector<Entry> entries;
    int64_t first_time = std::numeric_limits<int64_t>::max();
  };

  static bool place_before(const Entry& a, const Entry& b);
  bool before(const Entry& a, const Entry& b) const;
  void add_entry(const Entry& entry);
  Status add_saved(RowId row, ByteReader& place);
  int64_t first_in_memory() const;
  bool has_front() const { return front_next_ < front_.size() || !front_heap_.empty(); }
  const Entry& front() const;  // REQUIRES: has_front().
  bool heap_is_first() const;
  void drop_front();
  void enter_first_bucket();
  void take_front(int64_t until, size_t rows_max);
  RecordBatch batch_of_taken() const;
  void put_place(const Entry& entry);
  template <typename LetGo>
  void let_go_of_last_bucket(LetGo&& let_go);
  template <typename LetGo>
  void let_go_of_front(LetGo&& let_go);

  const WaitingSpec spec_;
  KeyedTable rows_;
  size_t time_offset_;

  // The bucket that rows leave from: its rows in order, those before front_next_ gone, and what
  // came for it or for earlier times since it was sorted.
  std::vector<Entry> front_;
  size_t front_next_ = 0;
  std::vector<Entry> front_heap_;
  int64_t front_bucket_ = 0;  // While has_front().

  std::map<int64_t, Bucket> buckets_;  // All behind front_bucket_.
  Bucket* last_used_ = nullptr;        // One of them, for rows that come nearly in order.
  int64_t last_used_number_ = 0;

  uint64_t left_ = 0;  // Rows that have left memory, in all lives since none was out of it.

  // Scratch.
  std::vector<RowId> ids_;
  std::vector<Entry> taken_;
};

}  // namespace weir
