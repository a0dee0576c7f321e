// The columns that are wanted of a data set. Plain value.
#pragma once

#include "operators/connectors/generator/dataset_schema.h"

#include <vector>

namespace weir {

// All three have one entry a declared field of the payload, metadata left out.
struct WantedColumns {
  std::vector<Field> fields;
  NeededColumns needed;
  std::vector<FieldSource> sources;
};

}  // namespace weir
