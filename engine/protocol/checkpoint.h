// The coordinator's half of a checkpoint: what is ordered when, as a pure machine.
//
// One CheckpointMachine lives as long as one generation of a job. Its owner (the loop of the
// coordinator) hands it every event with the time, and performs the actions that it answers, in
// their order; it owns no thread, clock or socket, and one thread calls it. Times are microseconds
// of one monotonic clock.
//
// What the owner does for it:
// - Reports of tasks (state files, segments) are kept by the owner, by task and epoch. A manifest
//   names the reports that StoreManifest lists.
// - A task forgets what it reported only when it is told that a manifest holds it; all tasks hear
// of
//   CommitOutput. Until then each report of a task names again what it reported before, and one
//   that has finished says so again at each InjectBarriers: any message may be lost.
// - Orders may be repeated, and come late. One that is still being carried out is not begun a
// second
//   time; one of an epoch before the newest that a task heard of is dropped.
// - After Finished, RecoverJob or FailJob the machine is over: it answers nothing more.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

using SlotIndex = StrongId<struct SlotIndexTag, uint32_t>;  // A sink slot within one plan.
using EdgeIndex = StrongId<struct EdgeIndexTag, uint32_t>;  // An edge within one plan.

// What happens to checkpoints, and what is to be done about it.
namespace checkpoint {

// Rows that a task has sent into an edge and received from it, since its generation began and up to
// its snapshot. Over all tasks both are equal in every complete checkpoint.
struct EdgeRows {
  EdgeIndex edge;
  uint64_t sent = 0;
  uint64_t received = 0;
};

// The task's state and segments of this epoch are durable.
struct SnapshotTaken {
  TaskId task;
  std::vector<EdgeRows> rows;
};
// All input of the task has been read, and its final state and segments are durable. They stand
// for the event's epoch, the first one that the task did not report, and for all later ones.
struct TaskFinished {
  TaskId task;
  std::vector<EdgeRows> rows;
};
// A task cannot take part in this epoch (a full disk, say), but goes on working.
struct SnapshotFailed {
  TaskId task;
  Error error;
};
struct ManifestStored {};
// It is certain that there is no manifest of this epoch, and that there will be none.
struct ManifestFailed {
  Error error;
};
// Nobody knows whether there is a manifest of this epoch.
struct ManifestUnknown {
  Error error;
};
// All output of the slot, up to and with this epoch, is visible to readers.
struct OutputCommitted {
  SlotIndex slot;
};
// kUnavailable: the order is repeated. Whether it happened is not known, and need not be.
struct CommitFailed {
  SlotIndex slot;
  Error error;
};
struct CommitMarked {};
struct MarkFailed {
  Error error;
};
// Take one last checkpoint, as soon as there is none in flight, and end.
struct StopRequested {};
struct TaskFailed {
  TaskId task;
  Error error;
};
// Nothing but time: the answer to next_wakeup().
struct Tick {};

struct Event {
  // Of the sender, and what it speaks of. Only the generation counts for StopRequested, TaskFailed
  // and Tick.
  CheckpointId id;
  std::variant<SnapshotTaken, TaskFinished, SnapshotFailed, ManifestStored, ManifestFailed,
               ManifestUnknown, OutputCommitted, CommitFailed, CommitMarked, MarkFailed,
               StopRequested, TaskFailed, Tick>
      what;
};

// Sources snapshot their offsets between two rows and send the barrier on; with `last`, they read
// no more after it. Goes to all tasks: one that has finished says so again.
struct InjectBarriers {
  bool last = false;
};
// The epoch is abandoned: tasks release the inputs that they hold back for it. What was written for
// it is kept, and reported again with the next epoch.
struct CancelEpoch {
  Error reason;
};
struct StoreManifest {
  std::vector<Epoch> reports;  // By task: the report that stands for it.
  bool finished = false;       // All input has been read: nothing follows this checkpoint.
};
// Deliver what the manifest of this epoch lists for these slots.
struct CommitOutput {
  std::vector<SlotIndex> slots;
};
struct WriteCommitRecord {};
// Everything that only checkpoints before this one need may be removed.
struct Collect {};
struct Finished {
  bool input_ended = false;  // Otherwise it was stopped, and can be continued.
};
// Begin the next generation: fence, stop, look, replay, deploy.
struct RecoverJob {
  Error reason;
};
// Starting again would not help: stop the tasks, and say why.
struct FailJob {
  Error reason;
};

struct Action {
  CheckpointId id;  // The machine's generation, and the epoch in flight.
  std::variant<InjectBarriers, CancelEpoch, StoreManifest, CommitOutput, WriteCommitRecord, Collect,
               Finished, RecoverJob, FailJob>
      what;
};

enum class Phase { kIdle, kAligning, kStoring, kCommitting, kMarking, kOver };

const char* to_text(Phase phase);

struct Settings {
  int64_t interval_us = 1'000'000;        // From the start of one epoch to that of the next,
  int64_t first_interval_us = 1'000'000;  // but first so long, and then ever twice as long.
  int64_t max_alignment_us = 60'000'000;  // Then the epoch is abandoned,
  uint32_t max_abandoned = 20;            // and after so many in a row the job fails.
  int64_t max_storing_us = 60'000'000;    // Then the job recovers.
  // An order to commit or to mark is repeated when it failed, after a pause that doubles, or when
  // no answer came; after so many attempts the job recovers.
  int64_t retry_first_us = 100'000;
  int64_t retry_max_us = 10'000'000;
  int64_t max_answer_us = 60'000'000;
  uint32_t max_attempts = 20;
};

}  // namespace checkpoint

class CheckpointMachine {
 public:
  struct Job {
    // The generation, and the epoch it goes on from: 0, or that of the checkpoint it began with,
    // whose output has been committed.
    CheckpointId base;
    uint32_t tasks = 1;  // Their TaskIds are 0, 1, ...
    uint32_t slots = 0;  // Their SlotIndexes are 0, 1, ...
    checkpoint::Settings settings;
  };

  CheckpointMachine(const Job& job, int64_t now_us);

  std::vector<checkpoint::Action> step(const checkpoint::Event& event, int64_t now_us);

  // When a Tick is due; absent once it is over.
  std::optional<int64_t> next_wakeup() const;

  checkpoint::Phase phase() const { return phase_; }
  // The one in flight; when idle, the last one.
  CheckpointId current() const { return {job_.base.generation, epoch_}; }
  // What the phase waits for, to tell people: tasks when aligning, slots when committing.
  std::vector<TaskId> tasks_awaited() const;
  std::vector<SlotIndex> slots_awaited() const;

 private:
  struct Report {
    Epoch epoch;
    std::vector<checkpoint::EdgeRows> rows;
  };
  struct Task {
    std::optional<Report> taken;  // Of the epoch in flight.
    std::optional<Report> final;  // Stands for its epoch and all later ones.
  };

  // The report that stands for the epoch in flight, or null.
  const Report* report_of(const Task& task) const;
  bool all_finished() const;
  bool is_foreign(const checkpoint::Event& event) const;
  void hear(const checkpoint::Event& event, int64_t now_us);
  void pass_time(int64_t now_us);

  void begin(int64_t now_us);
  void store_if_aligned(int64_t now_us);
  void abandon(Error reason);
  void commit(int64_t now_us);
  void mark_if_committed(int64_t now_us);
  void give_order(int64_t now_us);  // To commit or to mark, as the phase says.
  void order_failed(const Error& error, int64_t now_us);
  void complete();
  void recover(Error reason);
  void fail(Error reason);
  template <typename What>
  void act(What what) {
    actions_.push_back({current(), std::move(what)});
  }

  Job job_;  // Constant after construction.

  checkpoint::Phase phase_ = checkpoint::Phase::kIdle;
  Epoch epoch_;
  std::vector<Task> tasks_;
  std::vector<bool> committed_;  // By slot; of the epoch in flight.
  bool stopping_ = false;        // A stop was asked for.
  bool last_ = false;            // The epoch in flight is the last one of a job that is stopped,
  bool finished_ = false;        // or of one whose input has ended.
  uint32_t abandoned_ = 0;       // In a row.
  uint32_t attempts_ = 0;        // At the order of this phase.
  std::string trouble_;          // Why the last of them did not do.
  int64_t interval_us_;          // As it is now: it grows to that of the settings.
  int64_t next_start_us_;
  int64_t deadline_us_ = 0;  // Of the phase, or of its order.
  std::vector<checkpoint::Action> actions_;
};

}  // namespace weir
