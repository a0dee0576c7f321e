#include "operators/pass_through.h"

#include "engine/plan/specs.h"

namespace weir {

Result<Progress> PassThrough::process(Port, const Element& element, int64_t, Output& out) {
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;
  counters_.rows_in += batch->size();
  counters_.accepted += batch->size();
  counters_.rows_out += batch->size();
  RecordBatch result = *batch;
  result.schema = output_;
  out.emit(kRowsPort, std::move(result));
  return Progress::kDone;
}

}  // namespace weir
