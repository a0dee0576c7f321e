// A job in one process: both halves of a life (docs/decisions/0016), handed each other's messages.
//
// start() connects everything and may block (brokers are asked for partitions); wait_for() returns
// when every task has finished and all output was delivered, or with the error that ended the first
// task that failed. stop() ends sources in good order: what was read flows out, windows that are
// open do not fire.
#pragma once

#include "engine/plan/plan.h"
#include "runtime/coordinator/life_control.h"
#include "runtime/worker/job_part.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace weir {

// What is to run.
struct PlannedJob {
  JobGraph graph;
  PlanOptions options;
};

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
  static Result<std::unique_ptr<Job>> start(PlannedJob job, const ConnectorFactory& connectors,
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

  // weir::unbalanced. REQUIRES: the job has ended.
  std::vector<std::string> unbalanced() const;

 private:
  struct Stop {};
  using Mail = std::variant<FromWorker, Stop>;

  Job(PlannedJob job, SnapshotStore* store);

  Status begin(const ConnectorFactory& connectors, const RunOptions& options);
  void make_halves(Life life, const ConnectorFactory& connectors, const RunOptions& options);
  void give(Mail mail);
  void run();
  Status run_life();
  Status take(const Mail& mail);
  Status go_on_after(LifeStep step);
  std::optional<Mail> next_mail();

  // Constant after start().
  const PlannedJob job_;
  const Plan plan_;
  std::unique_ptr<SnapshotStore> own_store_;  // Null if it was given one.
  SnapshotStore& store_;
  JobHistory history_;
  bool was_finished_ = false;
  std::optional<CheckpointId> restored_from_;
  std::optional<Life> life_;

  std::unique_ptr<JobPart> part_;
  std::unique_ptr<LifeControl> control_;  // Owned by the thread once it runs.

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Mail> mail_;        // Guarded by mutex_.
  bool closed_ = false;          // Guarded by mutex_.
  bool started_ = false;         // Guarded by mutex_.
  bool has_epochs_ = false;      // Guarded by mutex_.
  CheckpointTotals totals_;      // Guarded by mutex_.
  std::optional<Status> ended_;  // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace weir
