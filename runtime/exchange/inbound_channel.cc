#include "runtime/exchange/inbound_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace weir {
namespace {

// Credit and what replaces() drops keep an honest sender far below.
constexpr size_t kWaitingMax = 1 << 17;

// Whether `mark` says all that `before`, right in front of it, said.
bool replaces(const Element& mark, const Element& before) {
  const bool before_is_passing =
      std::holds_alternative<Watermark>(before) || std::holds_alternative<Idle>(before);
  if (std::holds_alternative<Watermark>(mark)) return before_is_passing;
  return std::holds_alternative<Idle>(mark) && std::holds_alternative<Idle>(before);
}

}  // namespace

InboundChannel::InboundChannel(ChannelKey key, std::shared_ptr<Channel> channel, SchemaPtr schema,
                               const Limits& limits)
    : key_(key), channel_(std::move(channel)), schema_(std::move(schema)), limits_(limits) {}

Status InboundChannel::receive(const PackedElements& packed) {
  std::vector<ReceivedElement> elements =
      TRY(read_elements(packed, schema_, limits_.frame_bytes_max));
  if (waiting_.size() + elements.size() > kWaitingMax) {
    return corrupt(fmt::format("more marks than make sense: waiting={}", waiting_.size()));
  }
  uint64_t outstanding = outstanding_;
  bool has_ended = has_ended_;
  for (const ReceivedElement& received : elements) {
    if (has_ended) return corrupt("elements after the end of the stream");
    if (received.credit != 0 && outstanding >= limits_.credit_bytes) {
      return corrupt(fmt::format("a batch without credit: credit_bytes={} outstanding={}",
                                 limits_.credit_bytes, outstanding));
    }
    outstanding += received.credit;
    has_ended = std::holds_alternative<EndOfStream>(received.element);
  }
  outstanding_ = outstanding;
  has_ended_ = has_ended;
  for (ReceivedElement& received : elements) keep(std::move(received));
  return {};
}

void InboundChannel::keep(ReceivedElement received) {
  while (!waiting_.empty() && replaces(received.element, waiting_.back().element)) {
    waiting_.pop_back();
  }
  waiting_.push_back(std::move(received));
}

bool InboundChannel::deliver() {
  while (!waiting_.empty()) {
    const uint32_t credit = waiting_.front().credit;
    if (!channel_->push(waiting_.front().element)) return false;
    delivered_ += credit;
    waiting_.pop_front();
  }
  return true;
}

uint32_t InboundChannel::take_grant() {
  // A quarter at a time: few frames, and the sender never waits for a grant on an open channel.
  if (has_ended_) return 0;
  if (delivered_ * 4 < limits_.credit_bytes || delivered_ == 0) return 0;
  const uint64_t bytes = std::min<uint64_t>(delivered_, std::numeric_limits<uint32_t>::max());
  delivered_ -= bytes;
  outstanding_ -= bytes;
  return static_cast<uint32_t>(bytes);
}

}  // namespace weir
