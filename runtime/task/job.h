// A job in one process: runs the tasks of a Plan (job_tasks.h) on executors, and ends them
// together.
//
// start() connects everything and may block (brokers are asked for partitions); wait() returns when
// every task has finished and all output was delivered, or with the error that ended the first task
// that failed. stop() ends sources in good order: what was read flows out, windows that are open do
// not fire.
#pragma once

#include "engine/plan/plan.h"
#include "runtime/task/checkpointer.h"
#include "runtime/task/executor.h"
#include "runtime/task/job_tasks.h"
#include "runtime/task/recovery.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace weir {

struct RunOptions {
  size_t executors = 1;
  size_t batch_rows = kBatchRows;  // Records that a source reads at a time.
  // Where checkpoints are kept, and found by the next life of the job: nobody else uses it
  // meanwhile, and it outlives the job. Null: nothing outlives the job, whose output is then
  // delivered at its end, and now and then if its input has none.
  SnapshotStore* store = nullptr;
};

class Job {
 public:
  static Result<std::unique_ptr<Job>> start(Plan plan, const ConnectorFactory& connectors,
                                            const RunOptions& options);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Ends the job with one last checkpoint. Safe from any thread, also from a signal-watching one.
  void stop();

  // Whether an earlier life of the job has read all its input: then there is nothing to do.
  bool was_finished() const { return was_finished_; }
  // The checkpoint that it went on from; absent if it started afresh.
  const std::optional<CheckpointId>& restored_from() const { return restored_from_; }

  // Waits for the end, or for `timeout_micros` at the most: absent if the job still runs then.
  std::optional<Status> wait_for(int64_t timeout_micros);

  // As of a moment ago; exact after the end.
  JobReport report() const;

  // Rows sent are rows received, on every edge and between the stages of every chain; rows in are
  // accounted for in every stage. What does not add up, one line each. REQUIRES: the job has ended.
  std::vector<std::string> unbalanced() const;

 private:
  Job(Plan plan, SnapshotStore* store);

  Status begin(const ConnectorFactory& connectors, const RunOptions& options);
  void make_checkpointer(const Life& life);

  void place_tasks(size_t executors);
  void wake_all();
  void stop_executors();
  void checkpoints_ended(CheckpointEnd how);
  void rediscover();
  void task_ended(Status status);

  // Constant after start().
  const Plan plan_;
  std::unique_ptr<SnapshotStore> own_store_;  // Null if it was given one.
  JobHistory history_;
  std::unique_ptr<JobTasks> tasks_;
  bool was_finished_ = false;
  std::optional<CheckpointId> restored_from_;
  std::unique_ptr<Checkpointer> checkpointer_;
  bool has_epochs_ = false;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::thread rediscovery_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;                 // Guarded by mutex_.
  bool stopping_ = false;             // Guarded by mutex_.
  std::optional<Error> first_error_;  // Guarded by mutex_.
  bool finished_ = false;             // Owned by the thread that waits.
};

}  // namespace weir
