// Text of a record to the value of a column: what JSON strings and CSV fields share.
#pragma once

#include "engine/base/status.h"
#include "engine/data/column.h"
#include "operators/connectors/formats/decoder.h"

#include <string_view>

namespace weir {

// Microseconds since 1970 for an integer in the given unit. kBadData where the option
// timestamp_unit is missing or the result overflows.
Result<int64_t> timestamp_of_integer(std::string_view digits, TimestampUnit unit);

// Appends the value that `text` stands for, by the writer's type, as PostgreSQL reads it. A
// timestamp may also be an integer if there is a unit. REQUIRES: not composite or array.
Status append_field_text(ColumnWriter& writer, std::string_view text, TimestampUnit unit);

// kUser error naming the first needed column of `shape` that is an array, or a composite where
// `composites` is false.
Status check_readable(const RowShape& shape, std::string_view format, bool composites);

}  // namespace weir
