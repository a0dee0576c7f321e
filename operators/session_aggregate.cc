#include "operators/session_aggregate.h"

#include "engine/time/watermark.h"

#include <algorithm>

namespace weir {
namespace {

// Keys whose sessions one call of process fires before it gives way.
constexpr size_t kKeysInOneCall = 4096;
// Value columns of an entry.
constexpr size_t kStart = 0;
constexpr size_t kLast = 1;
constexpr size_t kStates = 2;

}  // namespace

SessionAggregate::SessionAggregate(WindowAggregateSpec spec, std::string id, SchemaPtr input,
                                   SchemaPtr output, TaskState& state, const SplitNames& names)
    : spec_(std::move(spec)),
      id_(std::move(id)),
      input_(std::move(input)),
      output_(std::move(output)),
      names_(names),
      calls_(spec_.aggregates, spec_.phase, *input_, DistinctWhere::kState) {
  CHECK(spec_.window.kind == WindowKind::kSession);
  CHECK(spec_.phase == AggregatePhase::kWhole);
  ListsSpec lists{.name = id_ + ".sessions", .with_timer = true};
  for (const size_t key : spec_.keys) lists.key.push_back(input_->fields[key].type);
  lists.entry = {TypeKind::kBigint, TypeKind::kBigint};
  lists.entry.insert(lists.entry.end(), calls_.state_types().begin(), calls_.state_types().end());
  lists_ = &state.lists(lists);
  const RowLayout& layout = lists_->entries().layout();
  start_offset_ = layout.offset(kStart);
  last_offset_ = layout.offset(kLast);
  calls_.bind(layout, kStates);
}

Readiness SessionAggregate::prefetch(Port, const Element& element) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    return lists_->prefetch_due(watermark->time);
  }
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Readiness::kReady;
  split_off_late(*batch);
  return lists_->prefetch(keys_of(*batch), Selection(on_time_.data(), on_time_.size()));
}

Result<Progress> SessionAggregate::process(Port, const Element& element, int64_t, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    return fire(watermark->time, out);
  }
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;
  split_off_late(*batch);
  counters_.rows_in += batch->size();
  counters_.late += late_.size();
  counters_.accepted += on_time_.size();
  if (!late_.empty() && out.is_open(kLatePort)) {
    out.emit(kLatePort, late_rows(*batch, late_, id_, names_));
  }
  if (!on_time_.empty()) TRY(take_in(*batch));
  on_time_.clear();
  hashes_.clear();
  late_.clear();
  split_done_ = false;
  return Progress::kDone;
}

void SessionAggregate::split_off_late(const RecordBatch& batch) {
  if (split_done_) return;
  split_done_ = true;
  const int64_t* times = batch.columns[spec_.window.time_column]->values<int64_t>();
  const int64_t* arrival = arrival_watermarks(batch);
  batch.selection().each([&](uint32_t row) {
    if (arrival != nullptr && times[row] < arrival[row]) {
      late_.push_back({.row = row,
                       .window_end = times[row] + spec_.window.size,
                       .behind = arrival[row] - times[row]});
    } else {
      on_time_.push_back(row);
    }
  });
  if (spec_.keys.empty()) return;
  std::vector<const Column*> keys;
  for (const size_t key : spec_.keys) keys.push_back(batch.columns[key].get());
  hashes_.resize(on_time_.size());
  hash_rows(keys, Selection(on_time_.data(), on_time_.size()), hashes_.data());
}

KeyBatch SessionAggregate::keys_of(const RecordBatch& batch) const {
  KeyBatch keys;
  for (const size_t key : spec_.keys) keys.columns.push_back(batch.columns[key].get());
  keys.hashes = hashes_.empty() ? nullptr : hashes_.data();
  return keys;
}

Status SessionAggregate::take_in(const RecordBatch& batch) {
  const int64_t* times = batch.columns[spec_.window.time_column]->values<int64_t>();
  heads_.resize(on_time_.size());
  lists_->heads().find_or_insert(keys_of(batch), Selection(on_time_.data(), on_time_.size()),
                                 heads_.data());
  KeyedTable& entries = lists_->entries();
  for (size_t i = 0; i < on_time_.size(); ++i) {
    const RowId entry = TRY(session_for(heads_[i], times[on_time_[i]], batch, entries));
    pending_rows_.push_back(on_time_[i]);
    pending_targets_.push_back(entries.change(entry));
    const int64_t due = last(lists_->first(heads_[i])) + spec_.window.size + 1;
    if (lists_->timers().due(heads_[i]) != due) lists_->timers().set(heads_[i], due);
  }
  return add_pending(batch, entries);
}

Result<RowId> SessionAggregate::session_for(RowId head, int64_t time, const RecordBatch& batch,
                                            KeyedTable& entries) {
  const int64_t gap = spec_.window.size;
  RowId entry = lists_->last(head);
  while (entry != kNoRow && start(entry) > time + gap) entry = lists_->prev(entry);
  if (entry == kNoRow || last(entry) + gap < time) {
    // Sessions do not touch, so that the order they were begun with stays theirs.
    const RowId begun = lists_->insert(head, time);
    set_times(begun, time, time);
    return begun;
  }
  set_times(entry, std::min(start(entry), time), std::max(last(entry), time));
  // Rows before this one in the batch may belong to a session that goes.
  const RowId previous = lists_->prev(entry);
  if (previous != kNoRow && last(previous) + gap >= start(entry)) {
    TRY(add_pending(batch, entries));
    TRY(join_with_previous(head, entry, entries));
  }
  return entry;
}

Status SessionAggregate::join_with_previous(RowId head, RowId& entry, KeyedTable& entries) {
  const RowId previous = lists_->prev(entry);
  std::byte* target = entries.change(previous);
  const std::byte* source = entries.row(entry);
  TRY(calls_.merge_rows({&target, &source, 1}, entries));
  set_times(previous, start(previous), std::max(last(previous), last(entry)));
  lists_->erase(head, entry);
  entry = previous;
  return {};
}

Status SessionAggregate::add_pending(const RecordBatch& batch, KeyedTable& entries) {
  if (pending_rows_.empty()) return {};
  TRY(calls_.add(batch, {pending_rows_.data(), pending_targets_.data(), pending_rows_.size()},
                 entries));
  pending_rows_.clear();
  pending_targets_.clear();
  return {};
}

void SessionAggregate::set_times(RowId entry, int64_t start, int64_t last) {
  KeyedTable& entries = lists_->entries();
  std::byte* row = entries.change(entry);
  store(row + start_offset_, start);
  store(row + last_offset_, last);
  entries.layout().clear_null(row, kStart);
  entries.layout().clear_null(row, kLast);
}

Result<Progress> SessionAggregate::fire(int64_t until, Output& out) {
  due_.clear();
  const bool more = lists_->pop_due(until, kKeysInOneCall, due_);
  std::vector<ColumnWriter> writers;
  uint32_t rows = 0;
  const auto emit = [&] {
    if (rows == 0) return;
    RecordBatch batch;
    batch.schema = output_;
    batch.rows = rows;
    for (ColumnWriter& writer : writers) batch.columns.push_back(std::move(writer).finish());
    counters_.rows_out += rows;
    out.emit(kRowsPort, std::move(batch));
    writers.clear();
    rows = 0;
  };
  for (const Timers::Due& due : due_) {
    RowId entry = lists_->first(due.row);
    for (; entry != kNoRow; entry = lists_->first(due.row)) {
      if (until != kMaxTime && last(entry) + spec_.window.size >= until) break;
      if (writers.empty()) {
        auto arena = std::make_shared<Arena>();
        for (const Field& field : output_->fields) {
          writers.emplace_back(field.type, kBatchRows, arena);
        }
      }
      TRY(append_result(due.row, entry, writers));
      lists_->pop_front(due.row);
      if (++rows == kBatchRows) emit();
    }
    if (entry == kNoRow) {
      lists_->erase_head(due.row);
    } else {
      lists_->timers().set(due.row, last(entry) + spec_.window.size + 1);
    }
  }
  emit();
  return more ? Progress::kMore : Progress::kDone;
}

Status SessionAggregate::append_result(RowId head, RowId entry,
                                       std::vector<ColumnWriter>& writers) {
  size_t next = 0;
  for (size_t key = 0; key < spec_.keys.size(); ++key) {
    lists_->heads().append_to(writers[next++], head, key);
  }
  const int64_t end = last(entry) + spec_.window.size;
  writers[next++].append(start(entry));
  writers[next++].append(end);
  writers[next++].append(end - 1);
  return calls_.finish(lists_->entries(), entry, writers, next);
}

}  // namespace weir
