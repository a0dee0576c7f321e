#include "runtime/exchange/outbound_channel.h"

#include "engine/base/match.h"
#include "engine/data/batch_codec.h"

#include <fmt/format.h>

#include <utility>

namespace weir {

OutboundChannel::OutboundChannel(ChannelKey key, std::shared_ptr<Channel> channel,
                                 const Limits& limits, std::shared_ptr<BufferPool> pool)
    : key_(key), channel_(std::move(channel)), limits_(limits), frame_(key, std::move(pool)) {
  CHECK(limits_.frame_bytes_max > FrameWriter::kOverheadBytes);
}

bool OutboundChannel::is_full() const {
  return frame_.bytes() >= limits_.frame_bytes || frame_.elements() == FrameWriter::kElementsMax;
}

std::optional<Element> OutboundChannel::next() {
  if (parked_.empty()) return channel_->pop();
  std::optional<Element> element = std::move(parked_.front());
  parked_.pop_front();
  return element;
}

Status OutboundChannel::fill(int64_t now_us) {
  bool waits = false;
  while (!waits && !is_full()) {
    // Without credit one element is taken to see what it is, and then no more.
    if (credit_ <= 0 && !parked_.empty()) break;
    std::optional<Element> element = next();
    if (!element.has_value()) break;
    if (auto* batch = std::get_if<RecordBatch>(&*element)) {
      waits = !TRY(add_batch(std::move(*batch)));
      continue;
    }
    std::visit(Match{[](const RecordBatch&) { unreachable(); },
                     [this](const Watermark& watermark) { frame_.add(watermark); },
                     [this](const Barrier& barrier) {
                       frame_.add(barrier);
                       is_urgent_ = true;
                     },
                     [this](const Idle& idle) { frame_.add(idle); },
                     [this](const EndOfStream& end) {
                       frame_.add(end);
                       is_urgent_ = true;
                       has_ended_ = true;
                     }},
               *element);
  }
  if (frame_.is_empty()) return {};
  if (!due_at_us_.has_value()) due_at_us_ = now_us + limits_.flush_us;
  if (waits || is_urgent_ || is_full()) due_at_us_ = now_us;
  return {};
}

Result<bool> OutboundChannel::add_batch(RecordBatch batch) {
  if (credit_ <= 0) {
    parked_.emplace_front(std::move(batch));
    return false;
  }
  const size_t bytes = appended_bytes_max(batch);
  if (bytes + FrameWriter::kOverheadBytes > limits_.frame_bytes_max) {
    TRY(split(std::move(batch)));
    return true;
  }
  if (frame_.bytes() + FrameWriter::kOverheadBytes + bytes > limits_.frame_bytes_max) {
    parked_.emplace_front(std::move(batch));
    return false;
  }
  credit_ -= frame_.add(batch);
  return true;
}

Status OutboundChannel::split(RecordBatch batch) {
  const size_t rows = batch.size();
  if (rows <= 1) {
    return user_error(fmt::format(
        "cannot send a row to another worker: {} bytes={} frame_bytes_max={}: make it smaller, or "
        "allow larger frames",
        to_text(key_), appended_bytes_max(batch), limits_.frame_bytes_max));
  }
  RowIndices front;
  RowIndices back;
  const Selection selection = batch.selection();
  for (size_t i = 0; i < rows; ++i) (i < rows / 2 ? front : back).push_back(selection[i]);
  parked_.emplace_front(with_selection(batch, std::move(back)));
  parked_.emplace_front(with_selection(std::move(batch), std::move(front)));
  return {};
}

std::string OutboundChannel::take_frame(Compression compression) {
  CHECK(due_at_us_.has_value());
  due_at_us_.reset();
  is_urgent_ = false;
  return frame_.take(compression);
}

}  // namespace weir
