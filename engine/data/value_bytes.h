// One value of a column as bytes, as state keeps it, and back.
//
//   boolean                one byte
//   other fixed widths     the form in memory
//   text, bytea            the bytes
//   array                  for each element size:u32 (all ones: NULL) and the bytes of the element
#pragma once

#include "engine/data/column.h"

#include <string>
#include <string_view>

namespace weir {

// REQUIRES: the value is not NULL, and no composite.
void append_value_bytes(std::string& out, const Column& column, size_t row);

// Appends what append_value_bytes gave to a column of that type. Of bytes that it did not give:
// what can be read of them.
void append_from_bytes(ColumnWriter& out, std::string_view bytes);

}  // namespace weir
