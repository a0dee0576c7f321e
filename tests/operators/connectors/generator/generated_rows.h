// Vocabulary for the generator's tests: reads splits through the public Source interface, as text
// or batch by batch.
#pragma once

#include "operators/connectors/generator/generator_source.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weir {

GeneratorOptions generator_of(const std::map<std::string, std::string>& options);

// The whole data set; `names` restricts what is needed, all if empty. "bid.price" needs one field
// of a composite.
RowShape shape_of(const GeneratorOptions& options, const std::vector<std::string>& names = {});

struct ReadPlan {
  uint32_t split = 0;
  size_t rows_max = 4096;
  std::string from = "0";
  size_t rows_wanted = SIZE_MAX;  // Stops after the batch that reaches them.
};

// Every batch of a split, at full speed. Returns the position after the last one.
std::string each_batch(const GeneratorOptions& options, const RowShape& shape, const ReadPlan& plan,
                       const std::function<void(const RecordBatch&)>& seen);

// A row as text: cells separated by "|", NULL and absent columns as "-", composites in parentheses.
std::string row_text(const RecordBatch& batch, size_t row);
std::vector<std::string> rows_of(const GeneratorOptions& options, const RowShape& shape,
                                 const ReadPlan& plan = {});

}  // namespace weir
