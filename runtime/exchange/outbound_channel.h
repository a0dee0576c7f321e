// The sending half of one channel: takes elements from the Channel that a task fills and makes
// frames of them, as far as the receiver's credit goes.
//
// A frame is due when it has the wanted size, when its oldest element has waited for flush_us, or
// at once when it holds a barrier or the end of the stream, or when credit is used up. Batches cost
// credit and may overdraw it by one; marks cost none, but never overtake a batch that waits.
//
// Belongs to the thread of the exchange, and is told the time.
#pragma once

#include "engine/base/status.h"
#include "runtime/exchange/frame_codec.h"
#include "runtime/task/channel.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace weir {

class OutboundChannel {
 public:
  struct Limits {
    size_t frame_bytes = 0;
    size_t frame_bytes_max = 0;
    int64_t flush_us = 0;
  };

  OutboundChannel(ChannelKey key, std::shared_ptr<Channel> channel, const Limits& limits,
                  std::shared_ptr<BufferPool> pool = nullptr);

  const ChannelKey& key() const { return key_; }

  void grant(uint64_t bytes) { credit_ += static_cast<int64_t>(bytes); }

  // Takes what there is and what fits. kUser error if a single row is too large for a frame.
  Status fill(int64_t now_us);

  // When the frame must be sent; absent while there is nothing to send.
  std::optional<int64_t> due_at_us() const { return due_at_us_; }
  bool is_due(int64_t now_us) const { return due_at_us_.has_value() && *due_at_us_ <= now_us; }

  // The frame; there is room for the next then. REQUIRES: due_at_us().
  std::string take_frame(Compression compression);

  // Whether the end of the stream was put into a frame, and that was taken.
  bool has_ended() const { return has_ended_ && frame_.is_empty(); }

 private:
  bool is_full() const;
  std::optional<Element> next();
  // False if the batch has to wait, and was parked.
  Result<bool> add_batch(RecordBatch batch);
  Status split(RecordBatch batch);

  // Constant after construction.
  const ChannelKey key_;
  const std::shared_ptr<Channel> channel_;
  const Limits limits_;

  FrameWriter frame_;
  std::deque<Element> parked_;  // Taken from the channel, before what is still in there.
  int64_t credit_ = 0;
  std::optional<int64_t> due_at_us_;
  bool is_urgent_ = false;
  bool has_ended_ = false;
};

}  // namespace weir
