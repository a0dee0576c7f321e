// Takes the checkpoints of one life of a job in one process: the loop around a CheckpointMachine,
// which decides, and the place where its orders are carried out.
//
// Tasks hand over what they took; the thread of the Checkpointer writes it to the history, has the
// sinks deliver what a complete checkpoint holds, and tells its owner when the job is over. All
// that blocks is done by that thread, so that tasks go on meanwhile. State of a task that was not
// saved with a checkpoint is replaced by that of the next; output is kept until it was delivered.
//
// Made after the tasks and destroyed before them. The other calls may come from any thread.
#pragma once

#include "engine/protocol/checkpoint.h"
#include "runtime/task/job_tasks.h"
#include "state/job_history.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace weir {

struct CheckpointSetup {
  CheckpointId base;                   // The generation, and the epoch that it goes on from.
  std::optional<CheckpointId> parent;  // What the job goes on from; absent: it starts afresh.
  std::string lineage;
  std::string script;
  checkpoint::Settings settings;
  bool with_state = true;                // Otherwise nobody goes on from these checkpoints.
  std::vector<SlotOutput> slots_before;  // Slots of earlier lives, which stay in every manifest.
};

// How a job ended that no task's error ended.
struct CheckpointEnd {
  Status status;
  bool input_ended = false;
};

class Checkpointer {
 public:
  // `history` and `tasks` outlive it. `wake_tasks` makes every task look for orders; `ended` is
  // called once, by the Checkpointer's thread.
  Checkpointer(const Plan& plan, const JobTasks& tasks, JobHistory& history, CheckpointSetup setup,
               std::function<void()> wake_tasks, std::function<void(CheckpointEnd)> ended);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // After the tasks were told where to report, by the constructor, and before they run.
  void start();
  // One last checkpoint, and then the end.
  void request_stop();
  // So far. Safe from any thread.
  CheckpointTotals totals() const { return {.taken = taken_, .given_up = given_up_}; }
  // No more orders: what is being delivered now is delivered or given up, then the thread ends.
  void close();

 private:
  struct Mail {
    size_t task = 0;
    std::optional<TaskCheckpoint> taken;  // Absent: the job is asked to stop.
  };
  // Output of one slot that no checkpoint has committed.
  struct Undelivered {
    CheckpointId id;
    Segment segment;
    std::optional<StoredObject> stored;
  };
  struct Slot {
    SlotOutput name;  // Without output
    Sink* sink = nullptr;
    std::vector<Undelivered> undelivered;
  };
  struct TaskEntry {
    Task* task = nullptr;
    std::string chain;
    std::string source;
    uint32_t instance = 0;
    size_t first_slot = 0;
    std::map<Epoch, TaskSnapshot> reports;
    std::optional<TaskCheckpoint> unsaved;  // The final one, when it could not be stored.
  };

  void add_task(Task& task, uint32_t instance);
  void run();
  std::optional<Mail> next_mail();
  void handle(std::optional<Mail> mail);
  void keep_output(const TaskEntry& entry, TaskCheckpoint& taken);
  checkpoint::Event report(size_t task, TaskCheckpoint taken, CheckpointId id);
  Status store(TaskEntry& entry, TaskCheckpoint& taken);
  void perform(const checkpoint::Action& action);
  void inject(CheckpointId id, bool last);
  void store_manifest(CheckpointId id, const checkpoint::StoreManifest& order);
  Manifest manifest(CheckpointId id, const checkpoint::StoreManifest& order) const;
  void commit(CheckpointId id, const std::vector<SlotIndex>& slots);
  void refresh_slots();
  void end(CheckpointEnd how);

  JobHistory& history_;
  const CheckpointSetup setup_;
  const uint32_t key_groups_;
  const uint32_t parallelism_;
  const std::function<void()> wake_tasks_;
  const std::function<void(CheckpointEnd)> ended_;

  // Owned by the thread once it runs.
  std::vector<TaskEntry> tasks_;
  std::vector<Slot> slots_;
  CheckpointMachine machine_;
  std::deque<checkpoint::Event> events_;
  std::optional<CheckpointId> parent_;
  std::set<CheckpointId> in_flight_;
  int64_t refreshed_at_;
  bool over_ = false;

  std::atomic<uint64_t> taken_{0};
  std::atomic<uint64_t> given_up_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Mail> mail_;  // Guarded by mutex_.
  bool closed_ = false;    // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace weir
