// Vocabulary of the tests of state: keys as columns with their hashes, and values of rows as text.
#pragma once

#include "engine/data/scalar.h"
#include "state/task_state.h"

#include <string>
#include <vector>

namespace weir {

inline constexpr uint32_t kGroups = 128;

inline TaskState state_of(KeyGroupRange range = {0, kGroups - 1}) {
  return TaskState(kGroups, range, std::make_unique<MemoryResidency>());
}

using Key = std::vector<Scalar>;

inline Scalar text(std::string value) { return {TypeKind::kText, std::move(value)}; }
inline Scalar number(int64_t value) { return {TypeKind::kBigint, value}; }

// Columns of these rows.
inline std::vector<ColumnPtr> columns_of(const std::vector<Type>& types,
                                         const std::vector<Key>& rows) {
  std::vector<ColumnPtr> columns;
  for (size_t c = 0; c < types.size(); ++c) {
    ColumnWriter writer(types[c], rows.size());
    for (const Key& row : rows) append(writer, row[c]);
    columns.push_back(std::move(writer).finish());
  }
  return columns;
}

struct Keys {
  std::vector<ColumnPtr> columns;
  std::vector<uint64_t> hashes;
  size_t count = 0;

  Keys(const std::vector<Type>& types, const std::vector<Key>& rows)
      : columns(columns_of(types, rows)), count(rows.size()) {
    if (types.empty()) return;
    hashes.resize(count);
    hash_rows(batch().columns, Selection(count), hashes.data());
  }

  KeyBatch batch() const {
    KeyBatch batch;
    for (const ColumnPtr& column : columns) batch.columns.push_back(column.get());
    batch.hashes = hashes.empty() ? nullptr : hashes.data();
    return batch;
  }
};

// The row of one key, new if it is not there.
inline RowId row_of(KeyedTable& table, const Scalar& key) {
  RowId row = kNoRow;
  table.find_or_insert(Keys({key.type}, {{key}}).batch(), Selection(1), &row);
  return row;
}

inline Scalar value_of(const KeyedTable& table, RowId row, size_t column) {
  ColumnWriter writer(table.layout().type(column), 1);
  table.append_to(writer, row, column);
  return scalar_at(*std::move(writer).finish(), 0);
}

inline void write(KeyedTable& table, RowId row, size_t column, const Scalar& value) {
  table.write(row, column, *constant_column(value, 1), 0);
}

inline std::string string_at(const KeyedTable& table, RowId row, size_t column) {
  return std::get<std::string>(value_of(table, row, column).value);
}
inline int64_t number_at(const KeyedTable& table, RowId row, size_t column) {
  return std::get<int64_t>(value_of(table, row, column).value);
}

}  // namespace weir
