// Values as bytes that compare, byte by byte, as PostgreSQL orders the values: keys of different
// types, directions and places of NULL can stand one behind the other, and one memcmp orders rows.
#pragma once

#include "engine/data/column.h"
#include "engine/plan/specs.h"

#include <string>

namespace weir {

// Appends the value of `column` at `row`, ordered as `key` says. NaN is the greatest double, text
// compares by its bytes, equal values (0 and -0, "1 day" and "24:00:00") have equal bytes. No key
// is the beginning of another of the same column. REQUIRES: not a composite or an array.
void append_sort_key(std::string& out, const Column& column, size_t row, const SortKey& key);

}  // namespace weir
