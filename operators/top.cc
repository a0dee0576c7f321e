#include "operators/top.h"

#include <algorithm>

namespace weir {
namespace {

// Partitions that one call of process drops before it gives way.
constexpr size_t kPartitionsInOneCall = 64 << 10;

bool reads_rank(const TopSpec& spec, const StagePlan& stage) {
  return !spec.rank.empty() && stage.outputs[0].needed.back().needed;
}

}  // namespace

Top::Top(TopSpec spec, const StagePlan& stage, TaskState& state)
    : spec_(std::move(spec)),
      input_(stage.input),
      output_(stage.outputs[0].schema),
      life_(stage),
      keeps_all_(stage.changing_input),
      with_place_(stage.with_position),
      with_rank_(reads_rank(spec_, stage)),
      lists_(declare_state(stage, state)),
      order_(full_order(stage), lists_.entries().layout()) {}

KeyedLists& Top::declare_state(const StagePlan& stage, TaskState& state) const {
  ListsSpec lists{
      .name = stage.id + ".rows", .key = {}, .head = {}, .entry = {}, .with_timer = life_.ends()};
  for (const size_t column : spec_.partition) lists.key.push_back(input_->fields[column].type);
  for (const Field& field : input_->fields) lists.entry.push_back(field.type);
  if (with_place_) {
    lists.entry.emplace_back(TypeKind::kInt);
    lists.entry.emplace_back(TypeKind::kBigint);
  }
  return state.lists(lists);
}

// With the place in the log behind the keys.
std::vector<SortKey> Top::full_order(const StagePlan& stage) const {
  std::vector<SortKey> order = spec_.order;
  if (!stage.with_position) return order;
  const bool later_first = spec_.ties == Ties::kLaterFirst;
  const size_t width = input_->fields.size();
  order.push_back({.column = width, .descending = later_first});
  order.push_back({.column = width + 1, .descending = later_first});
  return order;
}

void Top::hash(const RecordBatch& batch) {
  if (hashed_) return;
  hashed_ = true;
  if (spec_.partition.empty()) return;
  std::vector<const Column*> keys;
  for (const size_t key : spec_.partition) keys.push_back(batch.columns[key].get());
  hashes_.resize(batch.size());
  hash_rows(keys, batch.selection(), hashes_.data());
}

KeyBatch Top::keys_of(const RecordBatch& batch) const {
  KeyBatch keys;
  for (const size_t key : spec_.partition) keys.columns.push_back(batch.columns[key].get());
  keys.hashes = hashes_.empty() ? nullptr : hashes_.data();
  return keys;
}

Readiness Top::prefetch(Port, const Element& element) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    return life_.prefetch(lists_, watermark->time);
  }
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Readiness::kReady;
  hash(*batch);
  return lists_.prefetch(keys_of(*batch), batch->selection());
}

Result<Progress> Top::process(Port, const Element& element, int64_t now, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    const bool more = life_.erase(lists_, watermark->time, kPartitionsInOneCall);
    return more ? Progress::kMore : Progress::kDone;
  }
  life_.set_clock(now);
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;
  hash(*batch);
  counters_.rows_in += batch->size();
  counters_.accepted += batch->size();
  take_in(*batch);
  find_changes();
  emit(gone_changes_, out);
  emit(come_changes_, out);
  for (const RowId entry : gone_) lists_.drop(entry);
  for (const Touched& touched : touched_) {
    if (lists_.size(touched.head) == 0) lists_.erase_head(touched.head);
  }
  gone_.clear();
  gone_changes_.clear();
  come_changes_.clear();
  touched_.clear();
  places_.clear();
  hashes_.clear();
  hashed_ = false;
  return Progress::kDone;
}

void Top::take_in(const RecordBatch& batch) {
  const Selection selection = batch.selection();
  std::vector<RowId> heads(selection.size());
  lists_.heads().find_or_insert(keys_of(batch), selection, heads.data());
  std::vector<const Column*> columns;
  for (const ColumnPtr& column : batch.columns) columns.push_back(column.get());
  if (with_place_) {
    columns.push_back(batch.split.get());
    columns.push_back(batch.position.get());
  }
  for (size_t i = 0; i < heads.size(); ++i) {
    const RowId head = heads[i];
    if (life_.ends()) {
      const int64_t used_at = life_.used_at(batch, selection[i]);
      if (lists_.timers().touch(head, used_at, life_.ttl())) {
        while (lists_.first(head) != kNoRow) let_go(head, lists_.first(head));
        if (const auto place = places_.find(head); place != places_.end()) {
          touched_[place->second].before.clear();
        }
      }
    }
    if (places_.emplace(head, touched_.size()).second) {
      touched_.push_back({.head = head, .before = shown(head)});
    }
    const RowOrder::Candidate row{columns, selection[i]};
    if (takes_back(batch, selection[i])) {
      remove(row, head);
    } else {
      insert(row, head);
    }
  }
}

void Top::insert(const RowOrder::Candidate& row, RowId head) {
  const KeyedTable& entries = lists_.entries();
  RowId before = kNoRow;
  if (spec_.ties != Ties::kLastArrived) {
    before = lists_.last(head);
    while (before != kNoRow && order_.by_all(row, entries.row(before)) < 0) {
      before = lists_.prev(before);
    }
    const bool is_full = !keeps_all_ && lists_.size(head) >= spec_.limit;
    if (is_full && before == lists_.last(head)) return;
  }
  const RowId entry = lists_.insert_behind(head, before);
  for (size_t i = 0; i < row.columns.size(); ++i) {
    lists_.entries().write(entry, i, *row.columns[i], row.row);
  }
  if (!keeps_all_ && lists_.size(head) > spec_.limit) let_go(head, lists_.last(head));
}

void Top::remove(const RowOrder::Candidate& row, RowId head) {
  const KeyedTable& entries = lists_.entries();
  RowId entry = lists_.first(head);
  while (entry != kNoRow && order_.by_all(row, entries.row(entry)) != 0) {
    entry = lists_.next(entry);
  }
  if (entry != kNoRow) let_go(head, entry);  // Else it has outlived state_ttl.
}

void Top::let_go(RowId head, RowId entry) {
  lists_.unlink(head, entry);
  gone_.push_back(entry);
}

std::vector<RowId> Top::shown(RowId head) const {
  std::vector<RowId> rows;
  for (RowId e = lists_.first(head); e != kNoRow && rows.size() < spec_.limit; e = lists_.next(e)) {
    rows.push_back(e);
  }
  return rows;
}

void Top::find_changes() {
  for (const Touched& touched : touched_) {
    const std::vector<RowId> after = shown(touched.head);
    if (with_rank_) {
      compare_places(touched.before, after);
    } else {
      compare_sets(touched.before, after);
    }
  }
}

void Top::compare_places(const std::vector<RowId>& before, const std::vector<RowId>& after) {
  for (size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    const bool was = i < before.size();
    const bool is = i < after.size();
    if (was && is && before[i] == after[i]) continue;
    const auto rank = static_cast<int64_t>(i + 1);
    if (was) {
      gone_changes_.push_back(
          {before[i], rank, is ? ChangeKind::kUpdateBefore : ChangeKind::kDelete});
    }
    if (is) {
      come_changes_.push_back(
          {after[i], rank, was ? ChangeKind::kUpdateAfter : ChangeKind::kInsert});
    }
  }
}

// Rows without numbers are the same wherever they stand.
void Top::compare_sets(const std::vector<RowId>& before, const std::vector<RowId>& after) {
  const auto without = [](const std::vector<RowId>& rows, const std::vector<RowId>& others) {
    std::vector<RowId> left;
    for (const RowId row : rows) {
      if (std::find(others.begin(), others.end(), row) == others.end()) left.push_back(row);
    }
    return left;
  };
  compare_places(without(before, after), without(after, before));
}

void Top::emit(const std::vector<Change>& changes, Output& out) {
  for (size_t from = 0; from < changes.size(); from += kBatchRows) {
    const size_t count = std::min(kBatchRows, changes.size() - from);
    std::vector<RowId> rows;
    std::vector<ChangeKind> kinds;
    for (size_t i = from; i < from + count; ++i) {
      rows.push_back(changes[i].row);
      kinds.push_back(changes[i].kind);
    }
    RecordBatch batch;
    batch.schema = output_;
    batch.rows = static_cast<uint32_t>(count);
    const auto arena = std::make_shared<Arena>();
    for (size_t column = 0; column < input_->fields.size(); ++column) {
      ColumnWriter writer(input_->fields[column].type, count, arena);
      lists_.entries().append_to(writer, rows.data(), count, column);
      batch.columns.push_back(std::move(writer).finish());
    }
    if (!spec_.rank.empty()) {
      ColumnWriter writer(TypeKind::kBigint, count);
      for (size_t i = from; i < from + count; ++i) writer.append(changes[i].rank);
      batch.columns.push_back(std::move(writer).finish());
    }
    batch.change = change_column(kinds);
    counters_.rows_out += count;
    out.emit(kRowsPort, std::move(batch));
  }
}

}  // namespace weir
