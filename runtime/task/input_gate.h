// Where a task takes elements from: all channels of all edges that end in it, merged.
//
// Rows and barriers come as the channels give them, in turn. Watermarks come as the minimum over
// the channels, so that one that passes the gate is true for all of them; the end comes when all
// have ended. An idle channel holds no time back; when the last active one has gone idle the gate
// says Idle, and when one wakes, its rows or a watermark (if need be the last one again) say so.
//
// Rows that come over a channel that the gate's watermark has overtaken (it was idle) are lifted to
// that watermark (engine/time/watermark.h), and counted: so it stays true.
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
  uint64_t rows_lifted() const { return rows_lifted_; }
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
  std::optional<GateElement> went_idle(size_t input);

  std::vector<Input> inputs_;
  WatermarkMerger merger_{0};
  int64_t given_ = kMinTime;
  uint64_t rows_lifted_ = 0;
  bool idle_ = false;  // Idle was given, and nothing since.
  size_t turn_ = 0;
  bool end_due_ = false;  // All channels have ended: the end follows the last watermark.
};

}  // namespace weir
