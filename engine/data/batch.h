// A RecordBatch is the unit that flows: up to a few thousand rows, a column for each field of its
// schema.
//
// After a filter a batch keeps its columns and names the rows that still count in a selection; who
// queues a batch or sends it over the network compacts it first where few rows are left. A batch is
// a handful of shared pointers: copying one is cheap, its contents are immutable, and it may be
// read by several threads.
#pragma once

#include "engine/data/column.h"
#include "engine/data/schema.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace weir {

// How a row changes the table that the stream describes. Written +I -U +U -D.
enum class ChangeKind : int8_t { kInsert = 0, kUpdateBefore = 1, kUpdateAfter = 2, kDelete = 3 };

// The rows of a batch that count, in ascending order. Does not own the indices.
class Selection {
 public:
  // All of the first `rows`.
  explicit Selection(size_t rows) : size_(rows) {}
  Selection(const uint32_t* indices, size_t size) : indices_(indices), size_(size) {}

  size_t size() const { return size_; }
  bool is_dense() const { return indices_ == nullptr; }
  const uint32_t* indices() const { return indices_; }  // A null pointer where dense.
  uint32_t operator[](size_t i) const {
    return indices_ == nullptr ? static_cast<uint32_t>(i) : indices_[i];
  }

  // Calls f(row) for each row, without a branch inside the loop.
  template <typename F>
  void each(F&& f) const {
    if (indices_ == nullptr) {
      for (uint32_t row = 0; row < size_; ++row) f(row);
    } else {
      for (size_t i = 0; i < size_; ++i) f(indices_[i]);
    }
  }

 private:
  const uint32_t* indices_ = nullptr;
  size_t size_ = 0;
};

using RowIndices = std::vector<uint32_t>;

struct RecordBatch {
  SchemaPtr schema;
  std::vector<ColumnPtr> columns;  // One a field; null where nobody downstream reads it.
  uint32_t rows = 0;               // Of every column that is present.
  std::shared_ptr<const RowIndices> selected;  // Absent: all rows count.

  // Arrival watermark of each row (microseconds; kMinTime: minus infinity). Absent where no row has
  // event time < A, and for rows that a watermark released.
  ColumnPtr arrival_watermark;
  ColumnPtr change;  // int: ChangeKind of each row. Absent: all are insertions.
  // Where each row stands in the log. Planned in only where a step breaks ties by it or points at
  // the record.
  ColumnPtr split;     // int: SplitId.
  ColumnPtr position;  // bigint: offset in the partition, byte offset in the file, row number of
                       // the generator.

  Selection selection() const {
    return selected == nullptr ? Selection(rows) : Selection(selected->data(), selected->size());
  }
  size_t size() const { return selected == nullptr ? rows : selected->size(); }

  // Bytes of memory that the columns keep alive.
  size_t bytes() const;
};

// The same rows with nothing left out: columns gathered by the selection, payloads shared.
RecordBatch compact(const RecordBatch& batch);

// compact(), if fewer than a quarter of the rows count; the batch as it is otherwise.
RecordBatch compact_if_sparse(RecordBatch batch);

// The given rows of the batch, over the same columns. REQUIRES: ascending, all of them selected in
// `batch`.
RecordBatch with_selection(RecordBatch batch, RowIndices rows);

// Hash of each selected row over the given columns: out[i] belongs to selection[i]. NULL has a hash
// of its own. Equal values of one type hash equally whatever batch or arena they stand in. Part of
// every checkpoint (engine/base/hash.h).
void hash_rows(const std::vector<const Column*>& columns, Selection selection, uint64_t* out);

}  // namespace weir
