// The last stage of a chain: hands rows to a Sink, and seals its output at barriers and when the
// stream ends.
//
// Owned by the task and used by its thread; the sink's wake-up may come from any.
#pragma once

#include "operators/connectors/sink.h"
#include "operators/operator.h"
#include "runtime/task/output_budget.h"

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

  // Counts there what waits in memory, from when it is written until whoever delivers it subtracts
  // it. Before anything is written.
  void count_in(OutputBudget& output) { output_ = &output; }

  // What is written next belongs to this checkpoint. Before anything is.
  void begin(CheckpointId id) { next_ = id; }
  Sink& sink() { return *sink_; }
  std::optional<RowTotals> totals() const { return sink_->totals(); }
  // The last one that was sealed; to be delivered when its checkpoint is complete.
  const std::optional<Segment>& sealed() const { return sealed_; }

 private:
  // Ends the segment of checkpoint `id`, and begins that of the next epoch; false if the sink has
  // no room now: to be called again once it has.
  Result<bool> seal(CheckpointId id);
  void count(uint64_t unsealed);

  const std::unique_ptr<Sink> sink_;
  std::atomic<bool> has_room_{true};
  size_t written_ = 0;  // Rows of the batch in work that the sink has taken.
  bool unflushed_ = false;
  CheckpointId next_{Generation(1), Epoch(1)};
  std::optional<Segment> sealed_;
  OutputBudget* output_ = nullptr;  // Null: nobody counts.
  uint64_t counted_ = 0;            // Of what was not sealed yet.
};

}  // namespace weir
