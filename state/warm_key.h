// What rows and due times are called in the warm tier (state/warm_store.h).
//
//   of a row          table:u32 0:u8 row-key                       in the only store of a table
//                     table:u32 1:u8 end:i64 first:i64 row-key     in one of its slices
//   of a due time     table:u32 2:u8 due:i64 row-key
//
// In slices a row-key begins with the part of the row's hash (state/hash_part.h): so they are
// walked part by part. Rows that wait stand under their due times, where all others have nothing.
//
// Numbers have the highest byte first and signed ones their sign turned, so that keys sort as
// numbers do.
#pragma once

#include "state/frozen_state.h"
#include "state/hash_part.h"
#include "state/warm_store.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// What the keys of all rows of a store begin with, and those of due times that are the same.
std::string row_prefix(uint32_t table, StoreId store);
std::string due_prefix(uint32_t table, int64_t due);

struct WarmRowKey {
  StoreId store;
  std::string_view row_key;
};
struct WarmDueKey {
  int64_t due;
  std::string_view row_key;
};
// REQUIRES: of a row; of a due time.
WarmRowKey parse_row_key(std::string_view key);
WarmDueKey parse_due_key(std::string_view key);

// Those rows of a slice that are in a part of it.
WarmRange part_of_slice(uint32_t table, StoreId store, HashPart part);

// Every key that begins so. REQUIRES: not with 0xff alone.
WarmRange range_of(std::string prefix);
// All rows of a table, and all due times.
WarmRange rows_of(uint32_t table);
WarmRange due_times_of(uint32_t table);

}  // namespace weir
