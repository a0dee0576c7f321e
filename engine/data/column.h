// A Column is an immutable run of values of one type in the Arrow memory layout; a ColumnWriter
// makes one.
//
// Invariants: where a value is NULL its bytes are zero; where a composite is NULL every present
// child is NULL too, so a field of a composite column is simply its child. A child that nobody
// reads is absent (a null ColumnPtr). Columns are shared between batches and threads; writers
// belong to one thread.
#pragma once

#include "engine/data/buffer.h"
#include "engine/data/schema.h"
#include "engine/data/type.h"

#include <memory>
#include <string_view>
#include <vector>

namespace weir {

class Column;
using ColumnPtr = std::shared_ptr<const Column>;

class Column {
 public:
  const Type& type() const { return type_; }
  size_t size() const { return size_; }

  // One bit a row, set where the value is not NULL; a null pointer where none is NULL.
  const uint64_t* validity() const { return reinterpret_cast<const uint64_t*>(validity_.data()); }
  bool has_nulls() const { return validity_.size() != 0; }
  bool is_null(size_t row) const { return has_nulls() && !bit_get(validity(), row); }

  // The values of a fixed-width type, size() of them; meaningless where NULL. T must be the type's
  // memory form.
  template <typename T>
  const T* values() const {
    CHECK(sizeof(T) == type_.width());
    return reinterpret_cast<const T*>(values_.data());
  }
  // Of a boolean: one bit a row.
  const uint64_t* bits() const { return reinterpret_cast<const uint64_t*>(values_.data()); }
  bool boolean(size_t row) const { return bit_get(bits(), row); }
  // Of text and bytea. The bytes live as long as the column.
  std::string_view text(size_t row) const {
    const TextView& view = reinterpret_cast<const TextView*>(values_.data())[row];
    const size_t size = static_cast<size_t>(view.size);
    if (view.is_inline()) return {view.bytes, size};
    return {arena_->chunk(static_cast<size_t>(view.buffer())) + view.offset(), size};
  }
  const ArenaPtr& arena() const { return arena_; }
  // Of an array: the elements of a row are [offsets()[row], offsets()[row + 1]) of the one child.
  const int32_t* offsets() const { return reinterpret_cast<const int32_t*>(values_.data()); }
  // Of a composite: its fields, possibly absent. Of an array: one child, the elements.
  const std::vector<ColumnPtr>& children() const { return children_; }

  // Bytes of memory this column keeps alive, its arena included.
  size_t bytes() const;

 private:
  friend class ColumnWriter;

  Type type_;
  size_t size_ = 0;
  Buffer validity_;
  Buffer values_;
  ArenaPtr arena_;
  std::vector<ColumnPtr> children_;
};

// Writes up to `capacity` rows, either in order (append) or at any row (set, for kernels that work
// on a selection: rows never set hold zero and count as not NULL). One writer uses one of the two
// styles.
class ColumnWriter {
 public:
  // Text payloads go into `arena`, which may be shared by the writers of one batch; a writer
  // without one makes its own when it needs it. Of a composite, only the fields in `needed` get a
  // child; all of them if it is null.
  ColumnWriter(Type type, size_t capacity, std::shared_ptr<Arena> arena = nullptr,
               const NeededField* needed = nullptr);
  ColumnWriter(ColumnWriter&&) = default;
  ColumnWriter& operator=(ColumnWriter&&) = default;

  const Type& type() const { return column_->type_; }
  size_t capacity() const { return capacity_; }
  size_t size() const { return size_; }  // Rows appended so far.

  // Appending. REQUIRES: size() < capacity().
  template <typename T>
  void append(T value) {
    set(next(), value);
  }
  void append_bool(bool value) { set_bool(next(), value); }
  void append_text(std::string_view value) { set_text(next(), value); }
  void append_view(TextView value) { set(next(), value); }
  void append_null();
  // Of a composite: call it after the fields of the row were appended to every present child.
  void append_composite() { next(); }  // Also: takes a row that is set afterwards.
  // Of an array: the writer of the elements, with room for so many more of them, which are appended
  // there; then end_array() makes one value of them. Arrays are never set.
  ColumnWriter& begin_array(size_t elements);
  void end_array();
  // Takes back the last rows, so that size() becomes `rows`: for a record that turned out bad
  // half-way.
  void truncate(size_t rows);

  // Setting at a row. REQUIRES: row < capacity().
  template <typename T>
  void set(size_t row, T value) {
    reinterpret_cast<T*>(column_->values_.data())[row] = value;
  }
  void set_bool(size_t row, bool value) {
    bit_put(reinterpret_cast<uint64_t*>(column_->values_.data()), row, value);
  }
  void set_text(size_t row, std::string_view value) { set(row, arena().add(value)); }
  void set_null(size_t row);

  // For loops over all rows: memory of capacity() values, to be written directly.
  template <typename T>
  T* values() {
    CHECK(sizeof(T) == type().width());
    return reinterpret_cast<T*>(column_->values_.data());
  }
  uint64_t* bits() { return reinterpret_cast<uint64_t*>(column_->values_.data()); }
  // The validity bits, made (all set) if there are none yet.
  uint64_t* validity();

  Arena& arena();
  // Lets the views of `other` be copied as they are. REQUIRES: no payload was added and no other
  // arena adopted.
  void adopt_arena(ArenaPtr arena);

  bool has_child(size_t field) const { return children_[field] != nullptr; }
  ColumnWriter& child(size_t field) { return *children_[field]; }

  // Ends the writing; the writer is then empty. `rows` is given when setting, and is size() when
  // appending.
  ColumnPtr finish(size_t rows) &&;
  ColumnPtr finish() && {
    const size_t rows = size_;
    return std::move(*this).finish(rows);
  }
  // The same for a composite whose fields exist already. REQUIRES: no child of its own; each of
  // `rows` rows, or absent.
  ColumnPtr finish_with(size_t rows, std::vector<ColumnPtr> children) &&;
  // The same for arrays: where the elements of each row end. REQUIRES: made with a `needed` that
  // has fields, so that there is no writer of elements.
  ColumnPtr finish_arrays(const std::vector<int32_t>& ends, ColumnPtr elements) &&;

 private:
  void grow(size_t capacity);
  int32_t* offsets() { return reinterpret_cast<int32_t*>(column_->values_.data()); }
  size_t next() {
    CHECK(size_ < capacity_);
    return size_++;
  }

  std::shared_ptr<Column> column_;
  size_t capacity_ = 0;
  size_t size_ = 0;
  std::shared_ptr<Arena>
      arena_;  // Written to; column_->arena_ after finish, unless one was adopted.
  std::vector<std::unique_ptr<ColumnWriter>> children_;
};

// The rows `indices` of `column`, in that order. Payloads are shared, not copied.
ColumnPtr gather(const ColumnPtr& column, const uint32_t* indices, size_t count);

// `rows` times the same NULL.
ColumnPtr null_column(const Type& type, size_t rows);

}  // namespace weir
