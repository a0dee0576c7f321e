// Those tasks of a Plan that are placed in this process: built, connected, and run by nobody yet. A
// JobPart (runtime/worker) gives them to executors; a simulator steps them itself, in an order of
// its own.
//
// Calls are made by one thread, and what they do to tasks that run already is safe: find_new_splits
// may be called by any one thread, reports() by all of them. Destroyed after whoever steps the
// tasks, and before what wakes them.
#pragma once

#include "engine/plan/memory_plan.h"
#include "engine/plan/plan.h"
#include "operators/connectors/sink.h"
#include "operators/connectors/source.h"
#include "runtime/messages/job_report.h"
#include "runtime/messages/messages.h"
#include "runtime/task/split_directory.h"
#include "runtime/task/task.h"
#include "state/checkpoint.h"
#include "state/job_history.h"
#include "state/tiered_residency.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
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

// The same, with queues that stay within the plan.
ConnectorFactory within(ConnectorFactory connectors, const MemoryPlan& memory);

// What a life of a job knows of those before it.
struct Past {
  std::string lineage;
  Generation generation;           // Of the life that begins.
  const Manifest* from = nullptr;  // Null: it starts afresh.
};

// The rows that the source of this stage is to make.
RowShape row_shape(const SourceSpec& spec, const StagePlan& source);

// The error, with the table that it is about.
Error about_table(const std::string& table, Error error);

// Which worker runs which task.
struct Placement {
  PeerIndex self;
  std::vector<PeerIndex> tasks;  // By TaskId; empty: all of them run here.

  PeerIndex of(uint32_t task) const { return tasks.empty() ? self : tasks[task]; }
  bool is_here(uint32_t task) const { return of(task) == self; }
};

// One end of a channel whose other end is at a peer.
struct RemoteEnd {
  uint32_t edge = 0;  // Of the plan
  uint32_t from = 0;  // Instances
  uint32_t to = 0;
  PeerIndex peer;
  SchemaPtr schema;
  std::shared_ptr<Channel> channel;
};

// What tasks may take of memory (engine/plan/memory_plan.h).
struct TaskMemory {
  size_t channel_bytes = Channel::kUnbounded;  // Of each channel
  OutputBudget* output = nullptr;              // Outlives the tasks. Null: nobody counts.
};

class JobTasks {
 public:
  using ByInstance = std::vector<std::unique_ptr<Task>>;
  using Wake = std::function<void()>;

  // `plan` outlives the tasks. `batch_rows`: records that a source reads at a time. They begin the
  // life that `past` says; what they remember comes by restore(). `tiers`: where rows go that leave
  // memory, with a folder of its own for each task below that one; nobody else uses it, and whoever
  // made the tasks removes it after them. Without one everything stays in memory.
  static Result<std::unique_ptr<JobTasks>> build(const Plan& plan,
                                                 const ConnectorFactory& connectors,
                                                 size_t batch_rows, const Past& past = {},
                                                 const Placement& placement = {},
                                                 const TierSetup& tiers = {},
                                                 const TaskMemory& memory = {});

  // Has them go on from a checkpoint that was taken with any parallelism. `history` has
  // its objects. Once, before read_splits(). REQUIRES: the tables of the checkpoint are those of
  // the plan (runtime/coordinator/state_fit.h).
  Status restore(const Manifest& from, JobHistory& history);
  // The files of the checkpoint that the warm tier of a task goes on with as they are, by TaskId.
  const std::map<uint32_t, std::vector<WarmFile>>& adopted() const { return adopted_; }

  // By chain of the plan and instance; null where it is placed elsewhere.
  const std::vector<ByInstance>& chains() const { return tasks_; }
  // By TaskId.
  const std::map<uint32_t, Task*>& here() const { return here_; }
  // Channels to tasks elsewhere, and from them: somebody takes from the ones and feeds the others.
  const std::vector<RemoteEnd>& outbound() const { return outbound_; }
  const std::vector<RemoteEnd>& inbound() const { return inbound_; }
  // The tables that the tasks declared.
  std::vector<DeclaredTable> tables() const;

  // What wakes each task, by TaskId. Set before any runs; a stepper that looks at all of them
  // anyway needs none.
  void on_wakeup(const std::map<uint32_t, Wake>& wakes);

  // Looks for the splits of every table whose first reader is here. Before any runs; may block
  // (brokers are asked for partitions). `now`, here and below: monotonic, microseconds.
  Result<std::vector<JobSplit>> discover(const ConnectorFactory& connectors, int64_t now);
  // More splits of the job, from whoever found them: the next numbers are theirs.
  void know_splits(const std::vector<JobSplit>& splits);
  uint64_t known_splits() const { return known_.size(); }
  // Opens those of the first `known` that are read here and not open yet: all workers know them.
  // May block. kUser where the checkpoint names one that is gone. REQUIRES: they are known here.
  Status read_splits(uint64_t known);
  // Whether all input that is read here comes to an end.
  bool is_bounded() const;
  // Sink::waits_in_memory, of any sink.
  bool output_waits_in_memory() const;
  // Whether there are tables, looked at from here, whose splits may become more.
  bool rediscovers() const;
  // Those of the tables for which it is time that were not there before. May block.
  Result<std::vector<JobSplit>> find_new_splits(int64_t now);

  // Whether tasks of the job are elsewhere too.
  bool spans_workers() const { return !outbound_.empty() || !inbound_.empty() || reads_elsewhere_; }
  // Tells how each reader here stands when that has changed, by the thread of the reader. Set
  // before any runs.
  void on_standing(std::function<void(uint32_t task, const ReaderStanding& standing)> told);
  // Where readers elsewhere stand, by TaskId.
  void post(const std::map<uint32_t, ReaderStanding>& readers);

  // Refreshes reports() for the last time. REQUIRES: nobody steps the tasks.
  void publish_last_reports();
  // As of a moment ago, of the tasks here.
  TaskReports reports() const;

 private:
  // One table that is read: the source that looks for splits, and what it found so far.
  struct Discovery {
    std::string table;
    std::string step;
    uint32_t readers = 1;
    std::unique_ptr<Source> source;
    std::set<std::string> found;
    int64_t next_at = 0;
  };

  // By TaskId: who gives a task what it takes over from one of before.
  using HeirLocks = std::map<uint32_t, std::mutex>;
  // The tasks that read, by (chain, instance).
  using ReaderSet = std::set<std::pair<size_t, uint32_t>>;

  JobTasks(const Plan& plan, const Past& past, const Placement& placement, const TierSetup& tiers,
           const TaskMemory& memory);

  const SplitState* restored_split(const std::string& step, const std::string& split) const;
  Status check_splits(size_t chain) const;
  bool is_connected(size_t edge, uint32_t from, uint32_t to) const;
  Status prepare_sink(const SinkSpec& spec, const SinkLane& lane, uint32_t slots, Sink& sink) const;

  void make_channels();
  Status build_chain(size_t chain, const ConnectorFactory& connectors, size_t batch_rows);
  Status build_stage(const ChainPlan& chain, size_t stage, uint32_t instance, TaskParts& parts,
                     const ConnectorFactory& connectors, size_t batch_rows);
  ReaderSet find_readers(size_t chain, uint32_t instance) const;
  void connect_inputs(size_t chain, uint32_t instance, TaskParts& parts);
  void connect_outputs(size_t chain, uint32_t instance, TaskParts& parts);
  Result<std::vector<JobSplit>> look_for_splits(Discovery& discovery, bool at_start, int64_t now);
  Task* reader_of(const JobSplit& split) const;
  std::unique_ptr<Residency> residency_of(uint32_t task) const;
  Status restore_warm(const Manifest& from, JobHistory& history);
  Status restore_totals(uint32_t id, const std::vector<SlotOutput>& before, JobHistory& history);
  Status adopt(uint32_t task, const TaskSnapshot& old, JobHistory& history);
  Status spread(const TaskSnapshot& old, const std::vector<Task*>& heirs, JobHistory& history);
  Status restore_states(const std::vector<TaskSnapshot>& before, JobHistory& history);
  Status restore_state(const TaskSnapshot& old, JobHistory& history, HeirLocks& locks);
  Status open_split(const JobSplit& known, SplitId id, Task& task);

  // Constant after build().
  const Plan& plan_;
  const Past past_;
  const Placement placement_;
  const TierSetup tiers_;
  const TaskMemory memory_;
  const std::vector<uint32_t> first_tasks_;  // By chain
  SplitDirectory splits_;
  std::vector<std::vector<std::vector<std::shared_ptr<Channel>>>> channels_;  // edge, from, to
  std::vector<ByInstance> tasks_;                                             // chain, instance
  std::map<uint32_t, Task*> here_;
  std::vector<std::shared_ptr<SourceBoard>> boards_;  // By chain
  std::vector<RemoteEnd> outbound_;
  std::vector<RemoteEnd> inbound_;
  bool reads_elsewhere_ = false;
  std::map<ReaderSet, size_t> reader_sets_;      // Numbered as they were met,
  std::vector<std::vector<ReaderSet>> readers_;  // by chain and instance.

  std::map<uint32_t, std::vector<WarmFile>> adopted_;  // By TaskId

  // What the checkpoint says of the splits, by step and name.
  std::map<std::string, std::map<std::string, SplitState>> restored_splits_;

  std::vector<JobSplit> known_;  // By SplitId
  size_t opened_ = 0;            // Of these, those that read_splits() has looked at,
  bool opens_ = false;           // and whether it was called.

  std::vector<Discovery> discoveries_;  // Owned by the thread that looks for splits.
};

}  // namespace weir
