#include "operators/joined_rows.h"

#include "engine/time/watermark.h"

#include <algorithm>

namespace weir {
namespace {

std::vector<bool> flags_of(const NeededColumns& needed) {
  std::vector<bool> flags;
  for (const NeededField& field : needed) flags.push_back(field.needed);
  return flags;
}

bool is_late(int64_t time, int64_t arrival, LateWhere where) {
  return where == LateWhere::kBelow ? time < arrival : time <= arrival;
}

}  // namespace

JoinIntake take_in(const RecordBatch& batch, const JoinSide& side, LateWhere where) {
  JoinIntake in;
  in.rows.reserve(batch.size());
  const int64_t* times = batch.columns[side.time]->values<int64_t>();
  const int64_t* arrival =
      batch.arrival_watermark == nullptr ? nullptr : batch.arrival_watermark->values<int64_t>();
  std::vector<const Column*> keys;
  std::vector<const Column*> with_nulls;
  for (const size_t key : side.keys) {
    keys.push_back(batch.columns[key].get());
    if (keys.back()->has_nulls()) with_nulls.push_back(keys.back());
  }
  batch.selection().each([&](uint32_t row) {
    if (arrival != nullptr && is_late(times[row], arrival[row], where)) {
      LateRow& late = in.late.emplace_back();
      late.row = row;
      late.behind = minus_saturated(arrival[row], times[row]);
      if (where == LateWhere::kAtOrBelow) late.window_end = times[row];
      return;
    }
    const bool lone = std::any_of(with_nulls.begin(), with_nulls.end(),
                                  [row](const Column* key) { return key->is_null(row); });
    (lone ? in.lone : in.rows).push_back(row);
  });
  in.hashes.resize(in.rows.size(), 0);
  if (!keys.empty()) hash_rows(keys, {in.rows.data(), in.rows.size()}, in.hashes.data());
  return in;
}

JoinedRows::JoinedRows(JoinShape shape, const std::string& id, SchemaPtr output,
                       const NeededColumns& needed, bool kept_keys, const SplitNames& names)
    : shape_(std::move(shape)),
      output_(std::move(output)),
      names_(names),
      emitted_(flags_of(needed)),
      bad_rows_(OnError::kFail, "step " + id, "join") {
  CHECK(shape_.left.columns.size() + shape_.right.columns.size() == needed.size());
  CHECK(output_->fields.size() == needed.size());
  NeededColumns made = needed;
  if (shape_.condition != nullptr) {
    mark_needed(*shape_.condition, made);
    condition_.emplace(shape_.condition);
  }
  made_ = flags_of(made);
  for (const Port port : {kLeftPort, kRightPort}) {
    std::vector<bool> kept(made_.begin() + static_cast<std::ptrdiff_t>(first(port)), made_.end());
    for (const size_t key : side(port).keys) kept[key] = kept[key] || kept_keys;
    for (size_t i = 0; i < side(port).columns.size(); ++i) {
      if (kept[i]) kept_[port.value()].push_back(i);
    }
  }
}

bool JoinedRows::is_outer(Port side) const {
  const JoinType only = side == kLeftPort ? JoinType::kLeft : JoinType::kRight;
  return shape_.type == only || shape_.type == JoinType::kFull;
}

std::vector<Type> JoinedRows::kept_types(Port port) const {
  std::vector<Type> types;
  for (const size_t column : kept(port)) types.push_back(side(port).columns[column].type);
  return types;
}

void JoinedRows::keep(KeyedTable& table, const RowId* ids, const RecordBatch& batch,
                      Selection selection, Port side) const {
  const std::vector<size_t>& columns = kept(side);
  for (size_t i = 0; i < columns.size(); ++i) {
    CHECK(batch.columns[columns[i]] != nullptr);
    table.write(ids, selection, i, *batch.columns[columns[i]]);
  }
}

size_t JoinedRows::kept_at(Port side, size_t column) const {
  const std::vector<size_t>& columns = kept(side);
  const auto at = std::find(columns.begin(), columns.end(), column);
  CHECK(at != columns.end());
  return static_cast<size_t>(at - columns.begin());
}

RecordBatch JoinedRows::begin(size_t rows) const {
  RecordBatch joined;
  joined.schema = output_;
  joined.rows = static_cast<uint32_t>(rows);
  joined.columns.resize(output_->fields.size());
  return joined;
}

void JoinedRows::set(RecordBatch& joined, Port port, const RecordBatch& batch,
                     const uint32_t* rows) const {
  for (size_t i = 0; i < side(port).columns.size(); ++i) {
    const size_t column = first(port) + i;
    if (made_[column]) joined.columns[column] = gather(batch.columns[i], rows, joined.rows);
  }
}

void JoinedRows::set(RecordBatch& joined, Port port, const KeyedTable& table,
                     const RowId* ids) const {
  auto arena = std::make_shared<Arena>();
  const std::vector<size_t>& columns = kept(port);
  for (size_t i = 0; i < columns.size(); ++i) {
    const size_t column = first(port) + columns[i];
    if (!made_[column]) continue;
    ColumnWriter writer(output_->fields[column].type, joined.rows, arena);
    table.append_to(writer, ids, joined.rows, i);
    joined.columns[column] = std::move(writer).finish();
  }
}

void JoinedRows::set_missing(RecordBatch& joined, Port port) const {
  for (size_t i = 0; i < side(port).columns.size(); ++i) {
    const size_t column = first(port) + i;
    if (!made_[column]) continue;
    joined.columns[column] = null_column(output_->fields[column].type, joined.rows);
  }
}

Result<RecordBatch> JoinedRows::matching(RecordBatch pairs, int64_t now, Output& out) {
  if (!condition_.has_value()) return pairs;
  RowIndices kept;
  RowErrors errors;
  condition_->filter(pairs, pairs.selection(), now, kept, errors);
  finish_errors(errors);
  if (!errors.empty()) TRY(bad_rows_.handle(bad_rows_of(pairs, errors, names_), now, out));
  return with_selection(std::move(pairs), std::move(kept));
}

void JoinedRows::emit(RecordBatch joined, StepCounters& counters, Output& out) const {
  for (size_t i = 0; i < emitted_.size(); ++i) {
    if (!emitted_[i]) joined.columns[i] = nullptr;
  }
  counters.rows_out += joined.size();
  out.emit(kRowsPort, compact_if_sparse(std::move(joined)));
}

void JoinedRows::emit_lone(const RecordBatch& batch, const RowIndices& rows, Port side,
                           StepCounters& counters, Output& out) const {
  if (rows.empty() || !is_outer(side)) return;
  RecordBatch joined = begin(rows.size());
  set(joined, side, batch, rows.data());
  set_missing(joined, other_side(side));
  emit(std::move(joined), counters, out);
}

}  // namespace weir
