// The tasks of one life of a job that are placed in this process: the worker's half of a life
// (docs/decisions/0016).
//
// It obeys the orders of the coordinator's half one after the other, on a thread of its own: that
// one builds and restores tasks, stores what they hand over for a checkpoint, and has sinks deliver
// what a complete checkpoint holds. All that blocks is done by it, while tasks run on executors.
// State that a task handed over is kept until it is stored (state/state_files.h), output until it
// was delivered.
//
// An order that fails is answered by report::Failed, and so is an error of a task by TaskFailed:
// the life is over, and whoever owns the part destroys it. give(), reports() and stop() may come
// from any thread.
#pragma once

#include "engine/plan/memory_plan.h"
#include "runtime/messages/messages.h"
#include "runtime/task/executor.h"
#include "runtime/task/job_tasks.h"
#include "state/job_history.h"
#include "state/state_budget.h"
#include "state/state_files.h"
#include "state/warm_files.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace weir {

// Connects the ends of channels to tasks of other workers, until what it returns is destroyed.
// `failed` may be called by any thread, once.
using ConnectPeers = std::function<Result<std::shared_ptr<void>>(
    const order::Prepare& life, const std::vector<RemoteEnd>& outbound,
    const std::vector<RemoteEnd>& inbound, std::function<void(Error)> failed)>;

struct PartSetup {
  std::string job;
  Generation generation;
  SnapshotStore* store = nullptr;  // Outlives the part.
  ConnectorFactory connectors;
  size_t executors = 1;
  // What the state of the job may take in memory here. What is more goes to `work_folder`, into a
  // folder of this life that is empty when it begins and removed at its end; without one, all stays
  // in memory whatever it is.
  uint64_t state_bytes = std::numeric_limits<uint64_t>::max();
  std::string work_folder;
  // Memory of the process, zero where nothing bounds it, for so many slots: a job has the part of
  // it that it has of the slots. Zero slots: all of them are the job's.
  uint64_t memory = 0;
  uint32_t slots = 0;
  ConnectPeers connect;                  // Empty: all tasks are placed here.
  std::function<void(FromWorker)> send;  // Called by any thread; must be quick.
};

class JobPart {
 public:
  explicit JobPart(PartSetup setup);
  ~JobPart();
  JobPart(const JobPart&) = delete;
  JobPart& operator=(const JobPart&) = delete;

  // REQUIRES: of this job and generation; not Drop, which is the owner's to obey.
  void give(ToWorker order);

  // Ends everything: when it returns no task runs, and nothing is written or delivered any more.
  // What is being delivered now is delivered or given up first.
  void stop();

  // What the tasks report, as of a moment ago; after stop() for the last time.
  TaskReports reports() const;

 private:
  struct Taken {
    TaskId task;
    TaskCheckpoint checkpoint;
  };
  using Mail = std::variant<decltype(ToWorker::what), Taken>;

  // Output of one slot that no checkpoint has committed.
  struct Undelivered {
    CheckpointId id;
    Segment segment;
    std::optional<StoredObject> stored;
  };
  struct Slot {
    std::string sink_id;
    Sink* sink = nullptr;
    std::vector<Undelivered> undelivered;
  };
  struct Entry {
    Task* task = nullptr;
    std::string chain;
    std::string source;
    uint32_t instance = 0;
    std::vector<SlotIndex> slots;
    StateFiles state;
    WarmFiles warm;
    std::optional<WarmCut> cut;  // What `warm` was told of last; removed once it is stored.
    std::optional<TaskCheckpoint> unsaved;  // The final one, when it could not be stored.
  };

  void run();
  std::optional<Mail> next_mail();
  Status obey(const order::Prepare& life);
  Status obey(const order::Replay& replay);
  Status obey(const order::Start& start);
  Status obey(const order::KnowSplits& more);
  Status obey(const order::ReadSplits& read);
  Status obey(const order::Inject& barrier);
  Status obey(const order::Cancel& cancel);
  Status obey(const order::Commit& commit);
  Status obey(const order::Standings& standings);
  Status obey(const order::Drop& drop);
  Status obey(Taken first);

  Result<std::optional<MemoryPlan>> plan_memory_of(const order::Prepare& life) const;
  void place_tasks();
  void enter(TaskId id, Task& task);
  void task_ended(const Task& task, const Status& status);  // By an executor's thread.
  void rediscover();
  void tell_standings();
  std::vector<Taken> take_others(Taken first);
  // For each task and each slot these are called by one thread at a time, and by several for all.
  void keep_output(const Entry& entry, TaskCheckpoint& taken);
  void report(TaskId id, TaskCheckpoint taken, Epoch epoch);
  Result<report::SnapshotTaken> store(TaskId id, TaskCheckpoint& taken);
  Status store_state(Entry& entry, TaskCheckpoint& taken);
  Status store_rows(Entry& entry);
  Status store_cut(Entry& entry, CheckpointId id);
  void take_cut(Entry& entry, std::optional<WarmCut> cut);
  void drop_cut(Entry& entry);
  void merge_changes(Entry& entry, CheckpointId id);
  Status deliver(Slot& slot, CheckpointId id);
  Status refresh_slots();
  void wake_all();
  template <typename What>
  void tell(What what) {
    setup_.send({setup_.job, setup_.generation, std::move(what)});
  }

  // Constant after construction.
  const PartSetup setup_;
  const std::string folder_;  // For rows that leave memory; empty: none.

  JobHistory history_;
  OutputBudget output_;

  // Owned by the thread.
  std::optional<StateBudget> budget_;
  std::optional<Plan> plan_;
  std::optional<Manifest> from_;
  bool with_state_ = true;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::map<uint32_t, Entry> entries_;  // By TaskId
  std::map<uint32_t, Slot> slots_;     // By SlotIndex
  std::shared_ptr<void> connection_;
  std::optional<int64_t> refreshed_at_;
  int64_t standings_told_us_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Mail> mail_;                         // Guarded by mutex_.
  bool closed_ = false;                           // Guarded by mutex_.
  std::map<uint32_t, ReaderStanding> standings_;  // To be told. Guarded by mutex_.
  std::unique_ptr<JobTasks> tasks_;  // Set once, guarded by mutex_; then owned by the thread.
  std::thread rediscovery_;
  std::thread thread_;
};

}  // namespace weir
