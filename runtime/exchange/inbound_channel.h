// The receiving half of one channel: decodes frames and pushes their elements into the Channel that
// a task reads. What does not fit waits here, and the sender gets no credit for it.
//
// So what waits is bounded by the credit that was given, one batch more, and marks: of marks only
// those are kept which the ones behind them do not make pointless.
//
// Belongs to the thread of the exchange.
#pragma once

#include "engine/base/status.h"
#include "runtime/exchange/frame_codec.h"
#include "runtime/task/channel.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace weir {

class InboundChannel {
 public:
  struct Limits {
    uint64_t credit_bytes = 0;
    size_t frame_bytes_max = 0;
  };

  InboundChannel(ChannelKey key, std::shared_ptr<Channel> channel, SchemaPtr schema,
                 const Limits& limits);

  const ChannelKey& key() const { return key_; }

  // kCorrupt if it cannot be decoded, was sent without credit, or comes after the end. Nothing of
  // the frame is then passed on.
  Status receive(const PackedElements& packed);

  // Pushes what fits. True if nothing waits any more.
  bool deliver();

  // What to grant to the sender now; 0 until it is worth a frame.
  uint32_t take_grant();

  bool has_ended() const { return has_ended_; }

 private:
  void keep(ReceivedElement received);

  // Constant after construction.
  const ChannelKey key_;
  const std::shared_ptr<Channel> channel_;
  const SchemaPtr schema_;
  const Limits limits_;

  std::deque<ReceivedElement> waiting_;
  uint64_t outstanding_ = 0;  // Bytes received that were not granted again.
  uint64_t delivered_ = 0;    // The part of them that the task has, or can take.
  bool has_ended_ = false;
};

}  // namespace weir
