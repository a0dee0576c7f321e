#include "operators/assign_window.h"

#include <algorithm>

namespace weir {
namespace {

constexpr size_t kAddedColumns = 3;
// Batches that one call of process emits before it gives way.
constexpr int kBatchesInOneCall = 4;

std::vector<bool> handed_on(const NeededColumns& needed) {
  CHECK(needed.size() >= kAddedColumns);
  std::vector<bool> columns;
  for (size_t i = 0; i + kAddedColumns < needed.size(); ++i) columns.push_back(needed[i].needed);
  return columns;
}

}  // namespace

AssignWindow::AssignWindow(const AssignWindowSpec& spec, std::string step, SchemaPtr output,
                           const NeededColumns& needed, const SplitNames& names)
    : spec_(spec),
      step_(std::move(step)),
      slices_(slices_of(spec.window)),
      output_(std::move(output)),
      handed_on_(handed_on(needed)),
      names_(names) {
  CHECK(needed.size() == output_->fields.size());
}

AssignWindow::Added::Added(const Type& type, size_t rows)
    : start(type, rows), end(type, rows), time(type, rows) {}

void AssignWindow::Added::set(size_t row, int64_t window_start, int64_t window_end) {
  start.set(row, window_start);
  end.set(row, window_end);
  time.set(row, window_end - 1);
}

void AssignWindow::Added::finish(size_t rows, RecordBatch& batch) && {
  batch.columns.push_back(std::move(start).finish(rows));
  batch.columns.push_back(std::move(end).finish(rows));
  batch.columns.push_back(std::move(time).finish(rows));
}

Result<Progress> AssignWindow::process(Port, const Element& element, int64_t, Output& out) {
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;
  if (!rows_.has_value()) rows_ = open(*batch, out);
  const size_t rows = rows_->size();
  if (spec_.window.kind == WindowKind::kTumble) {
    counters_.rows_out += rows;
    if (rows != 0) out.emit(kRowsPort, in_one_window(*rows_));
    rows_.reset();
    return Progress::kDone;
  }
  for (int emitted = 0; next_row_ < rows; ++emitted) {
    if (emitted == kBatchesInOneCall) return Progress::kMore;
    RecordBatch copies = next_copies(*rows_);
    counters_.rows_out += copies.rows;
    out.emit(kRowsPort, std::move(copies));
  }
  next_row_ = 0;
  rows_.reset();
  return Progress::kDone;
}

RecordBatch AssignWindow::open(const RecordBatch& batch, Output& out) {
  std::vector<LateRow> late;
  RecordBatch rows = on_time(batch, late);
  counters_.rows_in += batch.size();
  counters_.late += late.size();
  counters_.accepted += rows.size();
  if (!late.empty() && out.is_open(kLatePort)) {
    out.emit(kLatePort, late_rows(batch, late, step_, names_));
  }
  return rows;
}

RecordBatch AssignWindow::on_time(const RecordBatch& batch, std::vector<LateRow>& late) {
  const int64_t* arrival = arrival_watermarks(batch);
  if (!spec_.drops_late || arrival == nullptr) return batch;
  const int64_t* times = batch.columns[spec_.window.time_column]->values<int64_t>();
  RowIndices rows;
  batch.selection().each([&](uint32_t row) {
    const int64_t slice = slices_.slice_end(times[row]);
    const int64_t last = slices_.last_window(slice);
    if (is_late_for_window(last, arrival[row])) {
      late.push_back({.row = row, .window_end = last, .behind = arrival[row] - last});
      return;
    }
    const int64_t missed = first_window(slice, arrival, row) - slices_.first_window(slice);
    counters_.late_pairs += static_cast<uint64_t>(missed / slices_.slide());
    rows.push_back(row);
  });
  return with_selection(batch, std::move(rows));
}

int64_t AssignWindow::first_window(int64_t slice_end, const int64_t* arrival, uint32_t row) const {
  const int64_t first = slices_.first_window(slice_end);
  if (!spec_.drops_late || arrival == nullptr || !is_late_for_window(first, arrival[row])) {
    return first;
  }
  const int64_t missed = (arrival[row] - first) / slices_.slide() + 1;
  return first + missed * slices_.slide();
}

// Nothing is copied: the columns are those of the input.
RecordBatch AssignWindow::in_one_window(const RecordBatch& batch) const {
  RecordBatch out = with_columns_of(batch);
  const int64_t* times = batch.columns[spec_.window.time_column]->values<int64_t>();
  Added added(output_->fields.back().type, batch.rows);
  batch.selection().each([&](uint32_t row) {
    const int64_t end = slices_.slice_end(times[row]);
    added.set(row, slices_.window_start(end), end);
  });
  std::move(added).finish(batch.rows, out);
  return out;
}

RecordBatch AssignWindow::next_copies(const RecordBatch& batch) {
  const int64_t* times = batch.columns[spec_.window.time_column]->values<int64_t>();
  const int64_t* arrival = arrival_watermarks(batch);
  const Selection selection = batch.selection();
  copied_.clear();
  const size_t windows_max = static_cast<size_t>((spec_.window.size - 1) / slices_.slide() + 1);
  const size_t rows_max = std::min(kBatchRows, (selection.size() - next_row_) * windows_max);
  Added added(output_->fields.back().type, rows_max);
  while (copied_.size() < rows_max && next_row_ < selection.size()) {
    const uint32_t row = selection[next_row_];
    const int64_t slice = slices_.slice_end(times[row]);
    const int64_t last = slices_.last_window(slice);
    int64_t end = first_window(slice, arrival, row) + next_window_ * slices_.slide();
    for (; end <= last && copied_.size() < rows_max; end += slices_.slide(), ++next_window_) {
      added.set(copied_.size(), slices_.window_start(end), end);
      copied_.push_back(row);
    }
    if (end <= last) break;
    next_window_ = 0;
    ++next_row_;
  }
  RecordBatch source = with_columns_of(batch);
  source.selected = std::make_shared<const RowIndices>(copied_);
  RecordBatch out = compact(source);
  std::move(added).finish(copied_.size(), out);
  return out;
}

// Without those that are added.
RecordBatch AssignWindow::with_columns_of(const RecordBatch& batch) const {
  RecordBatch out = batch;
  out.schema = output_;
  for (size_t i = 0; i < handed_on_.size(); ++i) {
    if (!handed_on_[i]) out.columns[i] = nullptr;
  }
  return out;
}

}  // namespace weir
