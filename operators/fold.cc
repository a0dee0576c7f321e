#include "operators/fold.h"

#include "engine/base/hash.h"
#include "engine/time/watermark.h"

#include <algorithm>

namespace weir {
namespace {

// Rows are all due when the input has ended, which is how they are asked for.
constexpr int64_t kDue = kMaxTime - 1;

ListsSpec rows_spec(const StagePlan& stage) {
  ListsSpec rows{.name = stage.id + ".rows",
                 .key = {},
                 .head = {TypeKind::kBigint},
                 .entry = {},
                 .with_timer = true};
  for (const Field& field : stage.input->fields) rows.key.push_back(field.type);
  return rows;
}

}  // namespace

Fold::Fold(FoldSpec spec, const StagePlan& stage, TaskState& state)
    : spec_(std::move(spec)),
      output_(stage.outputs[0].schema),
      rows_(state.lists(rows_spec(stage))) {}

void Fold::hash(const RecordBatch& batch) {
  if (hashed_) return;
  hashed_ = true;
  const Selection selection = batch.selection();
  std::vector<const Column*> keys;
  for (const size_t key : spec_.keys) keys.push_back(batch.columns[key].get());
  std::vector<const Column*> all;
  for (const ColumnPtr& column : batch.columns) all.push_back(column.get());
  std::vector<uint64_t> of_keys(selection.size(), 0);
  hashes_.resize(selection.size());
  if (!keys.empty()) hash_rows(keys, selection, of_keys.data());
  hash_rows(all, selection, hashes_.data());
  for (size_t i = 0; i < hashes_.size(); ++i) {
    hashes_[i] = hash_within(of_keys[i], hashes_[i]);
  }
}

KeyBatch Fold::keys_of(const RecordBatch& batch) const {
  KeyBatch keys{.columns = {}, .hashes = hashes_.data()};
  for (const ColumnPtr& column : batch.columns) keys.columns.push_back(column.get());
  return keys;
}

Readiness Fold::prefetch(Port, const Element& element) {
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    hash(*batch);
    return rows_.prefetch(keys_of(*batch), batch->selection());
  }
  const Watermark* watermark = std::get_if<Watermark>(&element);
  if (watermark == nullptr || watermark->time != kMaxTime) return Readiness::kReady;
  return rows_.prefetch_due(kDue);
}

Result<Progress> Fold::process(Port, const Element& element, int64_t, Output& out) {
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    hash(*batch);
    counters_.rows_in += batch->size();
    counters_.accepted += batch->size();
    take_in(*batch);
    hashes_.clear();
    hashed_ = false;
    return Progress::kDone;
  }
  const Watermark* watermark = std::get_if<Watermark>(&element);
  if (watermark == nullptr || watermark->time != kMaxTime) return Progress::kDone;
  return give(out);
}

void Fold::take_in(const RecordBatch& batch) {
  KeyedTable& table = rows_.heads();
  const RowLayout& layout = table.layout();
  const size_t offset = layout.value_offset(0);
  const Selection selection = batch.selection();
  std::vector<RowId> ids(selection.size());
  std::vector<uint32_t> inserted;
  table.find_or_insert(keys_of(batch), selection, ids.data(), &inserted);
  for (const uint32_t i : inserted) rows_.timers().set(ids[i], kDue);
  for (size_t i = 0; i < ids.size(); ++i) {
    std::byte* row = table.change(ids[i]);
    layout.clear_null(row, layout.key_columns());
    store(row + offset, load<int64_t>(row + offset) + (takes_back(batch, selection[i]) ? -1 : 1));
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const RowId id : ids) {
    if (load<int64_t>(table.row(id) + offset) == 0) rows_.erase_head(id);
  }
}

Progress Fold::give(Output& out) {
  due_.clear();
  const bool more = rows_.pop_due(kDue, kBatchRows, due_);
  if (due_.empty()) return more ? Progress::kMore : Progress::kDone;
  const KeyedTable& table = rows_.heads();
  const size_t offset = table.layout().value_offset(0);
  std::vector<RowId> ids;
  for (const Timers::Due& due : due_) {
    const int64_t count = load<int64_t>(table.row(due.row) + offset);
    for (int64_t n = 0; n < count; ++n) {
      ids.push_back(due.row);
      if (ids.size() == kBatchRows) emit(ids, out);
    }
  }
  emit(ids, out);
  for (const Timers::Due& due : due_) rows_.erase_head(due.row);
  return more ? Progress::kMore : Progress::kDone;
}

void Fold::emit(std::vector<RowId>& ids, Output& out) {
  if (ids.empty()) return;
  const KeyedTable& table = rows_.heads();
  RecordBatch batch;
  batch.schema = output_;
  batch.rows = static_cast<uint32_t>(ids.size());
  const auto arena = std::make_shared<Arena>();
  for (size_t column = 0; column < output_->fields.size(); ++column) {
    ColumnWriter writer(output_->fields[column].type, ids.size(), arena);
    table.append_to(writer, ids.data(), ids.size(), column);
    batch.columns.push_back(std::move(writer).finish());
  }
  counters_.rows_out += batch.rows;
  out.emit(kRowsPort, std::move(batch));
  ids.clear();
}

}  // namespace weir
