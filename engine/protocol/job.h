// One job on a coordinator, over all the lives that it has there: when which step of recovery is
// taken (recovery.h), when it starts again and when it is given up. A pure machine.
//
// One JobMachine lives from when the coordinator is given the job (submitted, or taken over from an
// earlier coordinator) until the job has ended. Its owner (the loop of the coordinator) hands it
// every event with the time, performs the actions that it answers, in their order, and calls step
// with a Tick when next_wakeup() is due; it owns no thread, clock or socket, and one thread calls
// it. Times are microseconds of one monotonic clock of the coordinator.
//
//   Phase       Does                                  Leaves when               Then
//   ----------  ------------------------------------  ------------------------  -----------------
//   waiting     wants a slot for each instance        they are granted          fencing
//   fencing     takes the next generation             there is a fence          stopping
//   stopping    earlier lives' tasks are dropped      no worker may run any     looking
//                                                     (see below)
//   looking     asks which checkpoint is the newest   the store has answered    basing
//   basing      writes the base, or adopts the        it is written             confirming
//               savepoint that the job begins with
//   confirming  looks at the fences again             no newer one is there     replaying where
//                                                                               owed, else
//                                                                               preparing
//   replaying   a worker delivers that output again   it has                    marking
//   marking     writes its CommitRecord               it is written             preparing; ending,
//                                                                               if nothing follows
//   preparing   workers make the tasks                all have                  starting
//   starting    they restore them and run             all do                    running
//   running     a CheckpointMachine drives the life   it is over, or a task or  asking; ending;
//                                                     a worker is lost          saving
//   asking      a life failed: has a newer            it has not                pausing
//               coordinator begun its term?
//   pausing     back-off, doubling from life to life  the pause is over         waiting
//   saving      a savepoint of the last checkpoint    it is written, or not     ending
//               is written
//   ending      as stopping                           as stopping               over
//   over        nothing
//
// A life fails when a worker of it is lost, a task or an order fails, a phase takes too long, or
// its CheckpointMachine says so. The kind of the error decides: kUnavailable and kFenced, after
// which `asking` finds out, begin another life; kUser, kBadData and kCorrupt end the job.
//
// Whoever finds that a newer coordinator has begun its term stands down: it drops its tasks and
// says nothing of the job to anybody else. A newer fence alone does not say so: an older
// coordinator may have written it, a moment before it noticed that it is the past. Then the newest
// one takes the next generation, or nobody would run the job.
//
// No worker may run tasks of earlier lives (stopping, ending) when
// - each worker that this coordinator gave tasks or a replay has answered Dropped, or is dead by
//   its lease, or is lost and certainly delivers nothing: this coordinator ordered no delivery
//   there whose end it has not heard of. (Then all that the worker can still do is to write files
//   that no manifest will name: manifests are written here, and only of what was reported.)
// - and, where the job was taken over, the leases of the coordinator before have run out.
//
// Every event of a life carries its generation, and those of another life, or for another phase,
// are dropped in one place. Store calls (TakeFence, Look, WriteBase, AdoptSavepoint, LookAtFences,
// WriteCommitRecord) are made one at a time, and each is answered exactly once; one that fails with
// kUnavailable is made again after a pause, for as long as it takes.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"
#include "engine/protocol/job_events.h"
#include "engine/protocol/lease.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

class JobMachine {
 public:
  struct Job {
    uint32_t parallelism = 1;
    // Where the job begins with a savepoint: its generation and epoch.
    std::optional<CheckpointId> savepoint;
    // Where the job was taken over: from when on no worker of the coordinator before does anything
    // (cluster::leases_end_us). Absent: it begins here.
    std::optional<int64_t> old_leases_end_us;
    job::Settings settings;
  };

  explicit JobMachine(const Job& job);

  // The first call starts it, whatever the event; a Tick will do.
  std::vector<job::Action> step(const job::Event& event, int64_t now_us);

  // When a Tick is due; absent while there is nothing but events to wait for.
  std::optional<int64_t> next_wakeup() const;

  job::Phase phase() const { return phase_; }
  // Of this life, or the last one; 0: there was none here.
  Generation generation() const { return generation_; }
  // Of this life, or of the next one.
  uint32_t parallelism() const { return parallelism_; }
  // By instance; empty where the job has no slots.
  const std::vector<WorkerId>& placement() const { return placement_; }
  // Whose answer the phase waits for.
  std::vector<WorkerId> workers_awaited() const;
  // What the phase waits for, for people: "needs 4 slots, 2 of 3 are free on 2 workers", or why the
  // store does not answer; may be empty.
  const std::string& trouble() const { return trouble_; }
  // In a row.
  uint32_t failures() const { return failures_; }
  // All that it knows, times from now on: equal exactly for machines that will do the same.
  std::string state_text(int64_t now_us) const;

 private:
  // What a worker may still be doing for earlier lives, or for this one.
  struct Worker {
    Generation generation;    // The highest for which it was given something to do.
    bool delivering = false;  // It was ordered to deliver, and the end was not heard of.
    bool lost = false;
    std::optional<Generation> told;  // To drop what is up to this one.
    int64_t told_us = 0;
  };

  bool is_foreign(const job::Event& event) const;
  void hear(const job::Event& event, int64_t now_us);
  void hear_store(const job::Event& event, int64_t now_us);
  void pass_time(int64_t now_us);

  // What people ask for, and what the cluster says.
  void stop_requested(bool save, int64_t now_us);
  void cancel_requested(int64_t now_us);
  void rescale_requested(uint32_t parallelism);
  void lost(WorkerId worker, int64_t now_us);

  // Recovery, from step to step.
  void wait();
  void call(job::Phase phase);
  void store_failed(const Error& error, int64_t now_us);
  void fenced(Generation generation, int64_t now_us);
  void fences_seen(const job::FencesSeen& seen, int64_t now_us);
  void stop(job::Phase phase, int64_t now_us);
  void drop_tasks(Generation generation, int64_t now_us);
  bool is_stopped(int64_t now_us);
  void replay(int64_t now_us);
  void replay_or_prepare(int64_t now_us);
  void prepare(int64_t now_us);
  void give(WorkerId worker);
  void answered(WorkerId worker, int64_t now_us);

  // A life that runs, and its end.
  void run(int64_t now_us);
  void take_last_if_wanted();
  void completed(Epoch epoch);
  void life_finished(bool input_ended, int64_t now_us);
  void life_failed(const Error& error, int64_t now_us);
  bool in_life() const;
  void end(job::Outcome outcome, std::optional<Error> error, int64_t now_us);
  void finish_end();
  template <typename What>
  void act(What what) {
    actions_.push_back({generation_, std::move(what)});
  }

  Job job_;  // Constant after construction.

  job::Phase phase_ = job::Phase::kWaiting;
  bool begun_ = false;
  std::optional<int64_t> deadline_us_;  // Of the phase: a time-out, or the end of a pause.
  std::string trouble_;
  Generation generation_;
  uint32_t parallelism_;
  std::vector<WorkerId> placement_;
  std::map<WorkerId, Worker> workers_;  // That may run something, of whatever life.
  std::set<WorkerId> awaited_;          // Whose answer the phase waits for.
  bool displaced_ = false;  // One of the placement was lost; the store is to answer yet.
  bool old_leases_over_;

  // The checkpoint that this life goes on from; once it runs, the newest that it completed.
  std::optional<CheckpointId> from_;
  bool replay_ = false;  // Its output is owed.
  bool last_ = false;    // Nothing follows it.

  bool calling_ = false;  // The store has not answered yet.
  uint32_t store_failures_ = 0;

  uint32_t failures_ = 0;
  uint32_t checkpoints_ = 0;  // That this life has completed.
  int64_t running_since_us_ = 0;
  int64_t again_us_ = 0;  // When the pause is over.

  // What was asked for.
  bool stop_ = false;
  bool save_ = false;
  uint32_t wanted_;  // Instances
  bool taking_last_ = false;
  std::vector<uint64_t> savepoints_;  // That wait for a checkpoint.

  // Where the job ends, once that is decided.
  std::optional<job::Outcome> outcome_;
  std::optional<Error> error_;

  std::vector<job::Action> actions_;
};

}  // namespace weir
