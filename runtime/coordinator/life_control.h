// The coordinator's half of one life of a job, from the moment that it has fenced and looked: what
// the workers are to know to replay, prepare and start, and then checkpoints (docs/decisions/0016).
// When it is time for which is decided elsewhere (engine/protocol/job.h).
//
// Owned by whoever decides when lives begin and end, who hands it every report of this generation,
// and called by one thread. Calls may block on the store.
#pragma once

#include "engine/plan/plan.h"
#include "runtime/coordinator/checkpoint_control.h"
#include "runtime/coordinator/recovery.h"
#include "runtime/messages/messages.h"
#include "state/job_history.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct LifeSetup {
  JobGraph graph;
  PlanOptions options;
  Life life;
  std::vector<std::string> peers;    // Exchange addresses; one entry, empty: all in one process.
  std::vector<PeerIndex> placement;  // By TaskId
  uint32_t batch_rows = 0;
  bool is_kept = true;  // Whether a later life can go on from its checkpoints.
};

class LifeControl {
 public:
  using Send = CheckpointControl::Send;

  // `plan`, of the graph and the options, and `history` outlive it.
  LifeControl(const Plan& plan, JobHistory& history, LifeSetup setup, Send send);

  void replay(PeerIndex by);
  void prepare();
  // After all are prepared. kUser where the plan does not fit the checkpoint.
  Status start();
  // After all have started: takes checkpoints from now on.
  void run(int64_t now_us);

  // Failures (report::Failed, TaskFailed) are the owner's business and passed over here.
  void hear(PeerIndex from, const decltype(FromWorker::what)& report, int64_t now_us);

  void request_stop(int64_t now_us);
  void tick(int64_t now_us);
  std::optional<int64_t> next_wakeup() const;
  // How it ended; null if it has not.
  const CheckpointEnd* ended() const;

  // Null before run().
  const CheckpointControl* checkpoints() const { return checkpoints_ ? &*checkpoints_ : nullptr; }
  // Whether the job has epochs; otherwise it is one epoch long. After kPrepared.
  bool has_epochs() const { return has_epochs_; }

 private:
  void take_in(const report::Prepared& prepared);
  void take_in(const report::SplitsFound& found);
  void take_in(PeerIndex from, const report::SplitsKnown& known);
  void pass_on(PeerIndex from, const report::Standings& standings);
  template <typename What>
  void order_all(const What& what) {
    for (uint32_t peer = 0; peer < setup_.peers.size(); ++peer) send_(PeerIndex(peer), what);
  }

  const Plan& plan_;
  JobHistory& history_;
  const LifeSetup setup_;
  const Send send_;

  std::vector<DeclaredTable> tables_;
  std::vector<JobSplit> splits_;        // Of the job, by SplitId
  std::vector<uint64_t> splits_known_;  // How many of them each worker knows,
  uint64_t splits_read_ = 0;            // and how many may be read.
  bool is_bounded_ = true;
  bool waits_in_memory_ = false;
  bool has_epochs_ = true;
  bool stop_requested_ = false;
  std::vector<decltype(FromWorker::what)> early_;  // Of checkpoints, before run().
  std::optional<CheckpointControl> checkpoints_;
};

}  // namespace weir
