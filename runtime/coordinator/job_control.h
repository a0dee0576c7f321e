// One job on a coordinator, over all its lives: the loop around a JobMachine (engine/protocol),
// which decides, and around the life that runs (life_control.h).
//
// It has a thread of its own, because it waits for the store. Everything that happens is handed to
// it, by any thread, and done in order; what it wants of the cluster it asks for through functions
// that it was given, which its thread calls and which must not call back, nor block unless they say
// so.
#pragma once

#include "engine/protocol/job.h"
#include "runtime/coordinator/job_view.h"
#include "runtime/coordinator/life_control.h"
#include "runtime/coordinator/pressure.h"
#include "runtime/coordinator/recovery.h"
#include "state/job_history.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace weir {

struct JobSetup {
  std::string id;       // Names the job in the store, and in messages.
  JobGraph graph;       // What is to run; its name too.
  PlanOptions options;  // How many instances, at first.
  uint32_t batch_rows = 4096;
  bool is_kept = true;    // Whether a later life can go on from its checkpoints.
  std::string savepoint;  // Folder of the savepoint that it begins with; empty: none.
  bool forks = false;     // With a lineage of its own.
  // The savepoint's id, where it is known already: the folder is then looked at only by a job that
  // never ran.
  std::optional<CheckpointId> savepoint_id;
  std::optional<int64_t> old_leases_end_us;  // JobMachine::Job
  job::Settings settings;
  int64_t submitted_at = 0;  // Wall clock, microseconds
};

// What a job wants of the cluster that it runs on.
struct ClusterPort {
  std::function<void(uint32_t parallelism)> want;
  std::function<void()> release;
  std::function<void(WorkerId, const Error&)> give_up;
  std::function<void(WorkerId, ToWorker)> send;
  std::function<std::string(WorkerId)> exchange_address;
  // Whether no later coordinator has begun its term; may block. Null: there is never one.
  std::function<Result<bool>()> leads;
  // Whether the store says that the job has ended: then somebody newer has ended it, and may have
  // removed what there was to go on from. May block. Null: it never does.
  std::function<Result<bool>()> has_ended;
  std::function<void(const JobEvent&)> changed;  // Another state, or the same for another reason
  // The last call; absent: somebody newer runs the job.
  std::function<void(std::optional<JobState>, const std::optional<Error>&)> ended;
};

class JobControl {
 public:
  // `store` outlives it. kUser where the savepoint cannot be read or does not fit.
  static Result<std::unique_ptr<JobControl>> begin(JobSetup setup, SnapshotStore& store,
                                                   ClusterPort port);
  ~JobControl();
  JobControl(const JobControl&) = delete;
  JobControl& operator=(const JobControl&) = delete;

  // Ends its thread wherever the job is: workers are told nothing, and from its return on the port
  // is not used any more. What it is told then comes to nothing. The destructor does so, too.
  void close();
  // Whether its thread has come to its end: close() does not wait then.
  bool is_over() const;

  // Granted, NotYet, WorkerLost, WorkerDead, CancelRequested, RescaleRequested.
  void tell(decltype(job::Event::what) event);
  void hear(WorkerId from, FromWorker report);
  // A last checkpoint, and the end; with a savepoint of it where there is a folder.
  std::optional<SavepointView> stop(const std::string& savepoint_folder);
  // Of the next complete checkpoint. Of a job that has ended, or ends before there is one, it is
  // kFailed.
  SavepointView save(const std::string& folder);

  JobView view() const;
  WhyView why() const;
  std::vector<CheckpointView> checkpoints() const;
  // The newest thousand.
  std::vector<JobEvent> events() const;
  PlanView plan() const;
  // Of the life that runs, or ran last.
  TaskReports reports() const;
  // Absent: the job is one epoch long.
  std::optional<CheckpointTotals> checkpoint_totals() const;
  // What the first life of this control went on from.
  std::optional<CheckpointId> restored_from() const;
  // Empty as long as no life of it has begun.
  std::string lineage() const;
  // The newest complete checkpoint, of any life, that is known here.
  std::optional<CheckpointId> newest() const;
  // Why it, or its last life, failed; absent: it has not.
  std::optional<Error> failure() const;

 private:
  struct Report {
    WorkerId from;
    FromWorker report;
  };
  using Mail = std::variant<decltype(job::Event::what), Report>;

  // A plan, and what runs by it.
  struct Running {
    Plan plan;
    std::vector<WorkerId> peers;
    std::vector<PeerIndex> placement;  // By TaskId
    std::unique_ptr<LifeControl> control;
    bool is_over = false;
  };

  // What a checkpoint under way waits for.
  struct Awaited {
    checkpoint::Phase phase = checkpoint::Phase::kIdle;
    std::vector<TaskId> tasks;
    std::vector<SlotIndex> slots;
  };

  JobControl(JobSetup setup, SnapshotStore& store, ClusterPort port, std::optional<Origin> origin);

  void give(Mail mail);
  void run();
  std::optional<Mail> next_mail();
  void tick();
  void handle(Mail mail);
  void handle_report(const Report& report);
  void step(job::Event event);
  LifeControl* running() const;  // Null: none.
  void follow_life();
  PlannedJob planned(uint32_t parallelism) const;

  void show();
  void show_progress(PeerIndex from, const report::Progress& progress);
  void show_memory(PeerIndex from, const report::Prepared& prepared);
  void note_checkpoints(const CheckpointControl& checkpoints);
  JobState state() const;
  uint64_t add_savepoint(const std::string& folder);
  SavepointView& savepoint_view(uint64_t id);
  std::vector<PressureView> pressure_views() const;
  void give_up_savepoints();

  // Actions of the machine.
  void perform(Generation generation, const job::Want& want);
  void perform(Generation generation, const job::Release& release);
  void perform(Generation generation, const job::GiveUp& given_up);
  void perform(Generation generation, const job::TakeFence& fence);
  void perform(Generation generation, const job::Look& look);
  void perform(Generation generation, const job::WriteBase& base);
  void perform(Generation generation, const job::AdoptSavepoint& savepoint);
  void perform(Generation generation, const job::LookAtFences& look);
  void perform(Generation generation, const job::WriteCommitRecord& record);
  void perform(Generation generation, const job::WriteSavepoint& savepoint);
  void perform(Generation generation, const job::RefuseSavepoints& refused);
  void perform(Generation generation, const job::Drop& drop);
  void perform(Generation generation, const job::Replay& replay);
  void perform(Generation generation, const job::Prepare& prepare);
  void perform(Generation generation, const job::Start& start);
  void perform(Generation generation, const job::Run& run);
  void perform(Generation generation, const job::TakeLast& last);
  void perform(Generation generation, const job::EndLife& end);
  void perform(Generation generation, const job::Ended& ended);
  template <typename What>
  void answer(Generation generation, const Status& status, What what);
  Status adopt(Generation generation);
  Status write_savepoint(CheckpointId id, const std::string& folder);
  void begin_life(Generation generation, const std::vector<WorkerId>& by_instance);

  const JobSetup setup_;  // Constant after construction.
  // Where the savepoint had to be looked at: what the store holds already may be of another job.
  const std::optional<Origin> origin_;
  SnapshotStore& store_;
  const ClusterPort port_;
  JobHistory history_;

  // Owned by the thread.
  JobMachine machine_;
  std::deque<job::Event> events_due_;
  bool stepping_ = false;
  std::optional<RecoveryPoint> point_;  // What the life goes on from.
  std::optional<CheckpointId> told_complete_;
  uint64_t given_up_ = 0;  // Of this life, as far as it was told.
  bool over_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Mail> mail_;  // Guarded by mutex_,
  bool closed_ = false;    // and so is all that is shown:
  bool thread_over_ = false;
  std::unique_ptr<Running> running_;
  TaskReports reports_;      // Of the life that runs, or ran last.
  bool has_epochs_ = false;  // LifeControl::has_epochs
  JobView view_;
  std::deque<JobEvent> events_;
  std::deque<CheckpointView> checkpoints_;
  uint64_t last_savepoint_ = 0;  // That of the stop; 0: none.
  bool stopping_ = false;
  std::optional<job::Outcome> outcome_;
  std::optional<Error> failure_;
  Awaited awaited_;
  Pressure pressure_;
  JobTotals totals_before_;
  int64_t totals_at_ = 0;
  std::optional<CheckpointId> restored_from_;
  std::string lineage_;
  std::optional<CheckpointId> newest_;
  std::thread thread_;
};

}  // namespace weir
