// The part of JobControl that says how the job is.
#include "engine/plan/numbering.h"
#include "runtime/coordinator/job_control.h"
#include "runtime/messages/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace weir {
namespace {

constexpr size_t kCheckpointsShown = 200;
constexpr size_t kEventsShown = 1'000;
constexpr int64_t kRateMicros = 2'000'000;

}  // namespace

std::optional<SavepointView> JobControl::stop(const std::string& savepoint_folder) {
  std::optional<SavepointView> asked;
  {
    const std::lock_guard lock(mutex_);
    const bool is_first = last_savepoint_ == 0 && !savepoint_folder.empty();
    if (is_first) last_savepoint_ = add_savepoint(savepoint_folder);
    stopping_ = true;
    if (outcome_.has_value()) give_up_savepoints();
    if (last_savepoint_ != 0) asked = savepoint_view(last_savepoint_);
  }
  tell(job::StopRequested{.save = asked.has_value()});
  return asked;
}

SavepointView JobControl::save(const std::string& folder) {
  SavepointView asked;
  {
    const std::lock_guard lock(mutex_);
    const uint64_t id = add_savepoint(folder);
    if (outcome_.has_value()) give_up_savepoints();
    asked = savepoint_view(id);
  }
  tell(job::SavepointRequested{asked.id});
  return asked;
}

uint64_t JobControl::add_savepoint(const std::string& folder) {
  const uint64_t id = view_.savepoints.size() + 1;
  view_.savepoints.push_back({.id = id, .path = folder, .asked_at = wall_clock_micros()});
  return id;
}

// There is no checkpoint to come that they could be made of.
void JobControl::give_up_savepoints() {
  const bool may_say_why = outcome_ == job::Outcome::kFailed || outcome_ == job::Outcome::kStopped;
  const bool says_why = may_say_why && failure_.has_value();
  for (SavepointView& view : view_.savepoints) {
    if (view.state != SavepointState::kWaiting) continue;
    view.state = SavepointState::kFailed;
    view.reason = says_why ? failure_->message : "the job ended before it could be taken";
  }
}

JobState JobControl::state() const {
  if (outcome_.has_value()) {
    switch (*outcome_) {
      case job::Outcome::kFinished: return JobState::kFinished;
      case job::Outcome::kStopped: return JobState::kStopped;
      case job::Outcome::kCancelled:
      case job::Outcome::kStoodDown: return JobState::kCancelled;
      case job::Outcome::kFailed: return JobState::kFailed;
    }
  }
  switch (machine_.phase()) {
    case job::Phase::kWaiting:
      // For slots that it does not get, whatever it was that ended the last life.
      return machine_.failures() != 0 && machine_.trouble().empty() ? JobState::kRestarting
                                                                    : JobState::kWaiting;
    case job::Phase::kFencing:
    case job::Phase::kStopping:
    case job::Phase::kLooking:
    case job::Phase::kBasing:
    case job::Phase::kConfirming:
    case job::Phase::kReplaying:
    case job::Phase::kMarking:
    case job::Phase::kPreparing:
    case job::Phase::kStarting: return JobState::kStarting;
    case job::Phase::kAsking:
    case job::Phase::kPausing: return JobState::kRestarting;
    case job::Phase::kRunning: return stopping_ ? JobState::kStopping : JobState::kRunning;
    case job::Phase::kSaving:
    case job::Phase::kEnding:
    case job::Phase::kOver: return JobState::kStopping;
  }
  unreachable();
}

// Tells who follows the job when its state, or the reason of it, is another one.
void JobControl::show() {
  JobEvent event;
  {
    const std::lock_guard lock(mutex_);
    const JobState state = this->state();
    const bool is_failing = state == JobState::kFailed || state == JobState::kRestarting;
    std::string reason = machine_.trouble();
    if (is_failing && failure_.has_value()) reason = failure_->message;
    if (!events_.empty() && state == view_.state && reason == view_.reason) return;
    if (state != view_.state || events_.empty()) view_.since = wall_clock_micros();
    view_.state = state;
    view_.reason = reason;
    event = {wall_clock_micros(), state, view_.generation, reason};
    events_.push_back(event);
    if (events_.size() > kEventsShown) events_.pop_front();
  }
  port_.changed(event);
}

void JobControl::show_memory(PeerIndex from, const report::Prepared& prepared) {
  const std::lock_guard lock(mutex_);
  view_.memory.at(from.value()).share = prepared.memory;
}

void JobControl::show_progress(PeerIndex from, const report::Progress& progress) {
  const std::lock_guard lock(mutex_);
  view_.memory.at(from.value()).peak_bytes = progress.peak_memory_bytes;
  const std::vector<TaskPlace> places = task_places(running_->plan);
  report::Progress known = progress;
  std::erase_if(known.tasks, [&](const auto& task) { return task.first >= places.size(); });
  for (const auto& [id, report] : known.tasks) reports_[id] = report;
  pressure_.take_in(known.tasks, monotonic_micros());
  view_.tasks.clear();
  for (const auto& [id, report] : reports_) {
    const WorkerId worker = running_->peers[running_->placement[id].value()];
    view_.tasks.push_back({.id = id,
                           .instance = places[id].instance,
                           .worker = fmt::format("{}", worker.value()),
                           .report = report});
  }
  const JobReport report = job_report(running_->plan, reports_);
  view_.watermark = report.watermark;
  view_.backlog = report.backlog;
  const int64_t now = monotonic_micros();
  if (now - totals_at_ < kRateMicros) return;
  const JobTotals totals = totals_of(view_);
  if (totals_at_ != 0) view_.rates = rates_between(totals_before_, totals, now - totals_at_);
  totals_before_ = totals;
  totals_at_ = now;
}

void JobControl::note_checkpoints(const CheckpointControl& checkpoints) {
  const std::lock_guard lock(mutex_);
  const CheckpointMachine& machine = checkpoints.machine();
  awaited_ = {machine.phase(), machine.tasks_awaited(), machine.slots_awaited()};
  const auto note = [&](CheckpointId id, int64_t began_us, int64_t duration_us) -> CheckpointView& {
    const int64_t began = wall_clock_micros() - (monotonic_micros() - began_us);
    checkpoints_.push_front({.id = id, .began_at = began, .duration = duration_us});
    if (checkpoints_.size() > kCheckpointsShown) checkpoints_.pop_back();
    return checkpoints_.front();
  };
  if (checkpoints.totals().given_up > given_up_) {
    given_up_ = checkpoints.totals().given_up;
    ++view_.checkpoints_given_up;
    const GivenUp& given_up = *checkpoints.given_up();
    note(given_up.id, given_up.began_us, given_up.duration_us).failure = given_up.reason;
  }
  const std::optional<LastCheckpoint>& last = checkpoints.last();
  if (!last.has_value()) return;
  if (view_.last_checkpoint.has_value() && view_.last_checkpoint->id == last->id) return;
  CheckpointView& view = note(last->id, last->began_us, last->duration_us);
  view.bytes = last->bytes;
  view_.last_checkpoint = view;
  ++view_.checkpoints;
}

JobView JobControl::view() const {
  const std::lock_guard lock(mutex_);
  JobView view = view_;
  view.now = wall_clock_micros();
  if (view.state != JobState::kRunning && view.state != JobState::kStopping) view.rates = {};
  return view;
}

std::vector<PressureView> JobControl::pressure_views() const {
  const std::vector<TaskPlace> places = task_places(running_->plan);
  std::vector<PressureView> views;
  for (const TaskLoad& load : pressure_.slowed(running_->plan)) {
    const TaskPlace& place = places[load.task];
    const WorkerId worker = running_->peers[running_->placement[load.task].value()];
    const bool is_held_up = load.blocked > load.busy;
    views.push_back({.step = running_->plan.chains[place.chain].stages.back().id,
                     .instance = place.instance,
                     .worker = fmt::format("{}", worker.value()),
                     .text = is_held_up
                                 ? fmt::format("has no room for its output {:.0f} % of the time",
                                               load.blocked * 100)
                                 : fmt::format("takes {:.0f} rows/s, at work {:.0f} % of the time",
                                               load.rows_in, load.busy * 100)});
  }
  return views;
}

WhyView JobControl::why() const {
  WhyView why;
  const std::lock_guard lock(mutex_);
  why.now = wall_clock_micros();
  why.watermark = view_.watermark;
  for (const TaskView& task : view_.tasks) {
    why.splits.insert(why.splits.end(), task.report.splits.begin(), task.report.splits.end());
  }
  std::sort(why.splits.begin(), why.splits.end(), [](const auto& a, const auto& b) {
    return std::tie(a.table, a.split) < std::tie(b.table, b.split);
  });
  why.hold = who_holds(why.splits, why.now);
  if (running_ != nullptr && view_.state == JobState::kRunning) why.pressure = pressure_views();
  if (running_ == nullptr || awaited_.phase == checkpoint::Phase::kIdle) return why;
  why.checkpoint = to_text(awaited_.phase);
  const std::vector<TaskPlace> places = task_places(running_->plan);
  for (const TaskId task : awaited_.tasks) {
    const TaskPlace& place = places[task.value()];
    const WorkerId worker = running_->peers[running_->placement[task.value()].value()];
    why.checkpoint_waits_for.push_back(fmt::format(
        "barrier of task {} ({}#{}) on worker {}", task.value(),
        running_->plan.chains[place.chain].stages.back().id, place.instance, worker.value()));
  }
  const std::vector<SlotPlace> slots = slot_places(running_->plan);
  for (const SlotIndex slot : awaited_.slots) {
    const SlotPlace& place = slots[slot.value()];
    why.checkpoint_waits_for.push_back(
        fmt::format("delivery of {}, slot {}", place.sink, place.slot));
  }
  return why;
}

std::vector<CheckpointView> JobControl::checkpoints() const {
  const std::lock_guard lock(mutex_);
  return {checkpoints_.begin(), checkpoints_.end()};
}

std::vector<JobEvent> JobControl::events() const {
  const std::lock_guard lock(mutex_);
  return {events_.begin(), events_.end()};
}

PlanView JobControl::plan() const {
  uint32_t parallelism = 1;
  {
    const std::lock_guard lock(mutex_);
    parallelism = view_.parallelism;
  }
  const PlannedJob job = planned(parallelism);
  return plan_view(job.graph, make_plan(job.graph, job.options));
}

TaskReports JobControl::reports() const {
  const std::lock_guard lock(mutex_);
  return reports_;
}

std::optional<CheckpointTotals> JobControl::checkpoint_totals() const {
  const std::lock_guard lock(mutex_);
  if (!has_epochs_) return std::nullopt;
  return CheckpointTotals{view_.checkpoints, view_.checkpoints_given_up};
}

std::string JobControl::lineage() const {
  const std::lock_guard lock(mutex_);
  return lineage_;
}

std::optional<CheckpointId> JobControl::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::optional<Error> JobControl::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::optional<CheckpointId> JobControl::restored_from() const {
  const std::lock_guard lock(mutex_);
  return restored_from_;
}

}  // namespace weir
