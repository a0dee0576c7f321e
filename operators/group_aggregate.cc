#include "operators/group_aggregate.h"

#include "engine/base/hash.h"
#include "engine/time/watermark.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace weir {
namespace {

// Groups that one call of process drops before it gives way.
constexpr size_t kGroupsInOneCall = 64 << 10;

std::vector<size_t> columns_of(const GroupAggregateSpec& spec) {
  std::vector<size_t> columns;
  const auto add = [&columns](size_t column) {
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
      columns.push_back(column);
    }
  };
  for (const AggregateCall& call : spec.aggregates) {
    if (call.argument) add(*call.argument);
    if (call.filter) add(*call.filter);
    for (const SortKey& key : call.order) add(key.column);
  }
  return columns;
}

// What is known of a group must be forgotten with it, and taken out again.
DistinctWhere distinct_where(const GroupAggregateSpec& spec, const StagePlan& stage) {
  const bool has_distinct = std::any_of(spec.aggregates.begin(), spec.aggregates.end(),
                                        [](const AggregateCall& call) { return call.distinct; });
  return has_distinct && (stage.changing_input || stage.state_ttl) ? DistinctWhere::kState
                                                                   : DistinctWhere::kOwner;
}

}  // namespace

GroupAggregate::GroupAggregate(GroupAggregateSpec spec, const StagePlan& stage, TaskState& state)
    : spec_(std::move(spec)),
      id_(stage.id),
      input_(stage.input),
      output_(stage.outputs[0].schema),
      life_(stage),
      owns_all_(spec_.keys.empty() && state.key_groups().first == 0),
      calls_(spec_.aggregates, AggregatePhase::kWhole, *input_, distinct_where(spec_, stage)),
      kept_(columns_of(spec_)) {
  declare_state(stage, state);
}

void GroupAggregate::declare_state(const StagePlan& stage, TaskState& state) {
  std::vector<Type> key;
  for (const size_t column : spec_.keys) key.push_back(input_->fields[column].type);
  std::vector<Type> value = calls_.state_types();
  rows_column_ = key.size() + value.size();
  value.emplace_back(TypeKind::kBigint);
  const auto layout = std::make_shared<const RowLayout>(key, value);
  calls_.bind(*layout, key.size());
  const bool keeps_rows = stage.changing_input && !calls_.can_retract();
  scratch_.emplace(layout, Access::kByRow);
  rows_offset_ = layout->offset(rows_column_);
  if (keeps_rows) {
    ListsSpec lists{
        .name = id_ + ".rows", .key = key, .head = value, .entry = {}, .with_timer = life_.ends()};
    for (const size_t column : kept_) lists.entry.push_back(input_->fields[column].type);
    lists_ = &state.lists(lists);
    order_.emplace(std::vector<SortKey>(), lists_->entries().layout());
    CHECK(lists_->head_layout().offset(rows_column_) == rows_offset_);
    return;
  }
  groups_ = &state.keyed(
      {.name = id_ + ".groups", .key = key, .value = value, .with_timer = life_.ends()});
  CHECK(groups_->layout().offset(rows_column_) == rows_offset_);
  for (size_t i = 0; i < calls_.size(); ++i) {
    if (!calls_.is_distinct(i)) continue;
    TableSpec values{.name = id_ + ".distinct." + std::to_string(i), .key = key, .value = {}};
    values.key.push_back(input_->fields[calls_.argument(i)].type);
    distinct_.push_back({.call = i, .values = &state.keyed(values), .hashes = {}});
  }
}

void GroupAggregate::hash(const RecordBatch& batch) {
  if (hashed_) return;
  hashed_ = true;
  if (!spec_.keys.empty()) {
    std::vector<const Column*> keys;
    for (const size_t key : spec_.keys) keys.push_back(batch.columns[key].get());
    hashes_.resize(batch.size());
    hash_rows(keys, batch.selection(), hashes_.data());
  }
  for (Distinct& distinct : distinct_) {
    std::vector<uint64_t>& hashes = distinct.hashes;
    hashes.resize(batch.size());
    hash_rows({batch.columns[calls_.argument(distinct.call)].get()}, batch.selection(),
              hashes.data());
    for (size_t i = 0; i < hashes.size(); ++i) {
      const uint64_t key = hashes_.empty() ? 0 : hashes_[i];
      hashes[i] = hash_within(key, hashes[i]);
    }
  }
}

KeyBatch GroupAggregate::keys_of(const RecordBatch& batch) const {
  KeyBatch keys;
  for (const size_t key : spec_.keys) keys.columns.push_back(batch.columns[key].get());
  keys.hashes = hashes_.empty() ? nullptr : hashes_.data();
  return keys;
}

Readiness GroupAggregate::prefetch(Port, const Element& element) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    if (watermark->time == kMaxTime && owns_all_) {
      return lists_ != nullptr ? lists_->prefetch(KeyBatch(), Selection(1))
                               : groups_->prefetch(KeyBatch(), Selection(1));
    }
    return lists_ != nullptr ? life_.prefetch(*lists_, watermark->time)
                             : life_.prefetch(*groups_, watermark->time);
  }
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Readiness::kReady;
  hash(*batch);
  if (lists_ != nullptr) return lists_->prefetch(keys_of(*batch), batch->selection());
  Readiness readiness = groups_->prefetch(keys_of(*batch), batch->selection());
  for (const Distinct& distinct : distinct_) {
    const KeyBatch keys = distinct_keys_of(*batch, distinct, distinct.hashes.data());
    const Readiness values = distinct.values->prefetch(keys, batch->selection());
    if (values == Readiness::kPending) readiness = values;
  }
  return readiness;
}

Result<Progress> GroupAggregate::process(Port, const Element& element, int64_t now, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    if (watermark->time != kMaxTime) return expire(watermark->time);
    TRY(emit_empty(out));
    erase_all();
    return Progress::kDone;
  }
  life_.set_clock(now);
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;
  hash(*batch);
  counters_.rows_in += batch->size();
  counters_.accepted += batch->size();
  const Status taken = take_in(*batch, out);
  hashes_.clear();
  hashed_ = false;
  touched_.clear();
  TRY(taken);
  return Progress::kDone;
}

Status GroupAggregate::take_in(const RecordBatch& batch, Output& out) {
  const Selection selection = batch.selection();
  ids_.resize(selection.size());
  std::vector<uint32_t> inserted;
  groups().find_or_insert(keys_of(batch), selection, ids_.data(), &inserted);
  for (const uint32_t i : inserted) set_rows(ids_[i], 0);
  for (size_t i = 0; life_.ends() && i < selection.size(); ++i) {
    const int64_t used_at = life_.used_at(batch, selection[i]);
    if (timers().touch(ids_[i], used_at, life_.ttl())) begin_anew(ids_[i]);
  }
  std::unordered_map<RowId, size_t> seen;
  Results before = begin_results(selection.size());
  for (const RowId group : ids_) {
    if (!seen.emplace(group, touched_.size()).second) continue;
    touched_.push_back({.group = group, .was_there = rows_of(group) > 0});
    TRY(append_result(group, before));
  }
  if (lists_ != nullptr) {
    TRY(keep_and_add(batch));
  } else {
    count_rows(batch);
    TRY(add(batch));
    if (batch.change != nullptr) TRY(take_out(batch));
  }
  Results after = begin_results(touched_.size());
  for (const Touched& touched : touched_) TRY(append_result(touched.group, after));
  return emit_changes(std::move(before), std::move(after), out);
}

// Its key was not seen for so long that it is new.
void GroupAggregate::begin_anew(RowId group) {
  clear_states(group);
  set_rows(group, 0);
  if (lists_ == nullptr) return;
  while (lists_->first(group) != kNoRow) lists_->pop_front(group);
}

void GroupAggregate::clear_states(RowId group) {
  KeyedTable& table = groups();
  const RowLayout& layout = table.layout();
  std::byte* row = table.change(group);
  for (size_t column = layout.key_columns(); column < rows_column_; ++column) {
    std::byte* slot = row + layout.offset(column);
    if (layout.type(column).is_text_like()) table.store_text(slot, {});
    std::memset(slot, 0, std::max<size_t>(layout.type(column).width(), 1));
    layout.set_null(row, column);
  }
}

void GroupAggregate::set_rows(RowId group, int64_t rows) {
  std::byte* row = groups().change(group);
  groups().layout().clear_null(row, rows_column_);
  store(row + rows_offset_, rows);
}

void GroupAggregate::count_rows(const RecordBatch& batch) {
  const Selection selection = batch.selection();
  for (size_t i = 0; i < selection.size(); ++i) {
    set_rows(ids_[i], rows_of(ids_[i]) + (takes_back(batch, selection[i]) ? -1 : 1));
  }
}

Status GroupAggregate::add(const RecordBatch& batch) {
  const Selection selection = batch.selection();
  KeyedTable& table = groups();
  rows_.clear();
  targets_.clear();
  for (size_t i = 0; i < selection.size(); ++i) {
    if (takes_back(batch, selection[i])) continue;
    rows_.push_back(selection[i]);
    targets_.push_back(table.change(ids_[i]));
  }
  const AccumulatorInput all{rows_.data(), targets_.data(), rows_.size()};
  size_t next_distinct = 0;
  for (size_t i = 0; i < calls_.size(); ++i) {
    AccumulatorInput input = calls_.chosen(i, batch, all);
    if (calls_.is_distinct(i)) input = new_distinct(distinct_[next_distinct++], batch, input);
    TRY(calls_.add_chosen(i, batch, input, table));
  }
  return {};
}

KeyBatch GroupAggregate::distinct_keys_of(const RecordBatch& batch, const Distinct& distinct,
                                          const uint64_t* hashes) const {
  KeyBatch keys;
  for (const size_t key : spec_.keys) keys.columns.push_back(batch.columns[key].get());
  keys.columns.push_back(batch.columns[calls_.argument(distinct.call)].get());
  keys.hashes = hashes;
  return keys;
}

// Of the rows in `input`, those whose (key, value) was not met before. Their places are those in
// the batch's selection, since nothing is taken back here.
AccumulatorInput GroupAggregate::new_distinct(const Distinct& distinct, const RecordBatch& batch,
                                              const AccumulatorInput& input) {
  std::vector<uint64_t> hashes(input.count);
  for (size_t k = 0; k < input.count; ++k) hashes[k] = distinct.hashes[calls_.places()[k]];
  std::vector<RowId> ids(input.count);
  std::vector<uint32_t> inserted;
  distinct.values->table().find_or_insert(distinct_keys_of(batch, distinct, hashes.data()),
                                          {input.rows, input.count}, ids.data(), &inserted);
  new_rows_.clear();
  new_targets_.clear();
  for (const uint32_t i : inserted) {
    new_rows_.push_back(input.rows[i]);
    new_targets_.push_back(input.targets[i]);
  }
  return {new_rows_.data(), new_targets_.data(), new_rows_.size()};
}

// Each value is made into a state of its own, which is then taken out.
Status GroupAggregate::take_out(const RecordBatch& batch) {
  const Selection selection = batch.selection();
  KeyedTable& table = groups();
  rows_.clear();
  targets_.clear();
  new_targets_.clear();
  std::vector<RowId> states;
  for (size_t i = 0; i < selection.size(); ++i) {
    if (!takes_back(batch, selection[i])) continue;
    rows_.push_back(selection[i]);
    targets_.push_back(table.change(ids_[i]));
    states.push_back(scratch_->append_row(0));
  }
  for (const RowId state : states) new_targets_.push_back(scratch_->change(state));
  TRY(calls_.add(batch, {rows_.data(), new_targets_.data(), rows_.size()}, *scratch_));
  std::vector<const std::byte*> sources(new_targets_.begin(), new_targets_.end());
  calls_.retract_rows({targets_.data(), sources.data(), sources.size()});
  for (const RowId state : states) scratch_->erase(state);
  return {};
}

Status GroupAggregate::keep_and_add(const RecordBatch& batch) {
  const Selection selection = batch.selection();
  for (size_t i = 0; i < selection.size(); ++i) {
    const uint32_t row = selection[i];
    const RowId group = ids_[i];
    if (!takes_back(batch, row)) {
      const RowId entry = lists_->insert(group, 0);
      for (size_t k = 0; k < kept_.size(); ++k) {
        lists_->entries().write(entry, k, *batch.columns[kept_[k]], row);
      }
      set_rows(group, rows_of(group) + 1);
      continue;
    }
    const RowId entry = find_kept(group, batch, row);
    if (entry == kNoRow) continue;  // It has outlived state_ttl.
    lists_->erase(group, entry);
    set_rows(group, rows_of(group) - 1);
  }
  for (const Touched& touched : touched_) TRY(add_up_anew(touched.group));
  return {};
}

RowId GroupAggregate::find_kept(RowId group, const RecordBatch& batch, uint32_t row) const {
  std::vector<const Column*> columns;
  for (const size_t column : kept_) columns.push_back(batch.columns[column].get());
  const KeyedTable& entries = lists_->entries();
  RowId entry = lists_->last(group);
  while (entry != kNoRow && order_->by_all({columns, row}, entries.row(entry)) != 0) {
    entry = lists_->prev(entry);
  }
  return entry;
}

Status GroupAggregate::add_up_anew(RowId group) {
  const int64_t rows = rows_of(group);
  std::vector<RowId> entries;
  for (RowId e = lists_->first(group); e != kNoRow; e = lists_->next(e)) entries.push_back(e);
  clear_states(group);
  set_rows(group, rows);
  if (entries.empty()) return {};
  KeyedTable& table = groups();
  RecordBatch batch;
  batch.schema = input_;
  batch.rows = static_cast<uint32_t>(entries.size());
  batch.columns.resize(input_->fields.size());
  const auto arena = std::make_shared<Arena>();
  for (size_t k = 0; k < kept_.size(); ++k) {
    ColumnWriter writer(input_->fields[kept_[k]].type, entries.size(), arena);
    lists_->entries().append_to(writer, entries.data(), entries.size(), k);
    batch.columns[kept_[k]] = std::move(writer).finish();
  }
  rows_.clear();
  for (uint32_t i = 0; i < batch.rows; ++i) rows_.push_back(i);
  targets_.assign(batch.rows, table.change(group));
  const AccumulatorInput all{rows_.data(), targets_.data(), rows_.size()};
  return calls_.add(batch, all, table);
}

GroupAggregate::Results GroupAggregate::begin_results(size_t rows) const {
  Results results;
  const auto arena = std::make_shared<Arena>();
  for (const Field& field : output_->fields) results.writers.emplace_back(field.type, rows, arena);
  return results;
}

Status GroupAggregate::append_result(RowId group, Results& results) {
  const KeyedTable& table = groups();
  for (size_t key = 0; key < spec_.keys.size(); ++key) {
    table.append_to(results.writers[key], group, key);
  }
  TRY(calls_.finish(table, group, results.writers, spec_.keys.size()));
  ++results.rows;
  return {};
}

std::vector<ColumnPtr> GroupAggregate::finish(Results results) const {
  std::vector<ColumnPtr> columns;
  for (ColumnWriter& writer : results.writers) columns.push_back(std::move(writer).finish());
  return columns;
}

Status GroupAggregate::emit_changes(Results before, Results after, Output& out) {
  const std::vector<ColumnPtr> old = finish(std::move(before));
  const std::vector<ColumnPtr> now = finish(std::move(after));
  RowIndices gone;
  RowIndices come;
  std::vector<ChangeKind> gone_kinds;
  std::vector<ChangeKind> come_kinds;
  for (uint32_t i = 0; i < touched_.size(); ++i) {
    const bool was_there = touched_[i].was_there;
    const bool is_there = rows_of(touched_[i].group) > 0;
    bool same = was_there == is_there;
    for (size_t column = 0; same && is_there && column < now.size(); ++column) {
      same = same_value(*old[column], i, *now[column], i);
    }
    if (!is_there) {
      if (lists_ != nullptr) {
        lists_->erase_head(touched_[i].group);
      } else {
        groups().erase(touched_[i].group);
      }
    }
    if (same) continue;
    if (was_there) {
      gone.push_back(i);
      gone_kinds.push_back(is_there ? ChangeKind::kUpdateBefore : ChangeKind::kDelete);
    }
    if (is_there) {
      come.push_back(i);
      come_kinds.push_back(was_there ? ChangeKind::kUpdateAfter : ChangeKind::kInsert);
    }
  }
  emit(old, gone, gone_kinds, out);
  emit(now, come, come_kinds, out);
  return {};
}

void GroupAggregate::emit(const std::vector<ColumnPtr>& columns, const RowIndices& rows,
                          const std::vector<ChangeKind>& changes, Output& out) {
  if (rows.empty()) return;
  RecordBatch batch;
  batch.schema = output_;
  batch.rows = static_cast<uint32_t>(rows.size());
  for (const ColumnPtr& column : columns) {
    batch.columns.push_back(gather(column, rows.data(), rows.size()));
  }
  batch.change = change_column(changes);
  counters_.rows_out += batch.rows;
  out.emit(kRowsPort, std::move(batch));
}

Progress GroupAggregate::expire(int64_t watermark) {
  const bool more = lists_ != nullptr ? life_.erase(*lists_, watermark, kGroupsInOneCall)
                                      : life_.erase(*groups_, watermark, kGroupsInOneCall);
  return more ? Progress::kMore : Progress::kDone;
}

void GroupAggregate::erase_all() {
  if (lists_ != nullptr) return lists_->erase_all();
  groups_->erase_all();
  for (const Distinct& distinct : distinct_) distinct.values->erase_all();
}

// SELECT count(*) FROM t of no rows is 0.
Status GroupAggregate::emit_empty(Output& out) {
  if (!owns_all_ || groups().size() != 0) return {};
  const RecordBatch nothing{.schema = input_, .columns = {}, .rows = 1};
  RowId group = kNoRow;
  groups().find_or_insert({}, Selection(1), &group);
  set_rows(group, 1);
  Results results = begin_results(1);
  TRY(append_result(group, results));
  emit(finish(std::move(results)), {0}, {ChangeKind::kInsert}, out);
  return {};
}

}  // namespace weir
