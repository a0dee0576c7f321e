// Where a task takes elements from: all channels of all edges that end in it, merged.
//
// Rows and barriers come as the channels give them, in turn. Watermarks come as the minimum over
// the channels, so that one that passes the gate is true for all of them; the end comes when all
// have ended.
#pragma once

#include "engine/time/watermark.h"
#include "runtime/task/channel.h"

#include <memory>
#include <optional>
#include <vector>

namespace weir {

struct GateElement {
  Port port;
  Element element;
};

class InputGate {
 public:
  void add_channel(std::shared_ptr<Channel> channel, Port port, size_t edge);
  bool has_channels() const { return !inputs_.empty(); }

  // The next element, or nothing if no channel has one now.
  std::optional<GateElement> next();

  // Rows received so far over the edge.
  uint64_t rows_received(size_t edge) const;
  int64_t watermark() const { return given_; }

 private:
  struct Input {
    std::shared_ptr<Channel> channel;
    Port port;
    size_t edge = 0;
    uint64_t rows = 0;
    bool ended = false;
  };

  // What an element of one channel means for the task; nothing if it only changed the books.
  std::optional<GateElement> admit(size_t input, Element element);
  std::optional<GateElement> advanced_watermark(Port port);

  std::vector<Input> inputs_;
  WatermarkMerger merger_{0};
  int64_t given_ = kMinTime;
  size_t turn_ = 0;
  bool end_due_ = false;  // All channels have ended: the end follows the last watermark.
};

}  // namespace weir
