#include "operators/window_aggregate.h"

#include "engine/base/hash.h"
#include "engine/time/watermark.h"
#include "operators/row_order.h"
#include "operators/slice_parts.h"
#include "operators/window_merge.h"

#include <algorithm>

namespace weir {
namespace {

// Batches that one call of process emits before it gives way.
constexpr int kBatchesInOneCall = 4;
// Groups that the partial phase holds before it sends all of them on.
constexpr size_t kPartialGroupsMax = 64 << 10;
// Of the output: window_start, window_end, window_time.
constexpr size_t kWindowColumns = 3;

std::vector<size_t> group_columns(const WindowAggregateSpec& spec) {
  std::vector<size_t> columns = spec.keys;
  if (spec.window.kind == WindowKind::kGiven) columns.push_back(*spec.window.start_column);
  return columns;
}

}  // namespace

WindowAggregate::WindowAggregate(WindowAggregateSpec spec, std::string id, SchemaPtr input,
                                 SchemaPtr output, std::optional<FirstRows> first, TaskState& state,
                                 const SplitNames& names)
    : spec_(std::move(spec)),
      id_(std::move(id)),
      step_(id_.substr(0, id_.find(kPartialSuffix))),
      input_(std::move(input)),
      output_(std::move(output)),
      names_(names),
      key_columns_(group_columns(spec_)),
      calls_(spec_.aggregates, spec_.phase, *input_),
      slices_(spec_.window.overlaps() ? std::optional(slices_of(spec_.window)) : std::nullopt),
      first_(first),
      chooses_(first_.has_value()) {
  CHECK(!chooses_ || !is_partial());
  if (chooses_) finder_.emplace(first_->function, first_->limit);
  CHECK(spec_.window.kind != WindowKind::kSession);
  declare_state(state);
  if (slices_.has_value() && !is_partial()) {
    windows_ = std::make_unique<WindowMerge>(*slices_, *groups_, calls_);
  } else {
    windows_ = std::make_unique<SliceParts>(slices_, *groups_);
  }
}

void WindowAggregate::declare_state(TaskState& state) {
  TableSpec table{.name = id_ + ".groups"};
  for (const size_t key : key_columns_) table.key.push_back(input_->fields[key].type);
  table.value = calls_.state_types();
  groups_ = &state.sliced(table);
  calls_.bind(groups_->layout(), table.key.size());
  for (size_t i = 0; i < calls_.size(); ++i) {
    if (!calls_.is_distinct(i)) continue;
    CHECK(!slices_.has_value());
    TableSpec values{.name = id_ + ".distinct." + std::to_string(i), .key = table.key};
    values.key.push_back(input_->fields[calls_.argument(i)].type);
    distinct_.push_back({.call = i, .values = &state.sliced(values)});
  }
}

Readiness WindowAggregate::prefetch(Port, const Element& element) {
  // What fires is asked for part by part, by process.
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr || taken_in_) return Readiness::kReady;
  split_by_slice(*batch);
  Readiness readiness = Readiness::kReady;
  for (const SliceRows& slice : split_) {
    const Selection selection(slice.rows.data(), slice.rows.size());
    const Readiness one = groups_->prefetch(slice.id.end, keys_of(*batch, slice), selection);
    if (one == Readiness::kPending) readiness = Readiness::kPending;
    for (size_t i = 0; i < distinct_.size(); ++i) {
      const KeyBatch keys = distinct_keys_of(*batch, distinct_[i], slice.distinct_hashes[i].data());
      const Readiness values = distinct_[i].values->prefetch(slice.id.end, keys, selection);
      if (values == Readiness::kPending) readiness = Readiness::kPending;
    }
  }
  return readiness;
}

Result<Progress> WindowAggregate::process(Port, const Element& element, int64_t, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    return fire(watermark->time, out);
  }
  const bool flushes = std::holds_alternative<Barrier>(element) && is_partial();
  if (flushes) return fire(kMaxTime, out);
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;

  if (!taken_in_) {
    split_by_slice(*batch);
    counters_.rows_in += batch->size();
    counters_.late += late_.size();
    counters_.late_pairs += late_pairs_;
    counters_.accepted += batch->size() - late_.size();
    if (!late_.empty() && out.is_open(kLatePort)) {
      out.emit(kLatePort, late_rows(*batch, late_, step_, names_));
    }
    for (const SliceRows& slice : split_) TRY(take_in(*batch, slice));
    split_.clear();
    late_.clear();
    late_pairs_ = 0;
    split_done_ = false;
    taken_in_ = true;
  }
  // What has begun to be sent must be sent to its end, even if the others alone are not too many.
  if (is_partial() && (firing_.has_value() || groups_->rows() > kPartialGroupsMax)) {
    const Progress progress = TRY(fire(kMaxTime, out));
    if (progress == Progress::kMore) return progress;
  }
  taken_in_ = false;
  return Progress::kDone;
}

WindowAggregate::SliceRows& WindowAggregate::rows_of(SliceId id) {
  for (SliceRows& slice : split_) {
    if (slice.id == id) return slice;
  }
  return split_.emplace_back(SliceRows{.id = id});
}

// Which rows belong to which slice, which are late, and the hashes of their keys. Done once for
// each batch, whether prefetch was called or not.
void WindowAggregate::split_by_slice(const RecordBatch& batch) {
  if (split_done_) return;
  split_done_ = true;
  if (is_final() || spec_.window.kind == WindowKind::kGiven) {
    split_as_given(batch);
  } else if (slices_.has_value()) {
    split_into_slices(batch);
  } else {
    split_into_windows(batch);
  }
  std::erase_if(split_, [](const SliceRows& slice) { return slice.rows.empty(); });
  for (SliceRows& slice : split_) hash_slice(batch, slice);
}

void WindowAggregate::split_into_windows(const RecordBatch& batch) {
  const int64_t* times = batch.columns[spec_.window.time_column]->values<int64_t>();
  const int64_t* arrival = arrival_watermarks(batch);
  // Most neighbours share a window: it is found anew only where the time leaves [from, end).
  int64_t from = 1;
  int64_t end = 0;
  SliceRows* slice = nullptr;
  batch.selection().each([&](uint32_t row) {
    const int64_t time = times[row];
    if (slice == nullptr || time < from || time >= end) {
      end = tumble_end(time, spec_.window.size, spec_.window.offset);
      from = end - spec_.window.size;
      slice = &rows_of(end);
    }
    if (arrival != nullptr && is_late_for_window(end, arrival[row])) {
      late_.push_back({.row = row, .window_end = end, .behind = arrival[row] - end});
      return;
    }
    slice->rows.push_back(row);
  });
}

void WindowAggregate::split_into_slices(const RecordBatch& batch) {
  const int64_t* times = batch.columns[spec_.window.time_column]->values<int64_t>();
  const int64_t* arrival = arrival_watermarks(batch);
  int64_t end = 0;
  int64_t first = 0;
  int64_t last = 0;
  int64_t from = 1;  // The slice is known to hold the times from here to its end.
  size_t slice = 0;
  batch.selection().each([&](uint32_t row) {
    const int64_t time = times[row];
    if (split_.empty() || time < from || time >= end) {
      end = slices_->slice_end(time);
      first = slices_->first_window(end);
      last = slices_->last_window(end);
      from = time;
      slice = static_cast<size_t>(&rows_of({end, first}) - split_.data());
    }
    if (arrival == nullptr || !is_late_for_window(first, arrival[row])) {
      split_[slice].rows.push_back(row);
      return;
    }
    if (is_late_for_window(last, arrival[row])) {
      late_.push_back({.row = row, .window_end = last, .behind = arrival[row] - last});
      return;
    }
    const int64_t missed = (arrival[row] - first) / slices_->slide() + 1;
    late_pairs_ += static_cast<uint64_t>(missed);
    rows_of({end, first + missed * slices_->slide()}).rows.push_back(row);
  });
}

// Partial states say which slice they are of, rows of windows which window.
void WindowAggregate::split_as_given(const RecordBatch& batch) {
  const int64_t* ends = batch.columns[spec_.window.time_column]->values<int64_t>();
  const int64_t* firsts = ends;
  if (is_final() && slices_.has_value()) {
    firsts = batch.columns[spec_.window.time_column + 1]->values<int64_t>();
  }
  const int64_t* arrival = arrival_watermarks(batch);
  batch.selection().each([&](uint32_t row) {
    const SliceId id(ends[row], firsts[row]);
    if (arrival != nullptr && is_late_for_window(id.end, arrival[row])) {
      late_.push_back({.row = row, .window_end = id.end, .behind = arrival[row] - id.end});
      return;
    }
    SliceRows& slice = !split_.empty() && split_.back().id == id ? split_.back() : rows_of(id);
    slice.rows.push_back(row);
  });
}

void WindowAggregate::hash_slice(const RecordBatch& batch, SliceRows& slice) const {
  const size_t count = slice.rows.size();
  const Selection selection(slice.rows.data(), count);
  if (!spec_.keys.empty()) {
    // By the keys alone: all windows of a key belong to its key group.
    std::vector<const Column*> keys;
    for (const size_t key : spec_.keys) keys.push_back(batch.columns[key].get());
    slice.hashes.resize(count);
    hash_rows(keys, selection, slice.hashes.data());
  }
  for (const Distinct& distinct : distinct_) {
    std::vector<uint64_t>& hashes = slice.distinct_hashes.emplace_back(count);
    hash_rows({batch.columns[calls_.argument(distinct.call)].get()}, selection, hashes.data());
    for (size_t i = 0; i < count; ++i) {
      const uint64_t key = slice.hashes.empty() ? 0 : slice.hashes[i];
      hashes[i] = hash_within(key, hashes[i]);
    }
  }
}

KeyBatch WindowAggregate::distinct_keys_of(const RecordBatch& batch, const Distinct& distinct,
                                           const uint64_t* hashes) const {
  KeyBatch keys;
  for (const size_t key : key_columns_) keys.columns.push_back(batch.columns[key].get());
  keys.columns.push_back(batch.columns[calls_.argument(distinct.call)].get());
  keys.hashes = hashes;
  return keys;
}

KeyBatch WindowAggregate::keys_of(const RecordBatch& batch, const SliceRows& slice) const {
  KeyBatch keys;
  for (const size_t key : key_columns_) keys.columns.push_back(batch.columns[key].get());
  keys.hashes = slice.hashes.empty() ? nullptr : slice.hashes.data();
  return keys;
}

Status WindowAggregate::take_in(const RecordBatch& batch, const SliceRows& slice) {
  KeyedTable& groups = groups_->slice(slice.id);
  const size_t count = slice.rows.size();
  row_ids_.resize(count);
  targets_.resize(count);
  groups.find_or_insert(keys_of(batch, slice), Selection(slice.rows.data(), count),
                        row_ids_.data());
  groups.change(row_ids_.data(), count, targets_.data());
  const AccumulatorInput all{slice.rows.data(), targets_.data(), count};
  size_t next_distinct = 0;
  for (size_t i = 0; i < calls_.size(); ++i) {
    AccumulatorInput input = calls_.chosen(i, batch, all);
    if (calls_.is_distinct(i)) {
      const std::vector<uint64_t>& hashes = slice.distinct_hashes[next_distinct];
      hashes_.resize(input.count);
      for (size_t k = 0; k < input.count; ++k) hashes_[k] = hashes[calls_.places()[k]];
      input = new_distinct(distinct_[next_distinct++], batch, slice.id, input, hashes_.data());
    }
    TRY(calls_.add_chosen(i, batch, input, groups));
  }
  return {};
}

// Of the rows in `input`, those whose (key, value) was not met in this window before.
AccumulatorInput WindowAggregate::new_distinct(const Distinct& distinct, const RecordBatch& batch,
                                               SliceId id, const AccumulatorInput& input,
                                               const uint64_t* hashes) {
  const KeyBatch keys = distinct_keys_of(batch, distinct, hashes);
  row_ids_.resize(std::max(row_ids_.size(), input.count));
  std::vector<uint32_t> inserted;
  distinct.values->slice(id).find_or_insert(keys, Selection(input.rows, input.count),
                                            row_ids_.data(), &inserted);
  rows_.clear();
  new_targets_.clear();
  for (const uint32_t i : inserted) {
    rows_.push_back(input.rows[i]);
    new_targets_.push_back(input.targets[i]);
  }
  return {rows_.data(), new_targets_.data(), rows_.size()};
}

Result<Progress> WindowAggregate::fire(int64_t until, Output& out) {
  for (int done = 0; done < kBatchesInOneCall;) {
    if (!firing_.has_value()) {
      const std::optional<WindowParts::Window> next = windows_->next();
      if (!next.has_value() || next->due > until) return Progress::kDone;
      firing_ = next->id;
    }
    if (shown_ == nullptr) {
      const WindowParts::Step step = TRY(show_more());
      if (step == WindowParts::Step::kPending) return Progress::kMore;
      if (step == WindowParts::Step::kEnd) {
        for (const Distinct& distinct : distinct_) distinct.values->drop(*firing_);
        firing_.reset();
        continue;
      }
    }
    ++done;
    if (shown_ == nullptr) continue;
    RecordBatch results = TRY(next_results());
    if (results.rows != 0) {
      counters_.rows_out += results.rows;
      out.emit(kRowsPort, std::move(results));
    }
    if (fire_next_ < results_end()) continue;
    fire_next_ = 0;
    shown_ = nullptr;
  }
  return Progress::kMore;
}

// Where results are chosen, those that can be some are kept of each part, and shown at the end.
Result<WindowParts::Step> WindowAggregate::show_more() {
  if (!chosen_.empty()) {
    chosen_.clear();
    best_.reset();
    return WindowParts::Step::kEnd;
  }
  const WindowParts::Step step = TRY(windows_->step());
  if (!chooses_) {
    if (step == WindowParts::Step::kPart) shown_ = &windows_->table();
    return step;
  }
  if (step == WindowParts::Step::kPart) TRY(keep_best(windows_->table()));
  if (step != WindowParts::Step::kEnd || !best_.has_value()) return step;
  chosen_ = TRY(choose(*best_));
  shown_ = &*best_;
  return WindowParts::Step::kPart;
}

Status WindowAggregate::keep_best(const KeyedTable& groups) {
  ByteWriter bytes;
  for (const RowId row : TRY(choose(groups))) {
    if (!best_.has_value()) best_ = groups_->scratch();
    bytes = ByteWriter(std::move(bytes).take());
    encode_values(groups.layout(), groups.row(row), bytes);
    ByteReader in(bytes.view());
    TRY(best_->insert_encoded(groups.hash(row), in));
  }
  return {};
}

Result<std::vector<RowId>> WindowAggregate::choose(const KeyedTable& groups) {
  std::vector<RowId> rows;
  std::vector<uint64_t> prefixes;
  for (RowId next = 0; next < groups.ids_end();) {
    rows.clear();
    for (; rows.size() < kBatchRows && next < groups.ids_end(); ++next) {
      if (groups.is_live(next)) rows.push_back(next);
    }
    const ColumnPtr column = TRY(order_column(groups, rows));
    prefixes.clear();
    for (uint32_t i = 0; i < rows.size(); ++i) {
      prefixes.push_back(order_prefix(*column, i, first_->order));
    }
    finder_->add(rows.data(), prefixes.data(), rows.size());
  }
  return finder_->take();
}

// The column of the output that results are chosen by.
Result<ColumnPtr> WindowAggregate::order_column(const KeyedTable& groups,
                                                const std::vector<RowId>& rows) const {
  const size_t column = first_->order.column;
  ColumnWriter writer(output_->fields[column].type, rows.size());
  if (column < spec_.keys.size()) {
    groups.append_to(writer, rows.data(), rows.size(), column);
  } else {
    const size_t call = column - spec_.keys.size() - kWindowColumns;
    for (const RowId row : rows) TRY(calls_.finish_one(call, groups, row, writer));
  }
  return std::move(writer).finish();
}

Result<RecordBatch> WindowAggregate::next_results() {
  RecordBatch batch;
  batch.schema = output_;
  std::vector<ColumnWriter> writers;
  auto arena = std::make_shared<Arena>();
  const size_t end = results_end();
  const size_t rows_max = std::min<size_t>(kBatchRows, end - fire_next_);
  for (const Field& field : output_->fields) writers.emplace_back(field.type, rows_max, arena);
  for (; batch.rows < rows_max && fire_next_ < end; ++fire_next_) {
    const RowId row = chooses_ ? chosen_[fire_next_] : static_cast<RowId>(fire_next_);
    if (!shown_->is_live(row)) continue;
    TRY(append_result(row, writers));
    ++batch.rows;
  }
  for (ColumnWriter& writer : writers) batch.columns.push_back(std::move(writer).finish());
  return batch;
}

Status WindowAggregate::append_result(RowId row, std::vector<ColumnWriter>& writers) const {
  const KeyedTable& groups = *shown_;
  const SliceId id = *firing_;
  size_t next = 0;
  for (size_t key = 0; key < spec_.keys.size(); ++key) {
    groups.append_to(writers[next++], row, key);
  }
  if (is_partial()) {
    writers[next++].append(id.end);
    if (slices_.has_value()) writers[next++].append(id.first);
    calls_.append_states(groups, row, *output_, writers, next);
    return {};
  }
  if (spec_.window.kind == WindowKind::kGiven) {
    groups.append_to(writers[next++], row, spec_.keys.size());
  } else {
    const int64_t start =
        slices_.has_value() ? slices_->window_start(id.end) : id.end - spec_.window.size;
    writers[next++].append(start);
  }
  writers[next++].append(id.end);
  writers[next++].append(id.end - 1);
  return calls_.finish(groups, row, writers, next);
}

}  // namespace weir
