// The order of rows that lie in tables: values as PostgreSQL orders them, sort keys, and ties
// broken by the whole row.
//
// Constant after construction; reads rows and columns that others own.
#pragma once

#include "engine/data/batch.h"
#include "engine/plan/specs.h"
#include "state/row_layout.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

// A value in a row of a table.
struct StoredValue {
  const RowLayout& layout;
  const std::byte* row;
  size_t column;
};

// A number that is never greater for the value that comes first by the key, whose column this is:
// most comparisons need no more.
uint64_t order_prefix(const Column& column, uint32_t row, const SortKey& key);

// Whether both are equal and not NULL. REQUIRES: of one type.
bool equal_values(const StoredValue& a, const StoredValue& b);

class RowOrder {
 public:
  // The keys name columns of the layout, which outlives this. Without keys all rows are peers.
  RowOrder(std::vector<SortKey> keys, const RowLayout& layout);

  // Less than, equal to or greater than zero. By the keys alone: zero means peers. By all(): the
  // keys, then the whole row, column by column, NULL last; zero means that nothing tells the rows
  // apart.
  int by_keys(const std::byte* a, const std::byte* b) const;
  int by_all(const std::byte* a, const std::byte* b) const;

  // A row that is not in the table yet: row `row` of these columns, one for each of the layout.
  struct Candidate {
    const std::vector<const Column*>& columns;
    uint32_t row;
  };
  int by_keys(const Candidate& a, const std::byte* b) const;
  int by_all(const Candidate& a, const std::byte* b) const;

  // order_prefix of the first key. REQUIRES: there is one.
  uint64_t prefix(const std::byte* row) const;

 private:
  const std::vector<SortKey> keys_;
  const RowLayout& layout_;
};

}  // namespace weir
