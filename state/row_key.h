// The key of a row as bytes: what rows that are out of memory are found by (state/warm_store.h).
//
// Keys that are equal (KeyedTable: NULL to NULL, 0.0 to -0.0, NaN to NaN, '1 day' to '24 hours')
// are the same bytes, and others are not. Numbers are written with the highest byte first, so that
// keys that follow each other lie together.
#pragma once

#include "state/keyed_table.h"

#include <string>

namespace weir {

// Appends the key of a row of this layout.
void append_row_key(const RowLayout& layout, const std::byte* row, std::string& key);
// Of row `batch_row` of a batch.
void append_row_key(const RowLayout& layout, const KeyBatch& keys, uint32_t batch_row,
                    std::string& key);

}  // namespace weir
