#include "operators/ordered_rows.h"

#include "engine/plan/needed.h"

namespace weir {
namespace {

std::vector<uint64_t> hashes_of(const RecordBatch& batch, const std::vector<size_t>& keys) {
  std::vector<uint64_t> hashes;
  if (keys.empty()) return hashes;
  std::vector<const Column*> columns;
  for (const size_t key : keys) columns.push_back(batch.columns[key].get());
  hashes.resize(batch.size());
  hash_rows(columns, batch.selection(), hashes.data());
  return hashes;
}

// The columns that the step or somebody behind it reads.
WaitingSpec waiting_spec(const StagePlan& stage, size_t time_column) {
  WaitingSpec spec{.name = stage.id + ".waiting",
                   .schema = stage.input,
                   .kept = {},
                   .time_column = time_column,
                   .with_place = stage.with_position};
  const NeededColumns needed =
      needed_of_input(stage.spec, kRowsPort, *stage.input, stage.outputs[0].needed);
  for (size_t column = 0; column < needed.size(); ++column) {
    if (needed[column].needed) spec.kept.push_back(column);
  }
  return spec;
}

}  // namespace

KeyedRows keyed_rows(RecordBatch batch, const std::vector<size_t>& keys) {
  CHECK(batch.selected == nullptr);
  KeyedRows keyed;
  keyed.hashes = hashes_of(batch, keys);
  for (const size_t key : keys) keyed.keys.columns.push_back(batch.columns[key].get());
  keyed.keys.hashes = keyed.hashes.empty() ? nullptr : keyed.hashes.data();
  keyed.rows = std::move(batch);
  return keyed;
}

OrderedRows::OrderedRows(const StagePlan& stage, std::vector<size_t> keys, size_t time_column,
                         TaskState& state)
    : keys_(std::move(keys)), waiting_(state.waiting(waiting_spec(stage, time_column))) {}

void OrderedRows::add(const RecordBatch& batch) {
  if (batch.size() == 0) return;
  const std::vector<uint64_t> hashes = hashes_of(batch, keys_);
  waiting_.add(batch, batch.selection(), hashes.empty() ? nullptr : hashes.data());
}

Readiness OrderedRows::prefetch(int64_t watermark) { return waiting_.prefetch_before(watermark); }

KeyedRows* OrderedRows::chunk(int64_t watermark, size_t rows_max, Cut cut) {
  if (!chunk_.has_value()) {
    if (!has_before(watermark)) return nullptr;
    RecordBatch rows = waiting_.take_before(watermark, rows_max, cut);
    if (rows.rows == 0) return nullptr;
    chunk_ = keyed_rows(std::move(rows), keys_);
  }
  return &*chunk_;
}

}  // namespace weir
