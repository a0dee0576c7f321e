#include "operators/processing_time.h"

#include "engine/time/watermark.h"
#include "engine/time/window.h"

#include <algorithm>

namespace weir {

ProcessingTime::ProcessingTime(const std::string& id, SchemaPtr output, const NeededColumns& needed,
                               TaskState& state)
    : output_(std::move(output)), clock_(state.clock(id)) {
  CHECK(needed.size() == output_->fields.size());
  for (size_t i = 0; i + 1 < needed.size(); ++i) handed_on_.push_back(needed[i].needed);
}

Result<Progress> ProcessingTime::process(Port, const Element& element, int64_t now, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    if (watermark->time == kMaxTime) clock_ = kMinTime;  // No more rows: nothing to remember.
    return Progress::kDone;
  }
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr || batch->size() == 0) return Progress::kDone;
  counters_.rows_in += batch->size();
  counters_.accepted += batch->size();
  counters_.rows_out += batch->size();
  const int64_t stamp = advance(now);
  ColumnWriter stamps(output_->fields.back().type, batch->rows);
  for (uint32_t row = 0; row < batch->rows; ++row) stamps.set(row, stamp);
  RecordBatch stamped = *batch;
  stamped.schema = output_;
  stamped.arrival_watermark = nullptr;
  for (size_t i = 0; i < handed_on_.size(); ++i) {
    if (!handed_on_[i]) stamped.columns[i] = nullptr;
  }
  stamped.columns.push_back(std::move(stamps).finish(batch->rows));
  out.emit(kRowsPort, std::move(stamped));
  return Progress::kDone;
}

std::optional<ClockTime> ProcessingTime::clock_time(int64_t now) {
  const int64_t next = tumble_end(advance(now), kTickMicros, 0);
  return ClockTime{.watermark = next - kTickMicros, .until = next};
}

int64_t ProcessingTime::advance(int64_t now) {
  clock_ = std::max(clock_, now);
  return clock_;
}

}  // namespace weir
