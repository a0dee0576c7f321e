// How a row of a KeyedTable lies in memory: fixed-width slots for key columns, then value columns,
// texts by reference.
//
//   row  = hash:u64 nulls:byte* slot* hidden:u64*
//
// nulls has a bit for each column, set where the value is NULL; the slot is then zero. A slot of
// boolean has 1 byte, of int and date 4, of bigint, double and times 8, of numeric and interval 16
// (unaligned), of text, bytea and arrays 16: size:i32 ( inline:12 bytes | prefix:4 pointer:8 into
// the table's heap ). An array is a text too: its append_value_bytes. Hidden words belong to
// whoever made the layout (links, due times); they are zero in a new row; some of them are saved
// with the row, others follow from those.
//
// Constant after construction; shared by all tables of one kind (all slices of a window state).
#pragma once

#include "engine/data/column.h"
#include "engine/data/value_bytes.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

using RowId = uint32_t;
inline constexpr RowId kNoRow = 0xffffffff;

// A text in a row. Its payload lives in the heap of the table, or in whatever the maker of a probe
// says.
struct StoredText {
  static constexpr size_t kInlineMax = 12;

  int32_t size = 0;
  char bytes[12] = {};

  bool is_inline() const { return size <= static_cast<int32_t>(kInlineMax); }
  char* payload() const {  // REQUIRES: !is_inline().
    char* payload;
    std::memcpy(&payload, bytes + 4, sizeof payload);
    return payload;
  }
  std::string_view view() const {
    return {is_inline() ? bytes : payload(), static_cast<size_t>(size)};
  }
};
static_assert(sizeof(StoredText) == 16);

class RowLayout {
 public:
  RowLayout(std::vector<Type> key, std::vector<Type> value, size_t hidden_words = 0);

  size_t columns() const { return types_.size(); }
  size_t key_columns() const { return key_columns_; }
  size_t value_columns() const { return types_.size() - key_columns_; }
  const Type& type(size_t column) const { return types_[column]; }
  size_t offset(size_t column) const { return offsets_[column]; }
  size_t value_offset(size_t value) const { return offsets_[key_columns_ + value]; }
  size_t hidden_offset(size_t word) const { return hidden_offset_ + word * sizeof(uint64_t); }
  size_t row_bytes() const { return row_bytes_; }
  // Where the slots of texts are.
  const std::vector<size_t>& text_offsets() const { return text_offsets_; }

  bool is_null(const std::byte* row, size_t column) const {
    return (std::to_integer<unsigned>(row[8 + column / 8]) >> (column % 8) & 1U) != 0;
  }
  void set_null(std::byte* row, size_t column) const {
    row[8 + column / 8] |= static_cast<std::byte>(1U << (column % 8));
  }
  void clear_null(std::byte* row, size_t column) const {
    row[8 + column / 8] &= static_cast<std::byte>(~(1U << (column % 8)));
  }
  void set_all_null(std::byte* row) const { std::memset(row + 8, 0xff, (columns() + 7) / 8); }

 private:
  std::vector<Type> types_;
  std::vector<size_t> offsets_;
  std::vector<size_t> text_offsets_;
  size_t key_columns_;
  size_t hidden_offset_;
  size_t row_bytes_;
};

// Whether a slot of the type is a StoredText.
inline bool is_stored_as_text(const Type& type) {
  return type.is_text_like() || type.kind() == TypeKind::kArray;
}
// What it holds for a value that is not NULL. Valid as long as the column and `scratch`.
inline std::string_view text_to_store(const Column& column, size_t row, std::string& scratch) {
  if (column.type().is_text_like()) return column.text(row);
  scratch.clear();
  append_value_bytes(scratch, column, row);
  return scratch;
}

template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void store(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace weir
