// Takes the checkpoints of one life of a job: the loop's half around a CheckpointMachine, which
// decides. Its orders go to the workers; manifests and commit records it writes itself.
//
// Owned by whoever runs the life, who hands it every report of a worker, and called by one thread.
// Calls may block on the store.
#pragma once

#include "engine/plan/plan.h"
#include "engine/protocol/checkpoint.h"
#include "runtime/messages/job_report.h"
#include "runtime/messages/messages.h"
#include "state/job_history.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weir {

struct CheckpointSetup {
  CheckpointId base;                   // The generation, and the epoch that it goes on from.
  std::optional<CheckpointId> parent;  // What the job goes on from; absent: it starts afresh.
  std::string lineage;
  std::string script;
  checkpoint::Settings settings;
  std::vector<PeerIndex> placement;  // By TaskId
  uint32_t peers = 1;
};

// How a life ended that no worker's failure ended.
struct CheckpointEnd {
  Status status;
  bool input_ended = false;
};

// The newest complete checkpoint.
struct LastCheckpoint {
  CheckpointId id;
  int64_t began_us = 0;     // Of a monotonic clock
  int64_t duration_us = 0;  // Until its manifest was durable.
  uint64_t bytes = 0;       // Of all objects that its manifest names.
};

struct GivenUp {
  CheckpointId id;
  int64_t began_us = 0;
  int64_t duration_us = 0;
  Error reason;
};

class CheckpointControl {
 public:
  using Send = std::function<void(PeerIndex, decltype(ToWorker::what))>;

  // `history` outlives it. The workers run the tasks by now.
  CheckpointControl(const Plan& plan, JobHistory& history, CheckpointSetup setup, Send send,
                    int64_t now_us);

  // Those of checkpoints; every other one is passed over.
  void hear(const decltype(FromWorker::what)& report, int64_t now_us);
  // One last checkpoint, and then the end.
  void request_stop(int64_t now_us);
  // It is next_wakeup(), or later.
  void tick(int64_t now_us);
  std::optional<int64_t> next_wakeup() const { return machine_.next_wakeup(); }

  const std::optional<CheckpointEnd>& ended() const { return end_; }
  const CheckpointTotals& totals() const { return totals_; }
  // The newest whose manifest is durable.
  const std::optional<LastCheckpoint>& last() const { return last_; }
  // The newest whose output is committed too; of this life.
  const std::optional<CheckpointId>& completed() const { return completed_; }
  // Why the newest of those that were given up was.
  const std::optional<GivenUp>& given_up() const { return given_up_; }
  const CheckpointMachine& machine() const { return machine_; }

 private:
  void step(checkpoint::Event event, int64_t now_us);
  // Whether every task and slot that it names is one of the plan.
  bool names_ours(const decltype(FromWorker::what)& report) const;
  void take_in(const report::SnapshotTaken& taken);
  void perform(const checkpoint::Action& action, int64_t now_us);
  // When it began: now, if nothing was heard of it before.
  int64_t began_us(CheckpointId id, int64_t now_us);
  void store_manifest(CheckpointId id, const checkpoint::StoreManifest& order, int64_t now_us);
  Manifest manifest(CheckpointId id, const checkpoint::StoreManifest& order) const;
  void commit(CheckpointId id, const std::vector<SlotIndex>& slots);
  void write_commit_record(CheckpointId id);
  CheckpointId id_of(Epoch epoch) const { return {setup_.base.generation, epoch}; }
  template <typename What>
  void order_all(const What& what) {
    for (uint32_t peer = 0; peer < setup_.peers; ++peer) send_(PeerIndex(peer), what);
  }

  JobHistory& history_;
  const CheckpointSetup setup_;
  const Send send_;
  const uint32_t key_groups_;
  const uint32_t parallelism_;

  CheckpointMachine machine_;
  std::deque<checkpoint::Event> events_;
  std::vector<std::map<Epoch, TaskSnapshot>> reports_;  // By TaskId
  std::vector<SlotOutput> slots_;                       // By SlotIndex: what was not committed,
  std::vector<PeerIndex> slot_peers_;                   // and where its task runs.
  std::optional<CheckpointId> parent_;
  std::set<CheckpointId> in_flight_;
  // Of epochs that are not complete. One begins with its barriers, or with the first task that
  // ends; where all had ended before, when it is stored.
  std::map<CheckpointId, int64_t> began_us_;
  CheckpointTotals totals_;
  std::optional<LastCheckpoint> last_;
  std::optional<CheckpointId> completed_;
  std::optional<GivenUp> given_up_;
  std::optional<CheckpointEnd> end_;
};

}  // namespace weir
