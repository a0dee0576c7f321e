#include "operators/suppress.h"

#include "engine/time/watermark.h"

#include <algorithm>

namespace weir {
namespace {

// Batches that one call of process judges before it gives way.
constexpr int kBatchesInOneCall = 4;
// Keys that one call of process drops before it gives way.
constexpr size_t kKeysInOneCall = 64 << 10;

TableSpec passed_spec(const SuppressSpec& spec, const StagePlan& stage) {
  TableSpec table{.name = stage.id + ".passed",
                  .key = {},
                  .value = {TypeKind::kBigint},
                  .with_timer = spec.interval.has_value() || stage.state_ttl.has_value()};
  for (const size_t key : spec.keys) table.key.push_back(stage.input->fields[key].type);
  return table;
}

}  // namespace

Suppress::Suppress(SuppressSpec spec, const StagePlan& stage, TaskState& state,
                   const SplitNames& names)
    : spec_(std::move(spec)),
      step_(stage.id),
      ttl_(spec_.interval ? std::nullopt : stage.state_ttl),
      names_(names),
      waiting_(stage, spec_.keys, spec_.time_column, state),
      passed_(state.keyed(passed_spec(spec_, stage))) {}

Readiness Suppress::prefetch(Port, const Element& element) {
  const Watermark* watermark = std::get_if<Watermark>(&element);
  if (watermark == nullptr) return Readiness::kReady;
  const Readiness waiting = waiting_.prefetch(watermark->time);
  Readiness due = Readiness::kReady;
  if (!has_rows(watermark->time)) due = passed_.prefetch_due(watermark->time);
  Readiness keys = Readiness::kReady;
  if (const KeyedRows* chunk = waiting_.held()) {
    keys = passed_.prefetch(chunk->keys, Selection(chunk->rows.size()));
  }
  const bool ready =
      waiting == Readiness::kReady && due == Readiness::kReady && keys == Readiness::kReady;
  return ready ? Readiness::kReady : Readiness::kPending;
}

Result<Progress> Suppress::process(Port, const Element& element, int64_t, Output& out) {
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) wait(*batch, out);
  const Watermark* watermark = std::get_if<Watermark>(&element);
  return watermark == nullptr ? Progress::kDone : fire(watermark->time, out);
}

void Suppress::wait(const RecordBatch& batch, Output& out) {
  std::vector<LateRow> late;
  waiting_.add(without_late(batch, spec_.time_column, late));
  // Counted as they come: those that wait may be judged by a later life of the task.
  counters_.rows_in += batch.size();
  counters_.accepted += batch.size() - late.size();
  counters_.late += late.size();
  if (!late.empty() && out.is_open(kLatePort)) {
    out.emit(kLatePort, late_rows(batch, late, step_, names_));
  }
}

Progress Suppress::fire(int64_t watermark, Output& out) {
  const bool had_rows = has_rows(watermark);
  for (int batches = 0;; ++batches) {
    const KeyedRows* chunk = waiting_.chunk(watermark, kBatchRows, Cut::kAnywhere);
    if (chunk == nullptr && waiting_.has_before(watermark)) return Progress::kMore;
    if (chunk == nullptr) break;
    if (batches == kBatchesInOneCall) return Progress::kMore;
    const Readiness ready = passed_.prefetch(chunk->keys, Selection(chunk->rows.size()));
    if (ready == Readiness::kPending) return Progress::kMore;
    RowIndices passing = judge(*chunk);
    counters_.rows_out += passing.size();
    if (!passing.empty()) {
      out.emit(kRowsPort, compact_if_sparse(with_selection(chunk->rows, std::move(passing))));
    }
    const Column& times = *chunk->rows.columns[spec_.time_column];
    expire(times.values<int64_t>()[chunk->rows.rows - 1]);
    waiting_.drop_chunk();
  }
  if (had_rows && passed_.prefetch_due(watermark) == Readiness::kPending) return Progress::kMore;
  return expire(watermark) ? Progress::kMore : Progress::kDone;
}

// Whether rows are to be judged before old keys are dropped: what is due, but out of memory, stays
// there until then.
bool Suppress::has_rows(int64_t watermark) const {
  return waiting_.held() != nullptr || waiting_.has_before(watermark);
}

RowIndices Suppress::judge(const KeyedRows& chunk) {
  const uint32_t count = chunk.rows.rows;
  const int64_t* times = chunk.rows.columns[spec_.time_column]->values<int64_t>();
  KeyedTable& table = passed_.table();
  const RowLayout& layout = table.layout();
  const size_t offset = layout.value_offset(0);
  rows_.resize(count);
  inserted_.clear();
  table.find_or_insert(chunk.keys, Selection(count), rows_.data(), &inserted_);
  RowIndices passing;
  size_t next_inserted = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const bool is_void = ttl_ && passed_.timers().touch(rows_[i], times[i], *ttl_);
    const bool is_first = next_inserted < inserted_.size() && inserted_[next_inserted] == i;
    if (is_first) {
      ++next_inserted;
      layout.clear_null(table.change(rows_[i]), layout.key_columns());
    } else if (is_void) {
      // The key was not seen for so long that it is new.
    } else if (!spec_.interval ||
               times[i] <
                   minus_saturated(load<int64_t>(table.row(rows_[i]) + offset), -*spec_.interval)) {
      continue;
    }
    store(table.change(rows_[i]) + offset, times[i]);
    if (spec_.interval) {
      const int64_t due = minus_saturated(times[i], -*spec_.interval);
      passed_.timers().set(rows_[i], std::min(due, kMaxTime - 1));
    }
    passing.push_back(i);
  }
  return passing;
}

// Returns whether more is left to drop.
bool Suppress::expire(int64_t watermark) {
  if (spec_.interval || ttl_) return passed_.erase_due(watermark, kKeysInOneCall);
  if (watermark == kMaxTime) passed_.erase_all();
  return false;
}

}  // namespace weir
