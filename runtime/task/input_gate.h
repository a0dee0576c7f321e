// Where a task takes elements from: all channels of all edges that end in it, merged.
//
// Rows come as the channels give them, in turn. Barriers go to the task's aligner, which says from
// which channels nothing is taken until the others have theirs. Watermarks come as the minimum over
// the channels, so that one that passes the gate is true for all of them; the end comes when all
// have ended. An idle channel holds no time back; when the last active one has gone idle the gate
// says Idle, and when one wakes, its rows or a watermark (if need be the last one again) say so.
//
// Channels of one origin carry the time of the same readers: they are idle only together. One that
// has woken says that the others will too, whose tasks may not have got that far, and may still
// have rows to release that are older than its time.
//
// Rows that come over a channel that the gate's watermark has overtaken (it was idle) are lifted to
// that watermark (engine/time/watermark.h), and counted: so it stays true.
#pragma once

#include "engine/protocol/barrier_aligner.h"
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

// Where a channel comes from.
struct ChannelOrigin {
  size_t edge = 0;     // Of the plan.
  size_t readers = 0;  // The same number: its time is that of the same readers.
};

class InputGate {
 public:
  void add_channel(std::shared_ptr<Channel> channel, Port port, ChannelOrigin origin);
  bool has_channels() const { return !inputs_.empty(); }

  size_t channels() const { return inputs_.size(); }

  // Where barriers go. The gate's channels are the aligner's inputs from `first` on.
  void align_by(BarrierAligner* aligner, size_t first) { aligner_ = aligner, first_ = first; }
  // Goes on from a checkpoint at which its watermark stood here, which the first mark tells again:
  // the next gates heard of it in another life of the job, and a channel that has ended at this
  // time would not get beyond it. Before anything is taken.
  void restore(int64_t watermark);

  // The next element, or nothing if no channel has one now that may be taken.
  std::optional<GateElement> next();

  // Rows received so far over the edge.
  uint64_t rows_received(size_t edge) const;
  uint64_t rows_lifted() const { return rows_lifted_; }
  int64_t watermark() const { return given_; }

 private:
  struct Input {
    std::shared_ptr<Channel> channel;
    Port port;
    ChannelOrigin origin;
    uint64_t rows = 0;
    bool idle = false;  // It has said so, and nothing since.
    bool ended = false;
  };

  // What an element of one channel means for the task; nothing if it only changed the books.
  std::optional<GateElement> admit(size_t input, Element element);
  void set_idle(size_t input, bool idle);
  // What a mark of one channel has changed for the whole gate, if anything.
  std::optional<GateElement> marked(Port port);

  bool may_take(size_t input) const;

  std::vector<Input> inputs_;
  BarrierAligner* aligner_ = nullptr;  // Null: barriers are passed over.
  size_t first_ = 0;
  WatermarkMerger merger_{0};
  int64_t given_ = kMinTime;
  uint64_t rows_lifted_ = 0;
  bool untold_ = false;      // given_ is of a checkpoint.
  bool idle_ = false;        // The last mark given was Idle,
  bool rows_since_ = false;  // and whether there were rows after it.
  size_t turn_ = 0;
};

}  // namespace weir
