// Rows that came too late for a step, in the form of the late table (engine/plan/specs.h:
// late_schema).
#pragma once

#include "engine/data/batch.h"
#include "operators/split_names.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

// What each late row missed.
struct LateRow {
  uint32_t row;  // In the batch
  std::optional<int64_t>
      window_end;  // The last window it would have been in; absent for steps without windows.
  int64_t behind;  // Microseconds between what it missed and the row's arrival watermark.
};

// A of each row; null where no row is late for anything.
inline const int64_t* arrival_watermarks(const RecordBatch& batch) {
  return batch.arrival_watermark == nullptr ? nullptr : batch.arrival_watermark->values<int64_t>();
}

// Of a step that takes rows in order of time: the rows that are not late, which is where their time
// is below their arrival watermark. Those that are, are added to `late`.
RecordBatch without_late(const RecordBatch& batch, size_t time_column, std::vector<LateRow>& late);

RecordBatch late_rows(const RecordBatch& batch, const std::vector<LateRow>& rows,
                      const std::string& step, const SplitNames& names);

}  // namespace weir
