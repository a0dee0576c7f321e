// Random batches over a schema of every type, and their comparison value by value.
#pragma once

#include "engine/data/batch.h"

#include <random>

namespace weir {

using Random = std::mt19937_64;

Type composite(std::vector<Field> fields);
SchemaPtr schema_of(std::vector<Field> fields);

// A column of every type, some in composites in a composite.
SchemaPtr every_type();

// Some columns absent, some values NULL, sometimes a selection.
RecordBatch random_batch(Random& dice, const SchemaPtr& schema, uint32_t rows);

// Whether `dense` holds the selected rows of `batch`.
bool same_rows(const RecordBatch& batch, const RecordBatch& dense);

}  // namespace weir
