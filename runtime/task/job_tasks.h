// The tasks of a Plan in one process: built, connected, and run by nobody yet. A Job (job.h) gives
// them to executors; a simulator steps them itself, in an order of its own.
//
// Calls are made by one thread, and what they do to tasks that run already is safe: find_new_splits
// may be called by any one thread, report() by all of them. Destroyed after whoever steps the
// tasks, and before what wakes them.
#pragma once

#include "engine/plan/plan.h"
#include "operators/connectors/sink.h"
#include "operators/connectors/source.h"
#include "runtime/task/split_directory.h"
#include "runtime/task/task.h"
#include "state/checkpoint.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weir {

// Makes the connectors that a job needs: given by whoever knows them all (runtime/cli). Called by
// the thread that builds the tasks. Errors: kUser for options that do not fit, kUnavailable for
// what cannot be reached.
struct ConnectorFactory {
  std::function<Result<std::unique_ptr<Source>>(const SourceSpec&, const RowShape&)> source;
  std::function<Result<std::unique_ptr<Sink>>(const SinkSpec&, const SinkLane&)> sink;
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

struct CheckpointTotals {
  uint64_t taken = 0;     // Complete ones
  uint64_t given_up = 0;  // Their output went with the next one.
};

struct JobReport {
  std::vector<StageTotals> stages;    // Summed over tasks, in the order of the plan.
  int64_t watermark = kMinTime;       // Lowest of the sources' tasks, idle ones apart.
  std::vector<SplitStanding> splits;  // Of all sources with event time.
  std::optional<uint64_t> backlog;
  size_t state_bytes = 0;
  std::optional<CheckpointTotals> checkpoints;  // Absent: the job is one epoch long.
};

// What a life of a job knows of those before it.
struct Past {
  std::string lineage;
  Generation generation;           // Of the life that begins.
  const Manifest* from = nullptr;  // Null: it starts afresh.
};

class JobTasks {
 public:
  using ByInstance = std::vector<std::unique_ptr<Task>>;
  using Wake = std::function<void()>;

  // `plan` outlives the tasks. `batch_rows`: records that a source reads at a time. They begin the
  // life that `past` says; what they remember comes by restore().
  static Result<std::unique_ptr<JobTasks>> build(const Plan& plan,
                                                 const ConnectorFactory& connectors,
                                                 size_t batch_rows, const Past& past = {});

  // Has them go on from a checkpoint that was taken with any parallelism. `read` gives the bytes of
  // its objects. Once, before open_splits(). kUser where the checkpoint does not fit the plan:
  // which step, and what to do.
  using ReadObject = std::function<Result<std::string>(const StoredObject&)>;
  Status restore(const Manifest& from, const ReadObject& read);

  // By chain of the plan.
  const std::vector<ByInstance>& chains() const { return tasks_; }

  // What wakes each task, by chain and instance. Set before any runs; a stepper that looks at all
  // of them anyway needs none.
  void on_wakeup(const std::vector<std::vector<Wake>>& wakes);

  // Finds the splits of every table and gives them to the tasks. Before any runs; may block
  // (brokers are asked for partitions).
  Status open_splits(const ConnectorFactory& connectors, int64_t now);
  // Whether all input comes to an end. After open_splits().
  bool is_bounded() const;
  // Sink::waits_in_memory, of any sink.
  bool output_waits_in_memory() const;
  // Whether there are tables whose splits may become more.
  bool rediscovers() const;
  // Looks for new splits of the tables for which it is time; whether it looked at any. May block.
  Result<bool> find_new_splits(int64_t now);

  // Refreshes report(). REQUIRES: nobody steps the tasks.
  void publish_reports();
  // As of a moment ago; exact after the end. With `ended` also what the sinks say.
  JobReport report(bool ended) const;
  // Job::unbalanced
  std::vector<std::string> unbalanced() const;

 private:
  // One table that is read: the source that looks for splits, and the tasks that read them.
  struct Discovery {
    std::string table;
    std::string step;
    std::unique_ptr<Source> source;
    std::vector<Task*> tasks;
    std::set<std::string> known;
    int64_t next_at = 0;
  };

  // The tasks that read, by (chain, instance).
  using ReaderSet = std::set<std::pair<size_t, uint32_t>>;

  JobTasks(const Plan& plan, const Past& past) : plan_(plan), past_(past) {}

  Status check_tables(const Manifest& from) const;
  const SplitState* restored_split(const std::string& step, const std::string& split) const;
  Status check_splits(const Discovery& discovery) const;
  Status prepare_sink(const SinkSpec& spec, const SinkLane& lane, Sink& sink) const;

  void make_channels();
  Status build_chain(size_t chain, const ConnectorFactory& connectors, size_t batch_rows);
  Status build_stage(const ChainPlan& chain, size_t stage, uint32_t instance, TaskParts& parts,
                     const ConnectorFactory& connectors, size_t batch_rows);
  ReaderSet find_readers(size_t chain, uint32_t instance) const;
  void connect_inputs(size_t chain, uint32_t instance, TaskParts& parts);
  void connect_outputs(size_t chain, uint32_t instance, TaskParts& parts);
  Status open_new_splits(Discovery& discovery, bool at_start, int64_t now);
  void add_written(const Task& task, size_t chain, size_t first_stage, JobReport& report) const;

  // Constant after build().
  const Plan& plan_;
  const Past past_;
  SplitDirectory splits_;
  std::vector<std::vector<std::vector<std::shared_ptr<Channel>>>> channels_;  // edge, from, to
  std::vector<ByInstance> tasks_;                                             // chain, instance
  std::map<ReaderSet, size_t> reader_sets_;      // Numbered as they were met,
  std::vector<std::vector<ReaderSet>> readers_;  // by chain and instance.

  // What the checkpoint says of the splits, by step and name.
  std::map<std::string, std::map<std::string, SplitState>> restored_splits_;

  std::vector<Discovery> discoveries_;  // Owned by the thread that looks for splits.
};

}  // namespace weir
