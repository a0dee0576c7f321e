#include "operators/window_rank.h"

#include "engine/base/hash.h"
#include "engine/time/window.h"

#include <algorithm>

namespace weir {
namespace {

// Batches that one call of process emits before it gives way.
constexpr int kBatchesInOneCall = 4;
// Partitions that are taken from the timers at once.
constexpr size_t kDueMax = 1024;

std::vector<bool> emitted_columns(const NeededColumns& needed, size_t input_columns) {
  std::vector<bool> emitted;
  for (size_t i = 0; i < input_columns; ++i) emitted.push_back(needed[i].needed);
  return emitted;
}

std::vector<size_t> kept_columns(const WindowRankSpec& spec, std::vector<bool> kept) {
  for (const SortKey& key : spec.order) kept[key.column] = true;
  std::vector<size_t> columns;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) columns.push_back(i);
  }
  return columns;
}

bool asks_for_peers(const WindowRankSpec& spec) {
  return std::any_of(spec.ranks.begin(), spec.ranks.end(), [](const RankCall& call) {
    return call.function != RankFunction::kRowNumber;
  });
}

}  // namespace

int64_t WindowRank::Numbers::of(RankFunction function) const {
  switch (function) {
    case RankFunction::kRowNumber: return row_number;
    case RankFunction::kRank: return rank;
    case RankFunction::kDenseRank: return dense_rank;
  }
  unreachable();
}

WindowRank::WindowRank(const WindowRankSpec& spec, std::string id, const SchemaPtr& input,
                       SchemaPtr output, const NeededColumns& needed, TaskState& state,
                       const SplitNames& names)
    : spec_(spec),
      id_(std::move(id)),
      output_(std::move(output)),
      names_(names),
      emitted_(emitted_columns(needed, input->fields.size())),
      kept_(kept_columns(spec_, emitted_)),
      is_sorted_(spec_.limit.has_value() && *spec_.limit <= kSortedLimitMax),
      has_peers_(asks_for_peers(spec_)),
      lists_(declare_state(*input, state)),
      order_(kept_order(), lists_.entries().layout()) {
  CHECK(spec_.window.kind == WindowKind::kGiven);
  CHECK(spec_.window.start_column.has_value());
  CHECK(needed.size() == output_->fields.size());
  CHECK(!spec_.ranks.empty());
}

KeyedLists& WindowRank::declare_state(const Schema& input, TaskState& state) const {
  ListsSpec lists{.name = id_ + ".rows", .head = {TypeKind::kBigint}, .with_timer = true};
  lists.key.push_back(input.fields[spec_.window.time_column].type);
  lists.key.push_back(input.fields[*spec_.window.start_column].type);
  for (const size_t column : spec_.partition) lists.key.push_back(input.fields[column].type);
  for (const size_t column : kept_) lists.entry.push_back(input.fields[column].type);
  return state.lists(lists);
}

std::vector<SortKey> WindowRank::kept_order() const {
  std::vector<SortKey> order = spec_.order;
  for (SortKey& key : order) {
    const auto at = std::find(kept_.begin(), kept_.end(), key.column);
    key.column = static_cast<size_t>(at - kept_.begin());
  }
  return order;
}

Readiness WindowRank::prefetch(Port, const Element& element) {
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    split(*batch);
    if (rows_.empty()) return Readiness::kReady;
    return lists_.prefetch(keys_of(*batch), {rows_.data(), rows_.size()});
  }
  const Watermark* watermark = std::get_if<Watermark>(&element);
  return watermark == nullptr ? Readiness::kReady : lists_.prefetch_due(watermark->time);
}

Result<Progress> WindowRank::process(Port, const Element& element, int64_t, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    return fire(watermark->time, out);
  }
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) take_rows(*batch, out);
  return Progress::kDone;
}

void WindowRank::split(const RecordBatch& batch) {
  if (split_done_) return;
  split_done_ = true;
  const Column& window_end = *batch.columns[spec_.window.time_column];
  const int64_t* ends = window_end.values<int64_t>();
  const int64_t* arrival =
      batch.arrival_watermark == nullptr ? nullptr : batch.arrival_watermark->values<int64_t>();
  batch.selection().each([&](uint32_t row) {
    if (arrival != nullptr && is_late_for_window(ends[row], arrival[row])) {
      late_.push_back({.row = row, .window_end = ends[row], .behind = arrival[row] - ends[row]});
    } else {
      rows_.push_back(row);
    }
  });
  if (rows_.empty()) return;
  const Selection rows(rows_.data(), rows_.size());
  std::vector<uint64_t> windows(rows_.size());
  hash_rows({&window_end, batch.columns[*spec_.window.start_column].get()}, rows, windows.data());
  hashes_.assign(rows_.size(), 0);
  if (!spec_.partition.empty()) {
    std::vector<const Column*> partition;
    for (const size_t column : spec_.partition) partition.push_back(batch.columns[column].get());
    hash_rows(partition, rows, hashes_.data());
  }
  for (size_t i = 0; i < hashes_.size(); ++i) {
    hashes_[i] = hash_within(hashes_[i], windows[i]);
  }
}

KeyBatch WindowRank::keys_of(const RecordBatch& batch) const {
  KeyBatch keys{.hashes = hashes_.data()};
  keys.columns.push_back(batch.columns[spec_.window.time_column].get());
  keys.columns.push_back(batch.columns[*spec_.window.start_column].get());
  for (const size_t column : spec_.partition) keys.columns.push_back(batch.columns[column].get());
  return keys;
}

void WindowRank::take_rows(const RecordBatch& batch, Output& out) {
  split(batch);
  counters_.rows_in += batch.size();
  counters_.late += late_.size();
  counters_.accepted += rows_.size();
  if (!late_.empty() && out.is_open(kLatePort)) {
    out.emit(kLatePort, late_rows(batch, late_, id_, names_));
  }
  if (!rows_.empty()) {
    const Selection rows(rows_.data(), rows_.size());
    const int64_t* ends = batch.columns[spec_.window.time_column]->values<int64_t>();
    ids_.resize(rows_.size());
    std::vector<uint32_t> inserted;
    heads_ = &lists_.heads();
    heads_->find_or_insert(keys_of(batch), rows, ids_.data(), &inserted);
    for (const uint32_t i : inserted) lists_.timers().set(ids_[i], ends[rows_[i]]);
    columns_.clear();
    for (const size_t column : kept_) columns_.push_back(batch.columns[column].get());
    if (is_sorted_) {
      for (size_t i = 0; i < rows_.size(); ++i) consider({columns_, rows_[i]}, ids_[i]);
    } else {
      for (RowId& id : ids_) id = lists_.insert(id, 0);
      for (size_t i = 0; i < kept_.size(); ++i) {
        lists_.entries().write(ids_.data(), rows, i, *columns_[i]);
      }
    }
  }
  rows_.clear();
  late_.clear();
  ids_.clear();
  split_done_ = false;
}

int64_t WindowRank::ahead(RowId head) const {
  return load<int64_t>(heads_->row(head) + heads_->layout().value_offset(0));
}

void WindowRank::set_ahead(RowId head, int64_t ahead) {
  std::byte* row = heads_->change(head);
  heads_->layout().clear_null(row, heads_->layout().key_columns());
  store(row + heads_->layout().value_offset(0), ahead);
}

// The head says how many rows (of dense_rank: peer groups) are ahead of the last row and its peers:
// they have passed the limit when so many are `limit`. To row_number no row is the peer of another.
void WindowRank::consider(const RowOrder::Candidate& row, RowId head) {
  const RankFunction function = spec_.ranks[0].function;
  const int64_t limit = *spec_.limit;
  const KeyedTable& entries = lists_.entries();
  const int64_t size = static_cast<int64_t>(lists_.size(head));
  int64_t ahead = 0;
  RowId before = lists_.last(head);
  if (size != 0) {
    const std::byte* last = entries.row(before);
    int against_last = order_.by_keys(row, last);
    if (against_last == 0 && function == RankFunction::kRowNumber) {
      against_last = order_.by_all(row, last) < 0 ? -1 : 1;
    }
    ahead = this->ahead(head);
    if (against_last > 0) {
      ahead = function == RankFunction::kDenseRank ? ahead + 1 : size;
      if (ahead >= limit) return;
    } else {
      before = place_of(row, head);
      const bool joins = function == RankFunction::kDenseRank && has_peer(row, head, before);
      if (against_last < 0 && !joins) ++ahead;
    }
  }
  const RowId entry = lists_.insert_behind(head, before);
  for (size_t i = 0; i < kept_.size(); ++i) {
    lists_.entries().write(entry, i, *row.columns[i], row.row);
  }
  set_ahead(head, ahead >= limit ? drop_last(head, ahead) : ahead);
}

RowId WindowRank::place_of(const RowOrder::Candidate& row, RowId head) const {
  const KeyedTable& entries = lists_.entries();
  if (order_.by_all(row, entries.row(lists_.first(head))) < 0) return kNoRow;
  RowId before = lists_.last(head);
  while (order_.by_all(row, entries.row(before)) < 0) before = lists_.prev(before);
  return before;
}

bool WindowRank::has_peer(const RowOrder::Candidate& row, RowId head, RowId before) const {
  const KeyedTable& entries = lists_.entries();
  const RowId after = before == kNoRow ? lists_.first(head) : lists_.next(before);
  return (before != kNoRow && order_.by_keys(row, entries.row(before)) == 0) ||
         (after != kNoRow && order_.by_keys(row, entries.row(after)) == 0);
}

int64_t WindowRank::drop_last(RowId head, int64_t ahead) {
  const KeyedTable& entries = lists_.entries();
  const RankFunction function = spec_.ranks[0].function;
  // How many rows at the end are peers.
  const auto peers_at_end = [&] {
    size_t peers = 1;
    if (function == RankFunction::kRowNumber) return peers;
    const RowId last = lists_.last(head);
    for (RowId e = lists_.prev(last); e != kNoRow; e = lists_.prev(e), ++peers) {
      if (order_.by_keys(entries.row(e), entries.row(last)) != 0) break;
    }
    return peers;
  };
  for (size_t left = peers_at_end(); left > 0; --left) lists_.erase(head, lists_.last(head));
  if (function == RankFunction::kDenseRank) return ahead - 1;
  return static_cast<int64_t>(lists_.size(head) - peers_at_end());
}

Progress WindowRank::fire(int64_t until, Output& out) {
  lists_.heads();  // Asked for, and about to be used.
  int emitted = 0;
  bool more = false;  // Due, but out of memory.
  while (true) {
    if (next_due_ == due_.size()) {
      due_.clear();
      next_due_ = 0;
      more = lists_.pop_due(until, kDueMax, due_);
      if (due_.empty()) break;
      enter_partition(due_[0].row);
    }
    if (number_rows()) {
      done_.push_back(due_[next_due_].row);
      if (++next_due_ < due_.size()) enter_partition(due_[next_due_].row);
    }
    if (ids_.size() < kBatchRows) continue;
    emit_numbered(out);
    if (++emitted == kBatchesInOneCall) return Progress::kMore;
  }
  if (!ids_.empty() || !done_.empty()) emit_numbered(out);
  return more ? Progress::kMore : Progress::kDone;
}

void WindowRank::enter_partition(RowId head) {
  const KeyedTable& entries = lists_.entries();
  ranked_.clear();
  for (RowId e = lists_.first(head); e != kNoRow; e = lists_.next(e)) ranked_.push_back(e);
  next_ranked_ = 0;
  numbers_ = {};
  if (is_sorted_ || ranked_.size() < 2) return;
  by_prefix_.clear();
  for (const RowId e : ranked_) by_prefix_.emplace_back(order_.prefix(entries.row(e)), e);
  std::sort(by_prefix_.begin(), by_prefix_.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return order_.by_all(entries.row(a.second), entries.row(b.second)) < 0;
  });
  for (size_t i = 0; i < ranked_.size(); ++i) ranked_[i] = by_prefix_[i].second;
}

bool WindowRank::number_rows() {
  const KeyedTable& entries = lists_.entries();
  for (; next_ranked_ < ranked_.size(); ++next_ranked_) {
    if (ids_.size() == kBatchRows) return false;
    const RowId row = ranked_[next_ranked_];
    const bool opens_group =
        next_ranked_ == 0 || (has_peers_ && order_.by_keys(entries.row(ranked_[next_ranked_ - 1]),
                                                           entries.row(row)) != 0);
    ++numbers_.row_number;
    if (opens_group) {
      numbers_.rank = numbers_.row_number;
      ++numbers_.dense_rank;
    }
    if (spec_.limit.has_value() && numbers_.of(spec_.ranks[0].function) > *spec_.limit) return true;
    ids_.push_back(row);
    numbers_out_.push_back(numbers_);
  }
  return true;
}

void WindowRank::emit_numbered(Output& out) {
  if (!ids_.empty()) {
    RecordBatch batch;
    batch.schema = output_;
    batch.rows = static_cast<uint32_t>(ids_.size());
    batch.columns.resize(emitted_.size());
    auto arena = std::make_shared<Arena>();
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (!emitted_[kept_[i]]) continue;
      ColumnWriter writer(lists_.entries().layout().type(i), ids_.size(), arena);
      lists_.entries().append_to(writer, ids_.data(), ids_.size(), i);
      batch.columns[kept_[i]] = std::move(writer).finish();
    }
    for (const RankCall& call : spec_.ranks) {
      ColumnWriter writer(TypeKind::kBigint, ids_.size());
      for (const Numbers& numbers : numbers_out_) writer.append(numbers.of(call.function));
      batch.columns.push_back(std::move(writer).finish());
    }
    counters_.rows_out += batch.rows;
    out.emit(kRowsPort, std::move(batch));
  }
  for (const RowId head : done_) lists_.erase_head(head);
  ids_.clear();
  numbers_out_.clear();
  done_.clear();
}

}  // namespace weir
