#include "runtime/task/sink_stage.h"

#include "engine/base/fail_point.h"

namespace weir {

SinkStage::SinkStage(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}

Result<Progress> SinkStage::process(Port, const Element& element, int64_t now, Output&) {
  if (std::holds_alternative<EndOfStream>(element)) {
    const bool sealed = TRY(seal(next_));
    return sealed ? Progress::kDone : Progress::kMore;
  }
  if (const Barrier* barrier = std::get_if<Barrier>(&element)) {
    const bool sealed = TRY(seal({next_.generation, barrier->epoch}));
    return sealed ? Progress::kDone : Progress::kMore;
  }
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;

  // Cleared before the call, so that a wake-up that comes while it runs is not lost.
  has_room_.store(false, std::memory_order_release);
  sink_->tell_time(now);
  const size_t taken = TRY(sink_->write(*batch, written_));
  written_ += taken;
  count(sink_->waiting_bytes());
  unflushed_ = true;
  CHECK(written_ <= batch->size());
  if (written_ < batch->size()) return Progress::kMore;
  give_room();
  counters_.rows_in += batch->size();
  counters_.accepted += batch->size();
  counters_.rows_out += batch->size();
  written_ = 0;
  return Progress::kDone;
}

Result<bool> SinkStage::seal(CheckpointId id) {
  if (id < next_) return true;  // Done before.
  has_room_.store(false, std::memory_order_release);
  const Flush flushed = TRY(sink_->flush());
  if (flushed == Flush::kMore) return false;
  give_room();
  unflushed_ = false;
  FAIL_POINT("sink.seal_due");
  sealed_ = TRY(sink_->seal(id));
  if (sink_->waits_in_memory()) {
    count(sealed_->contents.size());
    counted_ = 0;  // Whoever delivers it subtracts it.
  }
  FAIL_POINT("sink.sealed");
  next_ = {id.generation, Epoch(id.epoch.value() + 1)};
  return true;
}

void SinkStage::count(uint64_t unsealed) {
  if (output_ == nullptr) return;
  output_->add(unsealed - counted_);  // Modulo 2^64 where it is less.
  counted_ = unsealed;
}

Status SinkStage::drained() {
  if (!unflushed_) return {};
  const Flush flushed = TRY(sink_->flush());
  unflushed_ = flushed == Flush::kMore;
  return {};
}

}  // namespace weir
