// What can be seen of a job and of the cluster: values that ClusterApi answers, without a form.
// api.h makes JSON of them, metrics.h figures, and the commands of runtime/cli tables.
//
// Times are microseconds of the wall clock (UTC), durations microseconds, sizes bytes. Plain
// values: any thread.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/plan/plan.h"
#include "engine/time/hold.h"
#include "runtime/messages/memory_share.h"
#include "runtime/messages/task_report.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class JobState {
  kWaiting,     // For slots, or for its former tasks to have ended. JobView::reason says which.
  kStarting,    // Tasks are made, output is replayed, state is restored.
  kRunning,     //
  kRestarting,  // After an error: JobView::reason.
  kStopping,    // It takes its last checkpoint.
  kFinished,    // It has read all its input.
  kStopped,     // With a last checkpoint; it can be continued.
  kCancelled,   // At once, without one.
  kFailed,      // JobView::reason.
};

inline constexpr JobState kJobStates[] = {
    JobState::kWaiting,    JobState::kStarting,  JobState::kRunning,
    JobState::kRestarting, JobState::kStopping,  JobState::kFinished,
    JobState::kStopped,    JobState::kCancelled, JobState::kFailed};

// "waiting", "starting", ...
std::string_view state_name(JobState state);

// Whether the job is over, and its name free.
bool has_ended(JobState state);

// A step of the job's plan.
struct StepView {
  std::string id;    // StagePlan::id
  std::string kind;  // step_kind: "source, kafka", "window aggregate, partial"
  bool is_source = false;
  bool is_sink = false;
  uint32_t parallelism = 1;

  bool operator==(const StepView&) const = default;
};

// In the order of the plan.
std::vector<StepView> steps_of(const Plan& plan);

// One task: an instance of a chain of steps.
struct TaskView {
  uint32_t id = 0;        // TaskId
  uint32_t instance = 0;  // Of its chain, from 0.
  std::string worker;     // WorkerView::id of where it runs; empty: nowhere now.
  TaskReport report;      // Its newest. `stages` names its steps.

  bool operator==(const TaskView&) const = default;
};

// A checkpoint that is complete, or was given up.
struct CheckpointView {
  CheckpointId id;
  int64_t began_at = 0;
  int64_t duration = 0;          // From the order to the manifest, in microseconds.
  uint64_t bytes = 0;            // All that it names.
  std::optional<Error> failure;  // Set: given up, for this reason.

  bool operator==(const CheckpointView&) const = default;
};

// Memory of the job on one worker: what it may have, and what the worker's process had.
struct WorkerMemoryView {
  std::string worker;                // WorkerView::id
  std::optional<MemoryShare> share;  // Absent: nothing bounds it.
  uint64_t peak_bytes = 0;  // Highest own memory of the process, with all its jobs; 0: not known.

  bool operator==(const WorkerMemoryView&) const = default;
};

enum class SavepointState { kWaiting, kComplete, kFailed };

struct SavepointView {
  uint64_t id = 0;  // Within its job, from 1.
  SavepointState state = SavepointState::kWaiting;
  std::string path;  // What --from takes; known from the beginning.
  int64_t asked_at = 0;
  std::string reason;  // With kFailed.

  bool operator==(const SavepointView&) const = default;
};

struct RestartView {
  int64_t at = 0;
  std::string reason;

  bool operator==(const RestartView&) const = default;
};

// Sums over the tasks of the newest life, since it began.
struct JobTotals {
  uint64_t rows_read = 0;     // By its sources, accepted or not.
  uint64_t rows_written = 0;  // By its sinks.
  uint64_t state_bytes = 0;

  bool operator==(const JobTotals&) const = default;
};

// Over a few seconds, rows a second.
struct JobRates {
  double rows_read = 0;
  double rows_written = 0;

  bool operator==(const JobRates&) const = default;
};

struct JobView {
  std::string id;  // 8 hexadecimal digits, made by the coordinator
  std::string name;
  int64_t now = 0;  // Of the coordinator, when it answered.
  JobState state = JobState::kWaiting;
  std::string reason;  // Why it waits, restarts or has failed; empty otherwise.
  int64_t submitted_at = 0;
  int64_t since = 0;  // When `state` began.
  uint32_t parallelism = 1;
  uint64_t generation = 0;  // 0: no life of it has begun.
  std::vector<StepView> steps;
  std::vector<TaskView> tasks;  // Of the newest life, by TaskId; empty before it.
  // On the workers of the newest life, in the order of its instances; empty before it.
  std::vector<WorkerMemoryView> memory;
  JobRates rates;                   // Zero while it does not run.
  int64_t watermark = kMinTime;     // Lowest of the sources' tasks, idle ones apart.
  std::optional<uint64_t> backlog;  // Records known to be there and not yet read.
  uint64_t checkpoints = 0;         // Complete ones, since it was submitted.
  uint64_t checkpoints_given_up = 0;
  std::optional<CheckpointView> last_checkpoint;  // The newest complete one
  std::vector<SavepointView> savepoints;          // Those that somebody asked for, oldest first.
  std::vector<RestartView> restarts;              // Oldest first; the newest 100.
  uint64_t restarts_total = 0;

  bool operator==(const JobView&) const = default;
};

// Null if the job has no such step.
const StepView* find_step(const JobView& job, std::string_view id);

JobTotals totals_of(const JobView& job);

// Of one step, over all tasks.
StepCounters counters_of(const JobView& job, std::string_view step);

// What `after` has read and written more than `before`, `micros` earlier. A life that began between
// them counts from zero.
JobRates rates_between(const JobTotals& before, const JobTotals& after, int64_t micros);

// A change of the job's state, for its history.
struct JobEvent {
  int64_t at = 0;
  JobState state = JobState::kWaiting;
  uint64_t generation = 0;
  std::string reason;  // One line; may be empty.

  bool operator==(const JobEvent&) const = default;
};

// A task whose output has no room, or that is slow itself.
struct PressureView {
  std::string step;  // Last step of the chain
  uint32_t instance = 0;
  std::string worker;
  std::string text;  // "takes 2,000 rows/s, 80 % of its time in window_sum"

  bool operator==(const PressureView&) const = default;
};

// What a job waits for.
struct WhyView {
  int64_t now = 0;  // Of the coordinator, when it answered.
  int64_t watermark = kMinTime;
  std::optional<Hold> hold;           // who_holds(splits, now)
  std::vector<SplitStanding> splits;  // Of all sources with event time, by table and split.
  // A checkpoint under way, and what it waits for: "barrier of task 3 (count#1) on worker 2". Empty
  // if there is none.
  std::string checkpoint;
  std::vector<std::string> checkpoint_waits_for;
  std::vector<PressureView> pressure;  // Where it begins comes first; empty: nothing is slowed.

  bool operator==(const WhyView&) const = default;
};

// What will run, in the forms of `weir explain`. Values of options that are secrets (passwords) are
// not in it.
struct PlanView {
  std::string text;  // explain_text
  std::string json;  // to_json of the JobGraph: a graph file
  std::string dot;   // explain_dot

  bool operator==(const PlanView&) const = default;
};

PlanView plan_view(const JobGraph& graph, const Plan& plan);

struct WorkerView {
  std::string id;  // Its number in this term, in decimal
  std::string exchange_address;
  std::string http_address;  // Empty: it serves none.
  std::string version;
  uint32_t slots = 0;
  uint32_t slots_used = 0;
  uint64_t memory = 0;     // Bytes; 0: not said.
  bool suspected = false;  // Its connection broke, and its lease has not run out yet.
  int64_t joined_at = 0;
  int64_t lease_left = 0;  // Microseconds until it is certain to have stopped.

  bool operator==(const WorkerView&) const = default;
};

struct ClusterView {
  std::string version;  // Of the engine
  uint64_t term = 0;    // Of the coordinator that leads
  bool is_leader = true;
  std::string leader;  // Address of the control port; empty: nobody leads now.
  int64_t since = 0;   // When this coordinator began to lead, or to stand by.
  std::vector<WorkerView> workers;

  bool operator==(const ClusterView&) const = default;
};

}  // namespace weir
