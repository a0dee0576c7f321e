// A Task is one instance of a chain of operators: the thing that steps.
//
// step() does one small piece of work: it lets the last stage that has something to do process one
// element, or takes one new element from the input. It knows no thread and no clock (it is told the
// time), so that a simulator can drive it. Backpressure is one line: while the output has no room,
// nothing is done.
//
// Barriers come over its channels, or by order where it reads a source. When one has come on all
// inputs the task hands over what the checkpoint needs of it (task_checkpoint.h) and sends the
// barrier on: at that point it has worked off all that came before, and has taken nothing after.
//
// Used by one thread; inject(), save_whole(), give_back(), cancel() and report() may be called by
// any.
#pragma once

#include "engine/plan/plan.h"
#include "operators/operator.h"
#include "runtime/messages/task_report.h"
#include "runtime/task/input_gate.h"
#include "runtime/task/output_gate.h"
#include "runtime/task/sink_stage.h"
#include "runtime/task/source_stage.h"
#include "runtime/task/task_checkpoint.h"

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir {

enum class StepResult {
  kProgress,  // Call again.
  kWaiting,   // Nothing to do until woken, or until wake_at().
  kFinished,  // The stream has ended, and so has the task.
};

// The parts that a task is made of; the builder (runtime/task/job.cc) fills it.
struct TaskParts {
  std::string name;  // "chain ids [instance]", for messages
  std::unique_ptr<TaskState> state;
  std::unique_ptr<SourceStage>
      source;  // Instead of stage 0's operator; null where the input is a gate.
  std::vector<std::unique_ptr<Operator>> operators;  // One a stage; null for a source stage.
  std::vector<InputGate> gates;                      // One for each stage that edges end in, and
  std::vector<size_t> gate_stages;                   // the stage it feeds.
  std::vector<std::unique_ptr<OutputGate>> outputs;
  const OutputBudget* output = nullptr;  // A source pauses while it is full. Null: none looks.
};

class Task {
 public:
  // `chain` is the plan's; it outlives the task.
  Task(const ChainPlan& chain, TaskParts parts);
  ~Task();

  Result<StepResult> step(Instant now);
  // With kWaiting: when to step again even if nobody wakes the task. Monotonic, microseconds.
  std::optional<int64_t> wake_at() const;

  // Has the task take part in checkpoints of this generation, `next` first: `taken` is called by
  // the task's thread and must be quick. Without state they hold only its output. Before it runs.
  using Taken = std::function<void(TaskCheckpoint)>;
  void take_checkpoints(CheckpointId next, bool with_state, Taken taken);
  // Goes on from where a checkpoint left the task, whose state was restored before. Before it runs.
  void restore(const std::map<std::string, int64_t>& watermarks);

  // A source begins the epoch before it reads again, and reads nothing after it if it is the last.
  // Safe from any thread.
  void inject(Epoch epoch, bool last);
  // Hands over all of its state at the next barrier, as at the first; else what changed since the
  // barrier before. Safe from any thread.
  void save_whole() { saves_whole_.store(true, std::memory_order_relaxed); }
  // Memory that a copy of its state was in: for the next one. Safe from any thread.
  void give_back(FrozenMemory memory);
  // Does not wait for the barrier of this epoch any longer. Safe from any thread.
  void cancel(Epoch epoch);

  const std::string& name() const { return parts_.name; }
  SourceStage* source() { return parts_.source.get(); }
  // Stages that write tables.
  const std::vector<SinkStage*>& sinks() const { return sinks_; }
  const TaskState& state() const { return *parts_.state; }
  TaskState& state() { return *parts_.state; }
  const ChainPlan& chain() const { return chain_; }

  // So long it was at work, for report(). By the task's thread.
  void add_busy(int64_t micros) { busy_micros_ += micros; }
  // What it has done, as of a moment ago while it runs. Safe from any thread.
  TaskReport report() const;
  // Refreshes report(). By the task's thread. `now`: monotonic.
  void publish_report(int64_t now);
  // The same, once it runs no more. By any thread.
  void publish_last_report();

  // Rows sent and received by edge. REQUIRES: the task does not run.
  uint64_t rows_sent(size_t edge) const;
  uint64_t rows_received(size_t edge) const;

 private:
  class StageOutput;

  struct Waiting {
    Port port;
    Element element;
    bool prefetched = false;
    bool begun = false;  // In work, and no row of the state may leave memory.
  };
  struct Stage {
    const StagePlan* plan;
    Operator* op = nullptr;
    std::deque<Waiting> inbox;
    // Of a stage that tells time by the clock: the watermark it passed on last; kMaxTime once it
    // has no more to say. Absent of others.
    std::optional<int64_t> told;
    std::unique_ptr<StageOutput> output;
  };

  bool has_room(Instant now);
  // Processes one element of the last stage that has any; nothing if none has.
  Result<std::optional<StepResult>> work(Instant now);
  Result<StepResult> take_input(Instant now);
  Result<StepResult> finished();
  void obey_orders();
  TaskReport make_report() const;
  Result<StepResult> take_barrier();
  Result<TaskCheckpoint> checkpoint_of(Epoch epoch, bool final);
  FrozenMemory take_memory();
  Result<StepResult> take_from_source(Instant now);
  void pass_on_time(bool after_rows);
  void pass_on(size_t stage, Element mark);
  void send_on(size_t stage, const Element& mark);
  void tell_time(Instant now);
  Result<StepResult> drained();
  OutputGate& gate_of(size_t edge);

  const ChainPlan& chain_;
  TaskParts parts_;
  std::vector<Stage> stages_;
  std::vector<SinkStage*> sinks_;
  int64_t watermark_ = kMinTime;  // Of the source, as last sent.
  bool idle_ = false;             // The source has sent Idle, and nothing since.
  size_t stages_open_ = 0;        // That have not seen the end.
  bool input_ended_ = false;
  std::optional<int64_t> wake_at_;
  std::optional<int64_t> tell_at_;  // When a stage that tells time will say more.

  size_t elements_begun_ = 0;  // Of all stages.

  int64_t busy_micros_ = 0;
  int64_t blocked_micros_ = 0;            // Without room, and
  std::optional<int64_t> blocked_since_;  // since when (monotonic), if it has none now.

  Taken taken_;  // Empty: no checkpoints.
  bool with_state_ = false;
  std::atomic<bool> saves_whole_{true};
  CheckpointId next_;  // The first that was not taken.
  std::optional<BarrierAligner> aligner_;
  std::optional<Epoch> barrier_;  // Has come on all inputs, and was not sent on yet.
  size_t barrier_stage_ = 0;      // The stages before it have seen it.
  bool reads_no_more_ = false;    // The last barrier has been sent.
  bool final_taken_ = false;
  std::atomic<uint64_t> injected_{0};
  std::atomic<bool> last_{false};
  std::atomic<uint64_t> cancelled_{0};

  mutable std::mutex mutex_;
  TaskReport report_;   // Guarded by mutex_.
  FrozenMemory spare_;  // Guarded by mutex_.
};

}  // namespace weir
