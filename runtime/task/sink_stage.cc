#include "runtime/task/sink_stage.h"

namespace weir {

SinkStage::SinkStage(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}

Result<Progress> SinkStage::process(Port, const Element& element, int64_t, Output&) {
  if (std::holds_alternative<EndOfStream>(element)) {
    has_room_.store(false, std::memory_order_release);
    const Flush flushed = TRY(sink_->flush());
    if (flushed == Flush::kMore) return Progress::kMore;
    give_room();
    sealed_ = TRY(sink_->seal({Generation(1), Epoch(1)}));
    return Progress::kDone;
  }
  const RecordBatch* batch = std::get_if<RecordBatch>(&element);
  if (batch == nullptr) return Progress::kDone;

  // Cleared before the call, so that a wake-up that comes while it runs is not lost.
  has_room_.store(false, std::memory_order_release);
  const size_t taken = TRY(sink_->write(*batch, written_));
  written_ += taken;
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

Status SinkStage::drained() {
  if (!unflushed_) return {};
  const Flush flushed = TRY(sink_->flush());
  unflushed_ = flushed == Flush::kMore;
  return {};
}

}  // namespace weir
