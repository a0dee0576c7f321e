// A job in one process: builds the tasks of a Plan, runs them on executors, and ends them together.
//
// start() connects everything and may block (brokers are asked for partitions); wait() returns when
// every task has finished and all output was delivered, or with the error that ended the first task
// that failed. stop() ends sources in good order: what was read flows out, windows that are open do
// not fire.
#pragma once

#include "engine/plan/plan.h"
#include "operators/connectors/sink.h"
#include "operators/connectors/source.h"
#include "runtime/task/executor.h"
#include "runtime/task/split_directory.h"
#include "runtime/task/task.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace weir {

// Makes the connectors that a job needs: given by whoever knows them all (runtime/cli). Called by
// the thread that calls Job::start. Errors: kUser for options that do not fit, kUnavailable for
// what cannot be reached.
struct ConnectorFactory {
  std::function<Result<std::unique_ptr<Source>>(const SourceSpec&, const RowShape&)> source;
  // The slot is the number of the task that writes, among the tasks of its chain.
  std::function<Result<std::unique_ptr<Sink>>(const SinkSpec&, const SinkLane& lane)> sink;
};

struct RunOptions {
  size_t executors = 1;
  size_t batch_rows = kBatchRows;  // Records that a source reads at a time.
  std::string lineage;             // SinkLane::lineage
};

struct StageTotals {
  std::string id;
  const StagePlan* plan = nullptr;
  StepCounters counters;
  std::vector<uint64_t> emitted;
  std::map<std::string, uint64_t> bad_by_label;
  uint64_t records_lost = 0;         // Of a source: SourceStage::records_lost
  std::optional<RowTotals> written;  // Of a sink that keeps them; only after the end.
};

struct JobReport {
  std::vector<StageTotals> stages;    // Summed over tasks, in the order of the plan.
  int64_t watermark = kMinTime;       // Lowest of the sources' tasks, idle ones apart.
  std::vector<SplitStanding> splits;  // Of all sources with event time.
  std::optional<uint64_t> backlog;
  size_t state_bytes = 0;
};

class Job {
 public:
  static Result<std::unique_ptr<Job>> start(Plan plan, const ConnectorFactory& connectors,
                                            const RunOptions& options);
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Safe from any thread, also from a signal-watching one.
  void stop();

  // Waits for the end, or for `timeout_micros` at the most: absent if the job still runs then.
  std::optional<Status> wait_for(int64_t timeout_micros);

  // As of a moment ago; exact after the end.
  JobReport report() const;

  // Rows sent are rows received, on every edge and between the stages of every chain; rows in are
  // accounted for in every stage. What does not add up, one line each. REQUIRES: the job has ended.
  std::vector<std::string> unbalanced() const;

 private:
  // One table that is read: the source that looks for splits, and the tasks that read them.
  struct Discovery {
    std::string table;
    std::unique_ptr<Source> source;
    std::vector<Task*> tasks;
    std::set<std::string> known;
    int64_t next_at = 0;
  };

  explicit Job(Plan plan);

  Status build(const ConnectorFactory& connectors, const RunOptions& options);
  Status build_chain(size_t chain, const ConnectorFactory& connectors, const RunOptions& options);
  Status build_stage(const ChainPlan& chain, size_t stage, uint32_t instance, TaskParts& parts,
                     const ConnectorFactory& connectors, const RunOptions& options);
  void connect_inputs(size_t chain, uint32_t instance, TaskParts& parts);
  void connect_outputs(size_t chain, uint32_t instance, TaskParts& parts);
  void make_channels();
  void place_tasks(size_t executors);
  Status open_splits(const ConnectorFactory& connectors);
  Status open_new_splits(Discovery& discovery, bool at_start);
  void rediscover();
  void task_ended(Status status);
  Status finish();
  void add_written(const Task& task, size_t chain, size_t first_stage, JobReport& report) const;

  // Constant after build().
  const Plan plan_;
  SplitDirectory splits_;
  std::vector<std::vector<std::vector<std::shared_ptr<Channel>>>> channels_;  // edge, from, to
  std::vector<std::vector<std::unique_ptr<Task>>> tasks_;                     // chain, instance
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<Discovery> discoveries_;
  std::thread rediscovery_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t running_ = 0;                // Guarded by mutex_.
  bool stopping_ = false;             // Guarded by mutex_.
  std::optional<Error> first_error_;  // Guarded by mutex_.
  bool finished_ = false;             // Owned by the thread that waits.
};

}  // namespace weir
