// What the steps share whose rows may be taken back: which rows of a batch take back an earlier
// one, and batches of changes.
#pragma once

#include "operators/operator.h"

#include <cstdint>
#include <vector>

namespace weir {

ChangeKind change_of(const RecordBatch& batch, uint32_t row);
// Whether the row takes back an earlier one that is equal to it.
bool takes_back(ChangeKind change);
inline bool takes_back(const RecordBatch& batch, uint32_t row) {
  return takes_back(change_of(batch, row));
}

// The column of a batch whose rows change like this; null where all of them are insertions.
ColumnPtr change_column(const std::vector<ChangeKind>& changes);

// Whether two values of one type are the same; NULLs are.
bool same_value(const Column& a, uint32_t row_a, const Column& b, uint32_t row_b);

}  // namespace weir
