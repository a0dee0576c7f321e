#include "operators/over.h"

#include "engine/plan/needed.h"
#include "operators/over_frame.h"
#include "operators/over_lag.h"
#include "operators/over_rank.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace weir {
namespace {

// Batches that one call of process emits before it gives way.
constexpr int kBatchesInOneCall = 4;
// Rows that are answered together: their states shall fit the cache.
constexpr size_t kChunkRows = 1024;
// Keys that one call of process drops before it gives way.
constexpr size_t kKeysInOneCall = 64 << 10;

}  // namespace

Over::Over(OverSpec spec, const StagePlan& stage, TaskState& state, const SplitNames& names)
    : spec_(std::move(spec)),
      step_(stage.id),
      output_(stage.outputs[0].schema),
      names_(names),
      drops_late_(spec_.order == OverOrder::kEventTime),
      life_(stage.state_ttl, life_column(spec_, *stage.input)) {
  CHECK(spec_.order == OverOrder::kLog || spec_.time_column.has_value());
  if (spec_.order == OverOrder::kEventTime) {
    waiting_.emplace(stage, spec_.keys, *spec_.time_column, state);
  }
  make_parts(stage, state);
}

void Over::make_parts(const StagePlan& stage, TaskState& state) {
  std::vector<FrameSpec> frames;
  bool lags = false;
  bool ranks = false;
  for (const OverCall& call : spec_.calls) {
    if (has_frame(call)) {
      const FrameSpec frame = frame_of(spec_, call);
      drops_late_ |= frame.has_range();
      if (std::find(frames.begin(), frames.end(), frame) != frames.end()) continue;
      frames.push_back(frame);
      parts_.push_back(std::make_unique<OverFrame>(frame, spec_, stage, life_, state));
      continue;
    }
    bool& is_made = call.function == OverFunction::kLag ? lags : ranks;
    if (std::exchange(is_made, true)) continue;
    if (call.function == OverFunction::kLag) {
      parts_.push_back(std::make_unique<OverLag>(spec_, stage, life_, state));
    } else {
      parts_.push_back(std::make_unique<OverRank>(spec_, stage, life_, state));
    }
  }
}

Readiness Over::prefetch(Port, const Element& element) {
  if (const RecordBatch* batch = std::get_if<RecordBatch>(&element)) {
    if (waiting_.has_value()) return Readiness::kReady;
    open_log(*batch);
    return prefetch_parts(*logged_);
  }
  const Watermark* watermark = std::get_if<Watermark>(&element);
  if (watermark == nullptr) return Readiness::kReady;
  Readiness readiness = Readiness::kReady;
  const auto ask = [&](Readiness one) {
    if (one == Readiness::kPending) readiness = one;
  };
  if (waiting_.has_value()) {
    ask(waiting_->prefetch(watermark->time));
    if (const KeyedRows* chunk = waiting_->held()) ask(prefetch_parts(*chunk));
    if (has_rows(watermark->time)) return readiness;
  }
  ask(prefetch_due(watermark->time));
  return readiness;
}

// Whether rows are to be answered before old state is dropped: what is due, but out of memory,
// stays there until then.
bool Over::has_rows(int64_t watermark) const {
  return waiting_->held() != nullptr || waiting_->has_before(watermark);
}

Readiness Over::prefetch_due(int64_t watermark) {
  Readiness readiness = Readiness::kReady;
  for (const auto& part : parts_) {
    if (part->prefetch_due(watermark) == Readiness::kPending) readiness = Readiness::kPending;
  }
  return readiness;
}

Readiness Over::prefetch_parts(const KeyedRows& rows) {
  Readiness readiness = Readiness::kReady;
  for (const auto& part : parts_) {
    const Readiness one = part->prefetch(rows.keys, Selection(rows.rows.size()));
    if (one == Readiness::kPending) readiness = one;
  }
  return readiness;
}

Result<Progress> Over::process(Port, const Element& element, int64_t now, Output& out) {
  if (const Watermark* watermark = std::get_if<Watermark>(&element)) {
    return fire(watermark->time, out);
  }
  life_.set_clock(now);
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;
  if (waiting_.has_value()) {
    wait(*batch, out);
  } else {
    TRY(answer_log(*batch, out));
  }
  return Progress::kDone;
}

// Which rows are on time, dense and with the hashes of their keys. Done once for each batch,
// whether prefetch was called or not.
void Over::open_log(const RecordBatch& batch) {
  if (logged_.has_value()) return;
  const RecordBatch on_time = drops_late_ ? without_late(batch, *spec_.time_column, late_) : batch;
  const RecordBatch rows = compact(on_time);
  logged_ = keyed_rows(rows, spec_.keys);
}

void Over::wait(const RecordBatch& batch, Output& out) {
  const RecordBatch on_time = without_late(batch, *spec_.time_column, late_);
  emit_late(batch, out);
  waiting_->add(on_time);
}

Status Over::answer_log(const RecordBatch& batch, Output& out) {
  open_log(batch);
  emit_late(batch, out);
  KeyedRows rows = *std::exchange(logged_, std::nullopt);
  if (rows.rows.size() == 0) return {};
  if (life_.ends()) set_use(rows);
  RecordBatch answered = TRY(answer(rows));
  counters_.rows_out += answered.size();
  out.emit(kRowsPort, std::move(answered));
  return {};
}

void Over::emit_late(const RecordBatch& batch, Output& out) {
  counters_.rows_in += batch.size();
  counters_.late += late_.size();
  counters_.accepted += batch.size() - late_.size();
  if (!late_.empty() && out.is_open(kLatePort)) {
    out.emit(kLatePort, late_rows(batch, late_, step_, names_));
  }
  late_.clear();
}

Result<Progress> Over::fire(int64_t watermark, Output& out) {
  if (!waiting_.has_value()) return expire(watermark);
  int emitted = 0;
  const bool had_rows = has_rows(watermark);
  while (true) {
    if (!emit_answered(out, emitted)) return Progress::kMore;
    // The frames of RANGE hold the peers of a row.
    KeyedRows* chunk = waiting_->chunk(watermark, kChunkRows, Cut::kBetweenTimes);
    if (chunk == nullptr) {
      if (waiting_->has_before(watermark)) return Progress::kMore;
      if (had_rows && prefetch_due(watermark) == Readiness::kPending) return Progress::kMore;
      return expire(watermark);
    }
    if (prefetch_parts(*chunk) == Readiness::kPending) return Progress::kMore;
    const int64_t* times = chunk->rows.columns[*spec_.time_column]->values<int64_t>();
    const int64_t last = times[chunk->rows.rows - 1];
    chunk->used_at = times;
    answered_ = TRY(answer(*chunk));
    answered_next_ = 0;
    waiting_->drop_chunk();
    for (const auto& part : parts_) part->expire(last, kKeysInOneCall);
  }
}

// Emits what is answered; false if there is more than one call may emit.
bool Over::emit_answered(Output& out, int& emitted) {
  while (answered_next_ < answered_.rows) {
    if (emitted++ == kBatchesInOneCall) return false;
    const auto rows =
        static_cast<uint32_t>(std::min<size_t>(kBatchRows, answered_.rows - answered_next_));
    RowIndices indices(rows);
    std::iota(indices.begin(), indices.end(), answered_next_);
    answered_next_ += rows;
    counters_.rows_out += rows;
    out.emit(kRowsPort, compact(with_selection(answered_, std::move(indices))));
  }
  answered_ = {};
  answered_next_ = 0;
  return true;
}

Progress Over::expire(int64_t watermark) {
  bool more = false;
  for (const auto& part : parts_) more |= part->expire(watermark, kKeysInOneCall);
  return more ? Progress::kMore : Progress::kDone;
}

// By log a row may be older than the watermark that is here: it is as late as its split is, so that
// what it finds does not depend on how far others are.
void Over::set_use(KeyedRows& rows) {
  used_at_.resize(rows.rows.size());
  for (uint32_t i = 0; i < used_at_.size(); ++i) used_at_[i] = life_.used_at(rows.rows, i);
  rows.used_at = used_at_.data();
}

Result<RecordBatch> Over::answer(const KeyedRows& rows) {
  std::vector<ColumnPtr> results(spec_.calls.size());
  for (const auto& part : parts_) TRY(part->take_in(rows, results));
  RecordBatch out = rows.rows;
  out.schema = output_;
  for (ColumnPtr& result : results) out.columns.push_back(std::move(result));
  return out;
}

}  // namespace weir
