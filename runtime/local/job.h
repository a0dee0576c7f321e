// A job in one process: the coordinator's side of it (runtime/coordinator/job_control.h) and one
// worker, handed each other's messages.
//
// begin() connects everything and may block (brokers are asked for partitions); wait_for() returns
// when every task has finished and all output was delivered, or with the error that ended the job.
// A life that fails begins again from the newest checkpoint, where there is a store and as often as
// restart_attempts says. stop() ends sources in good order: what was read flows out, windows that
// are open do not fire. A job that has not begun to run when it is stopped is given up.
#pragma once

#include "engine/plan/plan.h"
#include "runtime/coordinator/job_control.h"
#include "runtime/local/volatile_store.h"
#include "runtime/worker/worker.h"

#include <condition_variable>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct RunOptions {
  size_t executors = 1;
  size_t batch_rows = kBatchRows;  // Records that a source reads at a time.
  // Where checkpoints are kept, and found by the next life of the job: nobody else uses it
  // meanwhile, and it outlives the job. Null: nothing outlives the job, whose output is then
  // delivered at its end, and now and then if its input has none.
  SnapshotStore* store = nullptr;
  // As PartSetup has them.
  uint64_t state_bytes = std::numeric_limits<uint64_t>::max();
  std::string work_folder;
  bool takes_savepoint = false;  // stop() is to write one.
  std::string savepoint;         // Folder of the one that it begins with; empty: none.
  bool forks = false;            // From there, with a lineage of its own.
  // Told of each change of the job's state, by threads of the job. May be empty.
  std::function<void(const JobEvent&)> changed;
};

class Job {
 public:
  // Does nothing yet.
  Job(PlannedJob job, RunOptions options);
  // Both at once.
  static Result<std::unique_ptr<Job>> start(PlannedJob job, const ConnectorFactory& connectors,
                                            const RunOptions& options);
  // Waits until whoever is connecting somewhere has an answer, or none in the time that it has.
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Blocks until the job runs, or has nothing to do, or was given up. Called once.
  Status begin(const ConnectorFactory& connectors);

  // Ends the job with one last checkpoint, and a savepoint of it if a folder is named; before it
  // runs, begin() returns instead, at once or as soon as nothing is being delivered, for which it
  // waits a few seconds. Safe from any thread, also from a signal-watching one.
  void stop(const std::string& savepoint = "");
  // Whether it was stopped before it ran.
  bool was_given_up() const;

  // Whether an earlier life of the job has read all its input: then there is nothing to do.
  bool was_finished() const { return was_finished_; }
  // The checkpoint that it went on from; absent if it started afresh.
  const std::optional<CheckpointId>& restored_from() const { return restored_from_; }

  // Waits for the end, or for `timeout_micros` at the most: absent if the job still runs then.
  std::optional<Status> wait_for(int64_t timeout_micros);

  // As of a moment ago; exact after the end.
  JobReport report() const;
  // weir::unbalanced. REQUIRES: the job has ended.
  std::vector<std::string> unbalanced() const;

  JobControl& control() { return *control_; }

 private:
  void make_worker(const ConnectorFactory& connectors);
  void give_up();
  ClusterPort port();
  void changed(const JobEvent& event);
  void replaying(bool is_replaying);
  void ended(std::optional<JobState> state, const std::optional<Error>& error);

  // Constant after begin().
  const PlannedJob job_;
  const RunOptions options_;
  const Plan plan_;
  std::unique_ptr<SnapshotStore> own_store_;  // Null if it was given one.
  std::shared_ptr<SnapshotStore> store_;
  bool was_finished_ = false;
  std::optional<CheckpointId> restored_from_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ready_ = false;            // Guarded by mutex_: control_ is set.
  bool started_ = false;          // Guarded by mutex_.
  bool given_up_ = false;         // Guarded by mutex_.
  bool replaying_ = false;        // Guarded by mutex_: output of an earlier life is delivered.
  std::optional<Error> refusal_;  // Guarded by mutex_: why it did not start.
  std::optional<Status> ended_;   // Guarded by mutex_.

  std::unique_ptr<JobControl> control_;
  std::unique_ptr<Worker> worker_;  // Calls control_, and is called by it: stopped first.
};

}  // namespace weir
