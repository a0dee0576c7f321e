#include "operators/window_aggregate.h"

#include "engine/base/hash.h"
#include "engine/time/watermark.h"
#include "engine/time/window.h"

#include <algorithm>

namespace weir {
namespace {

// Batches that one call of process emits before it gives way.
constexpr int kBatchesInOneCall = 4;
// Groups that the partial phase holds before it sends all of them on.
constexpr size_t kPartialGroupsMax = 64 << 10;
constexpr uint64_t kLowerHalf = 0xffffffff;

}  // namespace

WindowAggregate::WindowAggregate(WindowAggregateSpec spec, std::string id, SchemaPtr input,
                                 SchemaPtr output, TaskState& state, const SplitNames& names)
    : spec_(std::move(spec)),
      id_(std::move(id)),
      step_(id_.substr(0, id_.find(kPartialSuffix))),
      input_(std::move(input)),
      output_(std::move(output)),
      names_(names) {
  CHECK(spec_.window.kind == WindowKind::kTumble);
  CHECK(spec_.window.size > 0);
  declare_state(state);
}

void WindowAggregate::declare_state(TaskState& state) {
  TableSpec table{.name = id_ + ".groups"};
  for (const size_t key : spec_.keys) table.key.push_back(input_->fields[key].type);
  for (const AggregateCall& aggregate : spec_.aggregates) {
    Call& call = calls_.emplace_back();
    call.call = aggregate;
    call.first_column = table.key.size() + table.value.size();
    AggregateCall plain = aggregate;  // The state in a row is the same with and without DISTINCT.
    plain.distinct = false;
    const std::vector<Field> partials =
        partial_fields(plain, argument_type(aggregate, *input_).value_or(TypeKind::kBigint));
    call.partial_columns = partials.size();
    for (const Field& field : partials) table.value.push_back(field.type);
    const size_t inputs = spec_.phase == AggregatePhase::kFinal ? partials.size() : 1;
    for (size_t i = 0; i < inputs && aggregate.argument.has_value(); ++i) {
      call.inputs.push_back(*aggregate.argument + i);
    }
  }
  groups_ = &state.sliced(table);
  size_t distinct_calls = 0;
  for (size_t i = 0; i < calls_.size(); ++i) {
    Call& call = calls_[i];
    call.accumulator = make_accumulator(call.call, argument_type(call.call, *input_),
                                        groups_->layout(), call.first_column);
    const bool is_extreme = call.call.function == AggregateFunction::kMin ||
                            call.call.function == AggregateFunction::kMax;
    if (!call.call.distinct || is_extreme) continue;
    TableSpec distinct{.name = id_ + ".distinct." + std::to_string(i), .key = table.key};
    distinct.key.push_back(input_->fields[call.inputs[0]].type);
    call.distinct = &state.sliced(distinct);
    call.distinct_index = distinct_calls++;
  }
}

Readiness WindowAggregate::prefetch(Port, const Element& element) {
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    if (taken_in_) return Readiness::kReady;  // What is left to do is firing.
    split_by_window(*batch);
    Readiness readiness = Readiness::kReady;
    for (const Slice& slice : slices_) {
      const Selection selection(slice.rows.data(), slice.rows.size());
      const Readiness one = groups_->prefetch(slice.end, keys_of(*batch, slice), selection);
      if (one == Readiness::kPending) readiness = Readiness::kPending;
      for (const Call& call : calls_) {
        if (call.distinct == nullptr) continue;
        const KeyBatch keys =
            distinct_keys_of(*batch, call, slice.distinct_hashes[call.distinct_index].data());
        const Readiness values = call.distinct->prefetch(slice.end, keys, selection);
        if (values == Readiness::kPending) readiness = Readiness::kPending;
      }
    }
    return readiness;
  }
  const Watermark* watermark = std::get_if<Watermark>(&element);
  if (watermark == nullptr || groups_->empty()) return Readiness::kReady;
  // Slices are fetched as they are fired: this asks for the first, process for those behind it.
  if (groups_->first_end() > watermark->time) return Readiness::kReady;
  return groups_->prefetch_slice(groups_->first_end());
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
    split_by_window(*batch);
    counters_.rows_in += batch->size();
    counters_.late += late_.size();
    counters_.accepted += batch->size() - late_.size();
    if (!late_.empty() && out.is_open(kLatePort)) {
      out.emit(kLatePort, late_rows(*batch, late_, step_, names_));
    }
    for (const Slice& slice : slices_) TRY(take_in(*batch, slice));
    slices_.clear();
    late_.clear();
    split_done_ = false;
    taken_in_ = true;
  }
  // A slice of which a part was sent must be sent to its end, even if the others alone are not too
  // many.
  if (is_partial() && (fire_next_ != 0 || groups_->rows() > kPartialGroupsMax)) {
    const Progress progress = TRY(fire(kMaxTime, out));
    if (progress == Progress::kMore) return progress;
  }
  taken_in_ = false;
  return Progress::kDone;
}

int64_t WindowAggregate::window_end(int64_t time) const {
  if (spec_.phase == AggregatePhase::kFinal) return time;
  return tumble_end(time, spec_.window.size, spec_.window.offset);
}

WindowAggregate::Slice& WindowAggregate::slice_of(int64_t end) {
  for (Slice& slice : slices_) {
    if (slice.end == end) return slice;
  }
  return slices_.emplace_back(Slice{.end = end});
}

// Which rows belong to which window, which are late, and the hashes of their keys. Done once for
// each batch, whether prefetch was called or not.
void WindowAggregate::split_by_window(const RecordBatch& batch) {
  if (split_done_) return;
  split_done_ = true;
  const int64_t* times = batch.columns[spec_.window.time_column]->values<int64_t>();
  const int64_t* arrival =
      batch.arrival_watermark == nullptr ? nullptr : batch.arrival_watermark->values<int64_t>();
  // Most neighbours share a window: it is found anew only where the time leaves [from, end).
  int64_t from = 1;
  int64_t end = 0;
  Slice* slice = nullptr;
  batch.selection().each([&](uint32_t row) {
    const int64_t time = times[row];
    if (slice == nullptr || time < from || time >= end) {
      const int64_t window = window_end(time);
      slice = &slice_of(window);
      end = spec_.phase == AggregatePhase::kFinal ? window + 1 : window;
      from = spec_.phase == AggregatePhase::kFinal ? window : window - spec_.window.size;
    }
    if (arrival != nullptr && is_late_for_window(slice->end, arrival[row])) {
      late_.push_back({.row = row, .window_end = slice->end, .behind = arrival[row] - slice->end});
      return;
    }
    slice->rows.push_back(row);
  });
  std::erase_if(slices_, [](const Slice& s) { return s.rows.empty(); });
  for (Slice& s : slices_) hash_slice(batch, s);
}

void WindowAggregate::hash_slice(const RecordBatch& batch, Slice& slice) const {
  const size_t count = slice.rows.size();
  const Selection selection(slice.rows.data(), count);
  if (!spec_.keys.empty()) {
    slice.hashes.resize(count);
    hash_rows(keys_of(batch, slice).columns, selection, slice.hashes.data());
  }
  for (const Call& call : calls_) {
    if (call.distinct == nullptr) continue;
    std::vector<uint64_t>& hashes = slice.distinct_hashes.emplace_back(count);
    hash_rows({batch.columns[call.inputs[0]].get()}, selection, hashes.data());
    // The upper half, which decides the key group, is that of the key alone.
    for (size_t i = 0; i < count; ++i) {
      const uint64_t key = slice.hashes.empty() ? 0 : slice.hashes[i];
      hashes[i] = (key & ~kLowerHalf) | (hash_combine(key, hashes[i]) & kLowerHalf);
    }
  }
}

KeyBatch WindowAggregate::distinct_keys_of(const RecordBatch& batch, const Call& call,
                                           const uint64_t* hashes) const {
  KeyBatch keys;
  for (const size_t key : spec_.keys) keys.columns.push_back(batch.columns[key].get());
  keys.columns.push_back(batch.columns[call.inputs[0]].get());
  keys.hashes = hashes;
  return keys;
}

KeyBatch WindowAggregate::keys_of(const RecordBatch& batch, const Slice& slice) const {
  KeyBatch keys;
  for (const size_t key : spec_.keys) keys.columns.push_back(batch.columns[key].get());
  keys.hashes = slice.hashes.empty() ? nullptr : slice.hashes.data();
  return keys;
}

Status WindowAggregate::take_in(const RecordBatch& batch, const Slice& slice) {
  KeyedTable& groups = groups_->slice(slice.end);
  const size_t count = slice.rows.size();
  row_ids_.resize(count);
  targets_.resize(count);
  groups.find_or_insert(keys_of(batch, slice), Selection(slice.rows.data(), count),
                        row_ids_.data());
  for (size_t i = 0; i < count; ++i) targets_[i] = groups.row(row_ids_[i]);
  for (Call& call : calls_) TRY(add_call(call, batch, slice, groups));
  return {};
}

Status WindowAggregate::add_call(Call& call, const RecordBatch& batch, const Slice& slice,
                                 KeyedTable& groups) {
  AccumulatorInput input{slice.rows.data(), targets_.data(), slice.rows.size()};
  columns_.clear();
  for (const size_t column : call.inputs) columns_.push_back(batch.columns[column].get());
  if (spec_.phase == AggregatePhase::kFinal) {
    return call.accumulator->merge(columns_, input, groups);
  }
  const Column* argument = columns_.empty() ? nullptr : columns_[0];
  const Column* filter =
      call.call.filter.has_value() ? batch.columns[*call.call.filter].get() : nullptr;
  const bool has_nulls = argument != nullptr && argument->has_nulls();
  const uint64_t* hashes =
      call.distinct == nullptr ? nullptr : slice.distinct_hashes[call.distinct_index].data();
  if (filter != nullptr || has_nulls) {
    chosen_rows_.clear();
    chosen_targets_.clear();
    chosen_hashes_.clear();
    for (size_t i = 0; i < input.count; ++i) {
      const uint32_t row = input.rows[i];
      if (has_nulls && argument->is_null(row)) continue;
      if (filter != nullptr && (filter->is_null(row) || !filter->boolean(row))) continue;
      chosen_rows_.push_back(row);
      chosen_targets_.push_back(input.targets[i]);
      if (hashes != nullptr) chosen_hashes_.push_back(hashes[i]);
    }
    if (hashes != nullptr) hashes = chosen_hashes_.data();
    input = {chosen_rows_.data(), chosen_targets_.data(), chosen_rows_.size()};
  }
  if (call.distinct != nullptr) input = new_distinct(call, batch, slice.end, input, hashes);
  if (input.count == 0) return {};
  return call.accumulator->add(columns_, input, groups);
}

// Of the rows in `input`, those whose (key, value) was not met in this window before.
AccumulatorInput WindowAggregate::new_distinct(Call& call, const RecordBatch& batch, int64_t end,
                                               const AccumulatorInput& input,
                                               const uint64_t* hashes) {
  const KeyBatch keys = distinct_keys_of(batch, call, hashes);
  const Selection selection(input.rows, input.count);
  row_ids_.resize(std::max(row_ids_.size(), input.count));
  std::vector<uint32_t> inserted;
  call.distinct->slice(end).find_or_insert(keys, selection, row_ids_.data(), &inserted);
  std::vector<uint32_t> rows;
  std::vector<std::byte*> targets;
  for (const uint32_t i : inserted) {
    rows.push_back(input.rows[i]);
    targets.push_back(input.targets[i]);
  }
  chosen_rows_ = std::move(rows);
  chosen_targets_ = std::move(targets);
  return {chosen_rows_.data(), chosen_targets_.data(), chosen_rows_.size()};
}

Result<Progress> WindowAggregate::fire(int64_t until, Output& out) {
  for (int emitted = 0; !groups_->empty() && groups_->first_end() <= until; ++emitted) {
    if (emitted == kBatchesInOneCall) return Progress::kMore;
    const int64_t end = groups_->first_end();
    if (groups_->prefetch_slice(end) == Readiness::kPending) return Progress::kMore;
    KeyedTable& groups = groups_->slice(end);
    RecordBatch results = TRY(next_results(end, groups));
    if (results.rows != 0) {
      counters_.rows_out += results.rows;
      out.emit(kRowsPort, std::move(results));
    }
    if (fire_next_ < groups.ids_end()) continue;
    fire_next_ = 0;
    groups_->drop(end);
    for (Call& call : calls_) {
      if (call.distinct != nullptr) call.distinct->drop(end);
    }
  }
  return Progress::kDone;
}

Result<RecordBatch> WindowAggregate::next_results(int64_t end, KeyedTable& groups) {
  RecordBatch batch;
  batch.schema = output_;
  std::vector<ColumnWriter> writers;
  auto arena = std::make_shared<Arena>();
  const size_t rows_max = std::min<size_t>(kBatchRows, groups.ids_end() - fire_next_);
  for (const Field& field : output_->fields) writers.emplace_back(field.type, rows_max, arena);
  for (; batch.rows < rows_max && fire_next_ < groups.ids_end(); ++fire_next_) {
    if (!groups.is_live(fire_next_)) continue;
    TRY(append_result(groups, fire_next_, end, writers));
    ++batch.rows;
  }
  for (ColumnWriter& writer : writers) batch.columns.push_back(std::move(writer).finish());
  return batch;
}

Status WindowAggregate::append_result(const KeyedTable& groups, RowId row, int64_t end,
                                      std::vector<ColumnWriter>& writers) const {
  size_t next = 0;
  for (size_t key = 0; key < spec_.keys.size(); ++key) {
    groups.append_to(writers[next++], row, key);
  }
  if (is_partial()) {
    writers[next++].append(end);
    for (const Call& call : calls_) {
      for (size_t i = 0; i < call.partial_columns; ++i, ++next) {
        const size_t column = call.first_column + i;
        // A count of no rows is NULL in the table, and is sent as what it is.
        if (!output_->fields[next].nullable && groups.layout().is_null(groups.row(row), column)) {
          writers[next].append(int64_t{0});
        } else {
          groups.append_to(writers[next], row, column);
        }
      }
    }
    return {};
  }
  writers[next++].append(end - spec_.window.size);
  writers[next++].append(end);
  writers[next++].append(end - 1);
  for (const Call& call : calls_) TRY(call.accumulator->finish(groups, row, writers[next++]));
  return {};
}

}  // namespace weir
