#include "runtime/task/source_stage.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// How far in event time a reader may run ahead of the others: beyond any usual disorder, and small
// beside the windows that people keep open.
constexpr int64_t kDriftMicros = 10'000'000;
// What a batch should be at the most, and the rows that are read before it is known what they are.
constexpr size_t kBatchBytes = 2 << 20;
constexpr size_t kRowsFirst = 256;
constexpr size_t kRowsMin = 4;
// A reader that waits for others looks up even if nobody calls.
constexpr int64_t kWaitMicros = 50'000;

// Bounded input ends by itself, and its answer must not depend on when it was read.
QuietPolicy quiet_policy(const Source& source, const SourceSpec& spec) {
  if (source.is_bounded()) return {};
  return {.idle_timeout = spec.idle_timeout, .advances = spec.when_quiet == WhenQuiet::kAdvance};
}

int64_t plus_saturated(int64_t time, int64_t span) {
  if (time == kMinTime || time > kMaxTime - span) return time;
  return time + span;
}

}  // namespace

SourceStage::SourceStage(std::unique_ptr<Source> source, std::unique_ptr<Ingest> ingest,
                         bool keep_position, size_t rows_max)
    : source_(std::move(source)),
      ingest_(std::move(ingest)),
      keep_position_(keep_position),
      rows_max_(rows_max),
      has_event_time_(!ingest_->spec().event_time.empty()),
      advances_(quiet_policy(*source_, ingest_->spec()).advances),
      board_(std::make_shared<SourceBoard>(1)),
      clock_(quiet_policy(*source_, ingest_->spec())),
      rows_now_(std::min(rows_max, kRowsFirst)) {}

void SourceStage::join(std::shared_ptr<SourceBoard> board, size_t reader) {
  board_ = std::move(board);
  reader_ = reader;
}

void SourceStage::on_wakeup(const std::function<void()>& wake) {
  source_->on_wakeup(wake);
  board_->on_wakeup(reader_, wake);
}

void SourceStage::add_split(OpenSplit split) {
  const std::lock_guard lock(mutex_);
  new_splits_.push_back(std::move(split));
  has_new_.store(true, std::memory_order_release);
}

void SourceStage::take_new_splits(Instant now) {
  if (!has_new_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(mutex_);
  for (OpenSplit& split : new_splits_) {
    clock_.add_split(ingest_->watermark(split.split.name));
    readings_.push_back({.open = std::move(split), .wake_at = {}, .heard_at = now.wall});
  }
  new_splits_.clear();
  has_new_.store(false, std::memory_order_relaxed);
}

Result<SourceStep> SourceStage::step(Instant now, Output& out) {
  // Read before the splits are taken: whoever closed them has added the last one before.
  const bool closed = closed_.load(std::memory_order_acquire);
  take_new_splits(now);
  if (closed) clock_.close();
  clock_.look(now.monotonic);
  sort_by_watermark();
  SourceStep step = TRY(read_lowest(now, out));
  settle();
  if (order_.empty() && closed) step.progress = SourceProgress::kEnd;
  if (step.progress != SourceProgress::kWaiting) return step;
  if (const std::optional<int64_t> within = clock_.look_within()) {
    step.wake_at = std::min(step.wake_at.value_or(kMaxTime), now.monotonic + *within);
  }
  return step;
}

// Idle splits too: they are asked first, and wake when they have something.
void SourceStage::sort_by_watermark() {
  order_.clear();
  for (size_t i = 0; i < readings_.size(); ++i) {
    const size_t at = (turn_ + i) % readings_.size();
    if (!clock_.is_finished(at)) order_.push_back(at);
  }
  std::stable_sort(order_.begin(), order_.end(), [this](size_t a, size_t b) {
    return clock_.watermark_of(a) < clock_.watermark_of(b);
  });
}

Result<SourceStep> SourceStage::read_lowest(Instant now, Output& out) {
  SourceStep step;
  for (const size_t at : order_) {
    if (must_wait(at)) {
      step.wake_at = std::min(step.wake_at.value_or(kMaxTime), now.monotonic + kWaitMicros);
      return step;
    }
    const bool moved = TRY(read(at, now, out));
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

bool SourceStage::must_wait(size_t split) {
  const int64_t watermark = clock_.watermark_of(split);
  const auto is_ahead = [&] {
    return watermark > plus_saturated(board_->lowest_of_others(reader_), kDriftMicros);
  };
  if (!is_ahead()) return false;
  board_->wait(reader_);
  return is_ahead();
}

void SourceStage::settle() {
  const ReaderStanding standing{
      .reading_at = clock_.reading_at(), .highest = clock_.highest(), .quiet = clock_.is_quiet()};
  if (standing != posted_) board_->post(reader_, standing);
  posted_ = standing;
  clock_.settle(board_->is_quiet(), board_->highest());
}

// A batch of few rows that came of many that were read says what those came to, not what more of
// its own would take: it has room for thousands, which is nearly all that it weighs.
void SourceStage::note_width(const RecordBatch& batch) {
  const size_t rows = std::max<size_t>(batch.rows, rows_read_);
  if (rows != 0) widest_ = std::max(widest_, batch.bytes() / rows);
}

size_t SourceStage::rows_at_once() {
  if (widest_ == 0) return rows_now_;  // Nothing came of it.
  const size_t fitting = std::max(kRowsMin, kBatchBytes / std::exchange(widest_, 0));
  rows_now_ = std::min({rows_max_, fitting, 2 * rows_now_});
  return rows_now_;
}

Result<bool> SourceStage::read(size_t split, Instant now, Output& out) {
  Reading& reading = readings_[split];
  DecodedRows rows;
  const ReadOutcome outcome = TRY(reading.open.reader->read(rows_at_once(), now.monotonic, rows));
  const size_t handed_on = rows.batch.rows + rows.bad.size() + rows.skipped;
  records_lost_ += std::max(rows.records, handed_on) - std::min(rows.records, handed_on);
  if (rows.batch.rows != 0) rows_read_ = rows.batch.rows;
  const bool any = rows.records != 0 || handed_on != 0;
  reading.wake_at = outcome.state == ReadState::kWaiting ? outcome.wake_at : std::nullopt;
  if (any) {
    reading.has_read = true;
    reading.heard_at = now.wall;
    TRY(hand_on(reading, std::move(rows), now.wall, out));
    clock_.gave(split, ingest_->watermark(reading.open.split.name));
  } else if (outcome.state == ReadState::kWaiting) {
    clock_.gave_nothing(split);
  }
  if (outcome.state == ReadState::kEnd) clock_.finish(split);
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
  ingest_->lift_to(clock_.watermark());
  return ingest_->accept(reading.open.split.name, rows.batch, std::move(bad), keep_position_, now,
                         out);
}

std::vector<SplitStanding> SourceStage::standings() const {
  std::vector<SplitStanding> standings;
  if (!has_event_time_) return standings;
  for (size_t i = 0; i < readings_.size(); ++i) {
    const Reading& reading = readings_[i];
    const bool may_give = clock_.may_give(i);
    standings.push_back(
        {.table = ingest_->spec().table,
         .split = reading.open.split.name,
         .watermark = clock_.watermark_of(i),
         .has_read = reading.has_read,
         .idle = clock_.is_idle(i),
         .finished = clock_.is_finished(i),
         .advances = advances_,
         .silent_since = may_give ? std::nullopt : std::optional(reading.heard_at)});
  }
  return standings;
}

void SourceStage::save_positions(std::map<std::string, SplitState>& splits) {
  const auto save = [&splits](const OpenSplit& open, bool finished) {
    SplitState fresh{.highest_event_time = kMinTime};
    SplitState& split = splits.try_emplace(open.split.name, std::move(fresh)).first->second;
    split.position = open.reader->position();
    split.finished = finished;
  };
  for (size_t i = 0; i < readings_.size(); ++i) save(readings_[i].open, clock_.is_finished(i));
  // What was opened since the last step is not read yet, but where it begins and ends is settled.
  const std::lock_guard lock(mutex_);
  for (const OpenSplit& open : new_splits_) save(open, false);
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
