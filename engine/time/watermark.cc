#include "engine/time/watermark.h"

#include <algorithm>

namespace weir {

namespace {

// The lowest event time of each selected row, by row of the batch; kMaxTime where it has none. A
// row with several (the two ends of a window) is behind if one of them is.
std::vector<int64_t> lowest_times(const RecordBatch& batch) {
  std::vector<int64_t> lowest;
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    const Column* column = batch.columns[i].get();
    if (column == nullptr || !batch.schema->fields[i].event_time) continue;
    lowest.resize(batch.rows, kMaxTime);
    const int64_t* times = column->values<int64_t>();
    batch.selection().each([&](uint32_t row) {
      if (!column->is_null(row)) lowest[row] = std::min(lowest[row], times[row]);
    });
  }
  return lowest;
}

}  // namespace

int64_t minus_saturated(int64_t a, int64_t b) {
  if (a == kMinTime) return kMinTime;
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return b > 0 ? kMinTime : kMaxTime;
  return difference;
}

ColumnPtr SplitClock::observe(const Column& times, Selection accepted, bool wanted) {
  const int64_t* t = times.values<int64_t>();
  const int64_t before = highest_;
  bool any_behind = false;
  int64_t highest = highest_;
  const int64_t delay = delay_;
  accepted.each([&](uint32_t row) {
    any_behind |= t[row] < minus_saturated(highest, delay);
    highest = std::max(highest, t[row]);
  });
  highest_ = highest;
  if (!any_behind && !wanted) return nullptr;

  ColumnWriter writer(TypeKind::kBigint, times.size());
  std::fill_n(writer.values<int64_t>(), times.size(), kMinTime);
  highest = before;
  accepted.each([&](uint32_t row) {
    writer.set(row, minus_saturated(highest, delay));
    highest = std::max(highest, t[row]);
  });
  return std::move(writer).finish(times.size());
}

uint64_t lift(RecordBatch& batch, int64_t watermark) {
  const std::vector<int64_t> times = lowest_times(batch);
  if (times.empty()) return 0;
  const int64_t* arrival =
      batch.arrival_watermark == nullptr ? nullptr : batch.arrival_watermark->values<int64_t>();
  RowIndices behind;
  batch.selection().each([&](uint32_t row) {
    if (times[row] >= watermark) return;
    if (arrival == nullptr || arrival[row] < watermark) behind.push_back(row);
  });
  if (behind.empty()) return 0;
  ColumnWriter writer(TypeKind::kBigint, batch.rows);
  int64_t* const lifted = writer.values<int64_t>();
  if (arrival == nullptr) {
    std::fill_n(lifted, batch.rows, kMinTime);
  } else {
    std::copy_n(arrival, batch.rows, lifted);
  }
  for (const uint32_t row : behind) lifted[row] = watermark;
  batch.arrival_watermark = std::move(writer).finish(batch.rows);
  return behind.size();
}

void WatermarkMerger::advance(size_t input, int64_t watermark) {
  inputs_[input].watermark = std::max(inputs_[input].watermark, watermark);
}

int64_t WatermarkMerger::current() {
  if (all_finished()) return given_ = kMaxTime;
  int64_t lowest = kMaxTime;
  bool any = false;
  for (const Input& input : inputs_) {
    if (input.idle || input.finished) continue;
    lowest = std::min(lowest, input.watermark);
    any = true;
  }
  if (any) given_ = std::max(given_, lowest);
  return given_;
}

bool WatermarkMerger::all_finished() const {
  return std::all_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.finished; });
}

bool WatermarkMerger::all_idle() const {
  return !all_finished() && std::none_of(inputs_.begin(), inputs_.end(),
                                         [](const Input& i) { return !i.idle && !i.finished; });
}

}  // namespace weir
