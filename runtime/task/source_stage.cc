#include "runtime/task/source_stage.h"

#include <algorithm>

namespace weir {

SourceStage::SourceStage(std::unique_ptr<Source> source, std::unique_ptr<Ingest> ingest,
                         bool keep_position, size_t rows_max)
    : source_(std::move(source)),
      ingest_(std::move(ingest)),
      keep_position_(keep_position),
      rows_max_(rows_max) {}

void SourceStage::add_split(OpenSplit split) {
  const std::lock_guard lock(mutex_);
  new_splits_.push_back(std::move(split));
  has_new_.store(true, std::memory_order_release);
}

void SourceStage::take_new_splits() {
  if (!has_new_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(mutex_);
  for (OpenSplit& split : new_splits_) readings_.push_back({.open = std::move(split)});
  new_splits_.clear();
  has_new_.store(false, std::memory_order_relaxed);
}

Result<SourceStep> SourceStage::step(int64_t now, Output& out) {
  // Read before the splits are taken: whoever closed them has added the last one before.
  const bool closed = closed_.load(std::memory_order_acquire);
  if (stopped_.load(std::memory_order_acquire)) return SourceStep{SourceProgress::kEnd, {}};
  take_new_splits();

  order_.clear();
  for (size_t i = 0; i < readings_.size(); ++i) {
    const size_t at = (turn_ + i) % readings_.size();
    if (!readings_[at].ended) order_.push_back(at);
  }
  if (order_.empty()) {
    return SourceStep{closed ? SourceProgress::kEnd : SourceProgress::kWaiting, {}};
  }
  std::stable_sort(order_.begin(), order_.end(), [this](size_t a, size_t b) {
    return ingest_->watermark(readings_[a].open.split.name) <
           ingest_->watermark(readings_[b].open.split.name);
  });
  SourceStep step;
  for (const size_t at : order_) {
    const bool moved = TRY(read(readings_[at], now, out));
    if (moved) {
      turn_ = (at + 1) % readings_.size();
      step.progress = SourceProgress::kRows;
      return step;
    }
    const std::optional<int64_t>& wake_at = readings_[at].wake_at;
    if (wake_at.has_value()) step.wake_at = std::min(step.wake_at.value_or(*wake_at), *wake_at);
  }
  return step;
}

Result<bool> SourceStage::read(Reading& reading, int64_t now, Output& out) {
  DecodedRows rows;
  const ReadOutcome outcome = TRY(reading.open.reader->read(rows_max_, now, rows));
  const bool any = rows.records != 0;
  reading.ended = outcome.state == ReadState::kEnd;
  reading.wake_at = outcome.state == ReadState::kWaiting ? outcome.wake_at : std::nullopt;
  if (any) TRY(hand_on(reading, std::move(rows), now, out));
  return any || outcome.state != ReadState::kWaiting;
}

Status SourceStage::hand_on(Reading& reading, DecodedRows rows, int64_t now, Output& out) {
  std::vector<BadRow> bad;
  bad.reserve(rows.bad.size());
  for (BadRecord& record : rows.bad) {
    bad.push_back({.raw = std::move(record.raw),
                   .source = reading.open.split.source,
                   .part = reading.open.split.name,
                   .position = record.position,
                   .reason = std::move(record.reason),
                   .label = std::move(record.label)});
  }
  return ingest_->accept(reading.open.split.name, rows.batch, std::move(bad), keep_position_, now,
                         out);
}

int64_t SourceStage::watermark() const {
  // Read before the splits are looked at, as in step().
  const bool closed = closed_.load(std::memory_order_acquire);
  if (has_new_.load(std::memory_order_acquire)) return kMinTime;
  int64_t lowest = kMaxTime;
  for (const Reading& reading : readings_) {
    if (reading.ended) continue;
    lowest = std::min(lowest, ingest_->watermark(reading.open.split.name));
  }
  return lowest == kMaxTime && !closed ? kMinTime : lowest;
}

std::optional<uint64_t> SourceStage::backlog() const {
  uint64_t sum = 0;
  for (const Reading& reading : readings_) {
    const std::optional<uint64_t> left = reading.open.reader->backlog();
    if (!left.has_value()) return std::nullopt;
    sum += *left;
  }
  return sum;
}

}  // namespace weir
