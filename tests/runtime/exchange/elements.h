// Small batches for tests of the exchange.
#pragma once

#include "engine/time/element.h"

#include <optional>
#include <string>
#include <vector>

namespace weir {

// One bigint column called "n".
SchemaPtr numbers_schema();
// The rows from `first` on.
RecordBatch numbers(int64_t first, uint32_t rows);
// The selected rows.
std::vector<int64_t> numbers_in(const RecordBatch& batch);

// One text column called "t".
SchemaPtr texts_schema();
RecordBatch texts(const std::vector<std::string>& rows);

// "3-5" for rows, "W7", "B2", "idle", "end"; "" for nothing.
std::string short_form(const std::optional<Element>& element);

}  // namespace weir
