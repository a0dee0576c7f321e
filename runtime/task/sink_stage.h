// The last stage of a chain: hands rows to a Sink, and seals its output when the stream ends.
//
// Owned by the task and used by its thread; the sink's wake-up may come from any.
#pragma once

#include "operators/connectors/sink.h"
#include "operators/operator.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace weir {

class SinkStage : public Operator {
 public:
  explicit SinkStage(std::unique_ptr<Sink> sink);

  Result<Progress> process(Port port, const Element& element, int64_t now, Output& out) override;

  // False while the sink has refused rows and not called since. The task's one look at backpressure
  // includes this.
  bool has_room() const { return has_room_.load(std::memory_order_acquire); }
  // Called by the sink, and by the task's clock now and then lest a wake-up is lost.
  void give_room() { has_room_.store(true, std::memory_order_release); }

  // The input is drained for now: push out what is buffered, so that a low rate means low delay.
  Status drained();

  Sink& sink() { return *sink_; }
  // What was sealed when the stream ended; to be delivered when the whole job has.
  const std::optional<Segment>& sealed() const { return sealed_; }

 private:
  const std::unique_ptr<Sink> sink_;
  std::atomic<bool> has_room_{true};
  size_t written_ = 0;  // Rows of the batch in work that the sink has taken.
  bool unflushed_ = false;
  std::optional<Segment> sealed_;
};

}  // namespace weir
