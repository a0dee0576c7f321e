#include "runtime/task/task.h"

#include "engine/base/fail_point.h"
#include "operators/project.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// A sink that refuses rows is asked again after this long even if it does not call.
constexpr int64_t kSinkRetryMicros = 10'000;
// State that is not in memory yet is asked for again after this long.
constexpr int64_t kStateRetryMicros = 500;
// A source that waits until output was delivered looks again after this long.
constexpr int64_t kOutputRetryMicros = 2'000;
// Stages that make time by the wall clock are asked at least so often: it may be set.
constexpr int64_t kTellMicros = 1'000'000;

}  // namespace

// Where a stage's results go: into the inboxes of later stages, or out over an edge.
class Task::StageOutput : public Output {
 public:
  StageOutput(Task& task, const StagePlan& plan) : task_(task), plan_(plan) {
    emitted_.resize(plan.outputs.size());
  }

  void emit(Port port, RecordBatch batch) override {
    CHECK(batch.size() != 0);
    CHECK(port.value() < plan_.outputs.size());
    emitted_[port.value()] += batch.size();
    if (task_.parts_.source != nullptr) task_.parts_.source->note_width(batch);
    const std::vector<Target>& targets = plan_.outputs[port.value()].targets;
    for (size_t i = 0; i < targets.size(); ++i) {
      const bool last = i + 1 == targets.size();
      deliver(targets[i], last ? std::move(batch) : RecordBatch(batch));
    }
  }

  bool is_open(Port port) const override {
    return port.value() < plan_.outputs.size() && !plan_.outputs[port.value()].targets.empty();
  }

  const std::vector<uint64_t>& emitted() const { return emitted_; }

 private:
  void deliver(const Target& target, RecordBatch batch) {
    if (const StageTarget* stage = std::get_if<StageTarget>(&target)) {
      task_.stages_[stage->stage].inbox.push_back({stage->port, std::move(batch)});
      return;
    }
    task_.gate_of(std::get<EdgeTarget>(target).edge).send(std::move(batch));
  }

  Task& task_;
  const StagePlan& plan_;
  std::vector<uint64_t> emitted_;
};

Task::Task(const ChainPlan& chain, TaskParts parts) : chain_(chain), parts_(std::move(parts)) {
  CHECK(parts_.operators.size() == chain_.stages.size());
  stages_.resize(chain_.stages.size());
  for (size_t i = 0; i < stages_.size(); ++i) {
    stages_[i].plan = &chain_.stages[i];
    stages_[i].op = parts_.operators[i].get();
    stages_[i].output = std::make_unique<StageOutput>(*this, chain_.stages[i]);
    if (std::holds_alternative<ProcessingTimeSpec>(chain_.stages[i].spec)) {
      stages_[i].told = kMinTime;
    }
    if (auto* sink = dynamic_cast<SinkStage*>(stages_[i].op)) sinks_.push_back(sink);
  }
  stages_open_ = stages_.size();
  publish_report(0);
}

Task::~Task() = default;

Result<StepResult> Task::step(Instant now) {
  wake_at_.reset();
  tell_at_.reset();
  if (!has_room(now)) {
    if (!blocked_since_.has_value()) blocked_since_ = now.monotonic;
    if (parts_.source != nullptr) parts_.source->pause();
    return StepResult::kWaiting;
  }
  if (blocked_since_.has_value()) {
    blocked_micros_ += now.monotonic - *std::exchange(blocked_since_, {});
  }
  if (!barrier_.has_value()) tell_time(now);
  if (elements_begun_ == 0) TRY(parts_.state->make_room());
  const std::optional<StepResult> worked = TRY(work(now));
  if (worked.has_value()) return *worked;
  if (stages_open_ == 0) return finished();
  return take_input(now);
}

void Task::take_checkpoints(CheckpointId next, bool with_state, Taken taken) {
  with_state_ = with_state;
  next_ = next;
  taken_ = std::move(taken);
  for (SinkStage* sink : sinks_) sink->begin(next);
  size_t channels = 0;
  for (const InputGate& gate : parts_.gates) channels += gate.channels();
  if (channels == 0) return;
  aligner_.emplace(channels);
  aligner_->cancel(Epoch(next.epoch.value() - 1));
  size_t first = 0;
  for (InputGate& gate : parts_.gates) {
    gate.align_by(&*aligner_, first);
    first += gate.channels();
  }
}

void Task::restore(const std::map<std::string, int64_t>& watermarks) {
  const auto restored = [&](size_t stage) {
    const auto found = watermarks.find(stages_[stage].plan->id);
    return found == watermarks.end() ? kMinTime : found->second;
  };
  if (parts_.source != nullptr) parts_.source->restore(restored(0));
  for (size_t i = 0; i < parts_.gates.size(); ++i) {
    parts_.gates[i].restore(restored(parts_.gate_stages[i]));
  }
}

void Task::inject(Epoch epoch, bool last) {
  last_.store(last, std::memory_order_relaxed);
  injected_.store(epoch.value(), std::memory_order_release);
}

void Task::cancel(Epoch epoch) { cancelled_.store(epoch.value(), std::memory_order_release); }

std::optional<int64_t> Task::wake_at() const {
  if (!wake_at_.has_value()) return tell_at_;
  return tell_at_.has_value() ? std::min(*wake_at_, *tell_at_) : wake_at_;
}

// Stages that make time by the clock say what it is, also while no rows come.
void Task::tell_time(Instant now) {
  for (size_t i = 0; i < stages_.size(); ++i) {
    Stage& stage = stages_[i];
    if (!stage.told.has_value() || *stage.told == kMaxTime) continue;
    const std::optional<ClockTime> time = stage.op->clock_time(now.wall);
    CHECK(time.has_value());
    const int64_t within = std::clamp<int64_t>(time->until - now.wall, 0, kTellMicros);
    tell_at_ = std::min(tell_at_.value_or(kMaxTime), now.monotonic + within);
    if (time->watermark <= *stage.told) continue;
    stage.told = time->watermark;
    send_on(i, Watermark{time->watermark});
  }
}

bool Task::has_room(Instant now) {
  bool room = true;
  for (const auto& gate : parts_.outputs) room = gate->has_room() && room;
  for (SinkStage* sink : sinks_) {
    if (sink->has_room()) continue;
    room = false;
    sink->give_room();  // Asked again at the next step, woken or not.
    wake_at_ = now.monotonic + kSinkRetryMicros;
  }
  return room;
}

Result<std::optional<StepResult>> Task::work(Instant now) {
  for (size_t i = stages_.size(); i-- > 0;) {
    Stage& stage = stages_[i];
    if (stage.inbox.empty()) continue;
    Waiting& waiting = stage.inbox.front();
    if (!waiting.prefetched) {
      if (stage.op->prefetch(waiting.port, waiting.element) == Readiness::kPending) {
        TRY(parts_.state->residency_status());
        wake_at_ = now.monotonic + kStateRetryMicros;
        return std::optional(StepResult::kWaiting);
      }
      waiting.prefetched = true;
    }
    const Progress progress =
        TRY(stage.op->process(waiting.port, waiting.element, now.wall, *stage.output));
    waiting.prefetched = false;
    const bool holds_rows =
        progress == Progress::kMore &&
        (std::holds_alternative<RecordBatch>(waiting.element) || !stage.op->rows_may_leave());
    elements_begun_ += holds_rows;
    elements_begun_ -= std::exchange(waiting.begun, holds_rows);
    if (progress == Progress::kMore) {
      TRY(parts_.state->residency_status());
      return std::optional(StepResult::kProgress);
    }
    Element element = std::move(waiting.element);
    stage.inbox.pop_front();
    if (!std::holds_alternative<RecordBatch>(element)) pass_on(i, std::move(element));
    return std::optional(StepResult::kProgress);
  }
  return std::optional<StepResult>();
}

// A mark that a stage is done with goes on; a watermark less what the stage holds it back by, and
// none but the last through a stage that tells time itself.
void Task::pass_on(size_t index, Element mark) {
  Watermark* watermark = std::get_if<Watermark>(&mark);
  if (watermark != nullptr && watermark->time != kMaxTime && stages_[index].op != nullptr) {
    watermark->time = minus_saturated(watermark->time, stages_[index].op->hold_back());
  }
  if (std::holds_alternative<Barrier>(mark)) return;  // take_barrier() sends it on.
  if (std::holds_alternative<EndOfStream>(mark)) --stages_open_;
  std::optional<int64_t>& told = stages_[index].told;
  if (told.has_value()) {
    if (std::holds_alternative<Idle>(mark)) return;
    if (watermark != nullptr && watermark->time != kMaxTime) return;
    if (watermark != nullptr || std::holds_alternative<EndOfStream>(mark)) told = kMaxTime;
  }
  send_on(index, mark);
}

// To whatever is connected to any of its ports, once to each.
void Task::send_on(size_t index, const Element& mark) {
  for (const OutputPlan& output : stages_[index].plan->outputs) {
    for (const Target& target : output.targets) {
      if (const StageTarget* stage = std::get_if<StageTarget>(&target)) {
        stages_[stage->stage].inbox.push_back({stage->port, mark});
      } else {
        gate_of(std::get<EdgeTarget>(target).edge).send_mark(mark);
      }
    }
  }
}

Result<StepResult> Task::take_input(Instant now) {
  if (taken_ && !barrier_.has_value()) obey_orders();
  if (barrier_.has_value()) return take_barrier();
  if (input_ended_ || reads_no_more_) return drained();
  if (parts_.source != nullptr) return take_from_source(now);
  for (size_t i = 0; i < parts_.gates.size(); ++i) {
    std::optional<GateElement> next = parts_.gates[i].next();
    if (!next.has_value()) continue;
    const size_t stage = parts_.gate_stages[i];
    if (std::holds_alternative<Watermark>(next->element)) {
      watermark_ = std::max(watermark_, std::get<Watermark>(next->element).time);
    }
    stages_[stage].inbox.push_back({next->port, std::move(next->element)});
    return StepResult::kProgress;
  }
  if (aligner_.has_value()) barrier_ = aligner_->aligned();
  return barrier_.has_value() ? StepResult::kProgress : drained();
}

// What was ordered since the last look: that of an epoch which was cancelled meanwhile is void.
void Task::obey_orders() {
  const uint64_t cancelled = cancelled_.load(std::memory_order_acquire);
  if (aligner_.has_value()) {
    if (cancelled > aligner_->last().value()) aligner_->cancel(Epoch(cancelled));
    barrier_ = aligner_->aligned();
    return;
  }
  const uint64_t injected = injected_.load(std::memory_order_acquire);
  if (injected >= next_.epoch.value() && injected > cancelled) barrier_ = Epoch(injected);
}

Result<StepResult> Task::take_barrier() {
  const Epoch epoch = *barrier_;
  CHECK(epoch >= next_.epoch);
  // One stage after the other: what it emits is worked off before the next one is asked.
  while (barrier_stage_ < stages_.size()) {
    Stage& stage = stages_[barrier_stage_++];
    if (stage.op == nullptr) continue;
    stage.inbox.push_back({kRowsPort, Barrier{epoch}});
    return StepResult::kProgress;
  }
  barrier_stage_ = 0;
  barrier_.reset();
  next_.epoch = Epoch(epoch.value() + 1);
  reads_no_more_ = parts_.source != nullptr && last_.load(std::memory_order_relaxed);
  FAIL_POINT("task.barrier_come");
  taken_(TRY(checkpoint_of(epoch, false)));
  FAIL_POINT("task.reported");
  for (const auto& gate : parts_.outputs) gate->send_mark(Barrier{epoch});
  return StepResult::kProgress;
}

Result<StepResult> Task::finished() {
  FAIL_POINT("task.ended");
  if (taken_ && !final_taken_) taken_(TRY(checkpoint_of(next_.epoch, true)));
  final_taken_ = true;
  return StepResult::kFinished;
}

void Task::give_back(FrozenMemory memory) {
  memory.clear();
  const std::lock_guard lock(mutex_);
  spare_ = std::move(memory);
}

FrozenMemory Task::take_memory() {
  const std::lock_guard lock(mutex_);
  return std::exchange(spare_, {});
}

Result<TaskCheckpoint> Task::checkpoint_of(Epoch epoch, bool final) {
  TaskCheckpoint taken{.epoch = epoch, .final = final};
  if (parts_.source != nullptr) {
    parts_.source->save_positions(parts_.state->splits());
    taken.watermarks[stages_[0].plan->id] = parts_.source->watermark();
  }
  for (size_t i = 0; i < parts_.gates.size(); ++i) {
    taken.watermarks[stages_[parts_.gate_stages[i]].plan->id] = parts_.gates[i].watermark();
  }
  taken.splits = parts_.state->splits();
  if (with_state_ && parts_.state->has_tables()) {
    const bool whole = saves_whole_.exchange(false, std::memory_order_relaxed);
    const Freeze what = whole ? Freeze::kWhole : Freeze::kChanges;
    taken.state = TRY(parts_.state->freeze(what, take_memory()));
  }
  for (SinkStage* sink : sinks_) taken.segments.push_back(*sink->sealed());
  for (const size_t edge : chain_.inputs) {
    taken.rows.push_back(
        {.edge = EdgeIndex(static_cast<uint32_t>(edge)), .received = rows_received(edge)});
  }
  for (const size_t edge : chain_.outputs) {
    taken.rows.push_back({.edge = EdgeIndex(static_cast<uint32_t>(edge)), .sent = rows_sent(edge)});
  }
  return taken;
}

Result<StepResult> Task::take_from_source(Instant now) {
  if (parts_.output != nullptr && parts_.output->is_full()) {
    parts_.source->pause();
    wake_at_ = now.monotonic + kOutputRetryMicros;
    return drained();
  }
  const SourceStep step = TRY(parts_.source->step(now, *stages_[0].output));
  const bool ended = step.progress == SourceProgress::kEnd;
  pass_on_time(step.progress == SourceProgress::kRows);
  if (ended) {
    input_ended_ = true;
    pass_on(0, EndOfStream{});
    return StepResult::kProgress;
  }
  if (step.progress == SourceProgress::kRows) return StepResult::kProgress;
  wake_at_ = step.wake_at;
  return drained();
}

// A watermark says that the source is awake again, even if it is the last one once more. So do
// rows: if they were the last of their split the source may be idle still, and must say so again.
void Task::pass_on_time(bool after_rows) {
  const bool is_idle = parts_.source->is_idle();
  if (parts_.source->watermark() > watermark_ || (idle_ && !is_idle)) {
    watermark_ = parts_.source->watermark();
    pass_on(0, Watermark{watermark_});
    idle_ = false;
  }
  if (is_idle && (!idle_ || after_rows)) pass_on(0, Idle{});
  idle_ = is_idle;
}

Result<StepResult> Task::drained() {
  for (SinkStage* sink : sinks_) TRY(sink->drained());
  return StepResult::kWaiting;
}

OutputGate& Task::gate_of(size_t edge) {
  for (const auto& gate : parts_.outputs) {
    if (gate->edge() == edge) return *gate;
  }
  unreachable();
}

TaskReport Task::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void Task::publish_report(int64_t now) {
  TaskReport report = make_report();
  if (blocked_since_.has_value()) report.blocked_micros += now - *blocked_since_;
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

void Task::publish_last_report() {
  TaskReport report = make_report();
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

TaskReport Task::make_report() const {
  TaskReport report;
  for (size_t i = 0; i < stages_.size(); ++i) {
    const Stage& stage = stages_[i];
    StageReport& entry = report.stages.emplace_back();
    entry.id = stage.plan->id;
    entry.emitted = stage.output->emitted();
    if (i == 0 && parts_.source != nullptr) {
      const Ingest& ingest = parts_.source->ingest();
      entry.counters = ingest.counters();
      entry.bad_by_label = ingest.bad_decode().counts();
      for (const auto& [label, rows] : ingest.bad_contract().counts()) {
        entry.bad_by_label[label] += rows;
      }
      report.backlog = parts_.source->backlog();
      report.idle = parts_.source->is_idle();
      report.splits = parts_.source->standings();
      report.records_lost = parts_.source->records_lost();
    } else {
      entry.counters = stage.op->counters();
      if (const auto* project = dynamic_cast<const Project*>(stage.op)) {
        entry.bad_by_label = project->bad_rows().counts();
      }
      if (const auto* writes = dynamic_cast<const SinkStage*>(stage.op)) {
        entry.written = writes->totals();
      }
    }
  }
  for (size_t i = 0; i < parts_.gates.size(); ++i) {
    report.stages[parts_.gate_stages[i]].counters.lifted += parts_.gates[i].rows_lifted();
  }
  report.watermark = watermark_;
  report.state_bytes = parts_.state->bytes();
  report.busy_micros = busy_micros_;
  report.blocked_micros = blocked_micros_;
  for (const size_t edge : chain_.outputs) {
    report.rows_sent[static_cast<uint32_t>(edge)] = rows_sent(edge);
  }
  for (const size_t edge : chain_.inputs) {
    report.rows_received[static_cast<uint32_t>(edge)] = rows_received(edge);
  }
  return report;
}

uint64_t Task::rows_sent(size_t edge) const {
  for (const auto& gate : parts_.outputs) {
    if (gate->edge() == edge) return gate->rows_sent();
  }
  return 0;
}

uint64_t Task::rows_received(size_t edge) const {
  uint64_t sum = 0;
  for (const InputGate& gate : parts_.gates) sum += gate.rows_received(edge);
  return sum;
}

}  // namespace weir
