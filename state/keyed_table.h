// KeyedTable: the hot tier of keyed state. Rows in pages that never move, with a heap for long
// texts and, if they are reached by key, an open-addressing index of row numbers.
//
// Owned by one task and used by its thread. Rows are addressed by RowId, stable until the row is
// erased; the place of an erased row and of its texts is used again. All access by key is by batch.
// A key column may be NULL: NULL keys are equal to each other, as GROUP BY wants it.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/fetch.h"
#include "engine/data/batch.h"
#include "state/frozen_rows.h"
#include "state/large_memory.h"
#include "state/row_layout.h"
#include "state/text_heap.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace weir {

// The keys of a batch: a column for each key column of the table, and the hash of each selected row
// (hash_rows), by its place in the selection. Without key columns every row has the same key;
// hashes may then be null.
struct KeyBatch {
  std::vector<const Column*> columns;
  const uint64_t* hashes = nullptr;

  uint64_t hash(size_t i) const { return hashes == nullptr ? 0 : hashes[i]; }
};

// How the rows of a table are reached: by key, or by their RowId alone, without an index.
enum class Access { kByKey, kByRow };

class KeyedTable {
 public:
  explicit KeyedTable(std::shared_ptr<const RowLayout> layout, Access access = Access::kByKey);
  KeyedTable(KeyedTable&&) = default;
  KeyedTable& operator=(KeyedTable&&) = default;

  const RowLayout& layout() const { return *layout_; }
  size_t size() const { return live_; }  // Rows

  // For the i-th selected row of the batch, rows[i] is the table's row of its key; a key that is
  // not there yet gets a new row whose values are all NULL and zero. `inserted`, if given, receives
  // the i of each such row, in order. REQUIRES: reached by key.
  void find_or_insert(const KeyBatch& keys, Selection selection, RowId* rows,
                      std::vector<uint32_t>* inserted = nullptr);
  // The same without inserting: kNoRow where the key is not there.
  void find(const KeyBatch& keys, Selection selection, RowId* rows) const;

  // The row with the key of a row of another table of the same layout: kNoRow if it is not there,
  // or a new row whose values are all NULL and zero.
  RowId find_like(const KeyedTable& other, RowId row) const;
  RowId find_or_insert_like(const KeyedTable& other, RowId row);

  // A new row, all NULL and zero. REQUIRES: not reached by key.
  RowId append_row(uint64_t hash);

  void erase(RowId row);

  const std::byte* row(RowId id) const {
    return pages_[id >> page_shift_] + (id & page_mask_) * row_bytes_;
  }
  // The row, to be written until the task next hands over its state: it is among the changes then.
  std::byte* change(RowId id) {
    mark(id);
    return unmarked(id);
  }
  // The same for each of the rows.
  void change(const RowId* ids, size_t count, std::byte** rows);
  // The row, to write what need not be saved: hidden words that follow from others.
  std::byte* unmarked(RowId id) {
    return pages_[id >> page_shift_] + (id & page_mask_) * row_bytes_;
  }
  // Has the processor load the row while other work is done.
  void touch(RowId id) const {
    const std::byte* at = row(id);
    for (size_t line = 0; line < row_bytes_; line += 64) fetch(at + line);
    fetch(at + row_bytes_ - 1);
  }
  uint64_t hash(RowId id) const { return load<uint64_t>(row(id)); }
  bool is_live(RowId id) const { return bit_get(live_bits_.data(), id); }

  // Ids run from 0 to below this; some may be erased.
  RowId ids_end() const { return next_; }

  // Stores a text value in place of the slot's old one, in a row that is to be written; its payload
  // is copied into the table's heap, that of the old one given back. `text` may be a text of this
  // table.
  void store_text(std::byte* slot, std::string_view text);

  // Writes a value of `from`, which has the column's type, into column `column`: row `batch_row`
  // into row `id`, or the i-th selected row into row ids[i]. REQUIRES: key columns only of rows
  // that are not reached by key.
  void write(RowId id, size_t column, const Column& from, uint32_t batch_row);
  void write(const RowId* ids, Selection selection, size_t column, const Column& from);

  // Appends column `column` of row `id`, or of each of the rows, to `writer`, which has its type.
  void append_to(ColumnWriter& writer, RowId id, size_t column) const;
  void append_to(ColumnWriter& writer, const RowId* ids, size_t count, size_t column) const;

  // Copies into `memory` what changed since the last call, or all rows, as the first call does;
  // `words` are the hidden words that are part of a saved row. Quick: the rows are made into bytes
  // later, by another thread.
  FrozenRows freeze(Freeze what, std::vector<size_t> words, FrozenMemory& memory);
  // Before so many more rows are inserted, whose keys are not known yet.
  void reserve(size_t rows);
  // Has the processor load the place in the index where a row of this hash is looked for.
  void fetch_place(uint64_t hash) const {
    if (!index_.empty()) fetch(&index_[hash & index_mask_]);
  }
  // A new row out of bytes that encode_values (state/frozen_rows.h) made. REQUIRES: no row of that
  // key is there yet.
  Result<RowId> insert_encoded(uint64_t hash, ByteReader& in);

  // Appends up to `rows_max` rows that were not found by their key since they were last looked at
  // here, nor made: first of all the oldest. From the first call on it is noted what is found.
  void pick_unused(size_t rows_max, std::vector<RowId>& rows);

  // Bytes of memory held, and of it by rows and texts that are there.
  size_t bytes() const;
  size_t used_bytes() const { return live_ * row_bytes_ + heap_.used_bytes() + index_bytes(); }

 private:
  template <typename Matcher>
  RowId find_row(uint64_t hash, Matcher&& matches, size_t* slot) const;
  template <typename Match>
  void insert_all(const KeyBatch& keys, Selection selection, RowId* rows,
                  std::vector<uint32_t>* inserted, Match&& match);
  bool key_equals(const KeyBatch& keys, uint32_t batch_row, const std::byte* row) const;
  bool same_key(const std::byte* a, const std::byte* b) const;
  bool has_single_word_key(const KeyBatch& keys) const;
  RowId allocate_row(uint64_t hash);
  RowId new_row(const KeyBatch& keys, uint32_t batch_row, uint64_t hash);
  void write_value(std::byte* row, size_t column, const Column& from, uint32_t batch_row);
  template <typename T>
  void write_fixed(const RowId* ids, Selection selection, size_t column, const Column& from);
  template <typename T>
  void append_fixed(ColumnWriter& writer, const RowId* ids, size_t count, size_t column) const;
  void free_text(const StoredText& text);
  void read_ahead(const uint64_t* hashes) const;
  void mark(RowId id) {
    if (marks_changes_) bit_set(changed_bits_.data(), id);
  }
  void note_use(RowId id) const {
    if (notes_use_) bit_set(used_bits_.data(), id);
  }
  size_t page_bytes() const { return (size_t{1} << page_shift_) * row_bytes_; }
  void add_page();
  size_t index_bytes() const { return index_.size() * sizeof(uint64_t); }
  void copy_rows(const std::vector<RowId>& ids, FrozenRows& frozen, FrozenMemory& memory) const;
  void grow_index();
  void make_index(size_t slots);
  void remove_from_index(RowId id);

  std::shared_ptr<const RowLayout> layout_;
  Access access_;
  size_t row_bytes_;
  uint32_t page_shift_;
  uint32_t page_mask_;

  std::vector<std::byte*> pages_;
  std::vector<LargeBlock> blocks_;  // That the pages are parts of.
  size_t pages_held_ = 0;           // Those in use, and what is left of the last block.
  std::vector<uint64_t> live_bits_;
  std::vector<uint64_t> changed_bits_;       // Written or erased since the last freeze().
  bool marks_changes_ = false;               // From the first freeze() on: that one has all rows.
  mutable std::vector<uint64_t> used_bits_;  // Found or made since pick_unused() last passed.
  bool notes_use_ = false;
  size_t hand_ = 0;  // The word of used_bits_ that pick_unused() looks at next.
  std::vector<RowId> free_;
  RowId next_ = 0;
  size_t live_ = 0;

  // (low half of the hash) << 32 | row + 1; 0: empty. A power of two of them.
  LargeVector<uint64_t> index_;
  uint64_t index_mask_ = 0;

  TextHeap heap_;
};

}  // namespace weir
