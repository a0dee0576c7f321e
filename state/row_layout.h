// How a row of a KeyedTable lies in memory: fixed-width slots for key columns, then value columns,
// texts by reference.
//
//   row = hash:u64  nulls:byte*  slot*        nulls has a bit for each column, set where the value
//   is NULL slot of boolean 1 byte, int and date 4, bigint, double and times 8, numeric and
//   interval 16 (unaligned), text and bytea 16: size:i32 ( inline:12 bytes | prefix:4 pointer:8
//   into the table's heap )
//
// Constant after construction; shared by all tables of one kind (all slices of a window state).
#pragma once

#include "engine/data/column.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace weir {

// A text in a row. Its payload lives in the heap of the table, or in whatever the maker of a probe
// says.
struct StoredText {
  static constexpr size_t kInlineMax = 12;

  int32_t size = 0;
  char bytes[12] = {};

  std::string_view view() const {
    const size_t length = static_cast<size_t>(size);
    if (length <= kInlineMax) return {bytes, length};
    const char* payload;
    std::memcpy(&payload, bytes + 4, sizeof payload);
    return {payload, length};
  }
};
static_assert(sizeof(StoredText) == 16);

class RowLayout {
 public:
  RowLayout(std::vector<Type> key, std::vector<Type> value);

  size_t columns() const { return types_.size(); }
  size_t key_columns() const { return key_columns_; }
  size_t value_columns() const { return types_.size() - key_columns_; }
  const Type& type(size_t column) const { return types_[column]; }
  size_t offset(size_t column) const { return offsets_[column]; }
  size_t value_offset(size_t value) const { return offsets_[key_columns_ + value]; }
  size_t row_bytes() const { return row_bytes_; }

  bool is_null(const std::byte* row, size_t column) const {
    return (std::to_integer<unsigned>(row[8 + column / 8]) >> (column % 8) & 1U) != 0;
  }
  void set_null(std::byte* row, size_t column) const {
    row[8 + column / 8] |= static_cast<std::byte>(1U << (column % 8));
  }
  void clear_null(std::byte* row, size_t column) const {
    row[8 + column / 8] &= static_cast<std::byte>(~(1U << (column % 8)));
  }

 private:
  std::vector<Type> types_;
  std::vector<size_t> offsets_;
  size_t key_columns_;
  size_t row_bytes_;
};

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
