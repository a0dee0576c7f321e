// The control process of a cluster: which jobs there are, which workers, and who runs where.
//
// The loop around a ClusterMachine (engine/protocol/cluster.h), with one JobControl for each job.
// Workers come over sessions that a transport holds: it calls hello(), heard(), heartbeat() and
// broken(), from any thread, and is called through CoordinatorLink, from several threads; neither
// side blocks the other. People and programs come over ClusterApi.
//
// It leads while no later term has begun in the store, and looks at that each second. One that does
// not lead any more renews no lease, writes nothing, and says so by `stood_down`.
#pragma once

#include "engine/protocol/cluster.h"
#include "runtime/coordinator/cluster_api.h"
#include "runtime/coordinator/job_control.h"
#include "runtime/coordinator/job_record.h"
#include "runtime/rpc/control_server.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace weir {

struct CoordinatorLink {
  std::function<void(SessionId, const Welcome&)> welcome;
  std::function<void(SessionId, const std::string& reason)> refuse;
  std::function<void(SessionId, const ToWorker&)> send;
  std::function<void(SessionId, uint64_t beat)> renew;
  std::function<void(SessionId)> close;
};

struct CoordinatorSetup {
  SnapshotStore* store = nullptr;  // Outlives the coordinator.
  std::string store_name;          // What workers are told: what --store says.
  std::string savepoints;          // Where savepoints go that nobody named a folder for.
  std::string version;             // Of the engine; workers must have the same.
  JobReader read_job;
  ExpressionReader read_expression;
  cluster::Settings settings;
  uint32_t batch_rows = 4096;
  // That are shown. Of older ones the store keeps their lineage and nothing else.
  size_t ended_jobs_max = 100;
  CoordinatorLink link;
  std::function<void(const std::string& job, const JobEvent&)> job_changed;  // For the log
  std::function<void(const std::string& event, const std::string& detail)> note;
  std::function<void(const Error&)> stood_down;  // Once; must not block.
};

class Coordinator : public ClusterApi {
 public:
  // Begins a term and takes over the jobs that have not ended. Blocks on the store.
  static Result<std::unique_ptr<Coordinator>> begin(CoordinatorSetup setup);
  // Jobs go on where they are until the leases of their workers run out.
  ~Coordinator() override;
  // Its leadership is over: it renews no lease, closes the sessions of its workers, writes nothing,
  // and says so by `stood_down`. Does not block.
  void stand_down(const Error& why);

  void hello(SessionId session, const Hello& hello);
  void heard(SessionId session, FromWorker report);
  void heartbeat(SessionId session, uint64_t beat);
  void broken(SessionId session, const Error& reason);

  // Where it can be reached, for the view of the cluster.
  void listens_on(const std::string& address);

  Answer<std::string> submit(const SubmitRequest& request) override;
  Answer<std::vector<JobView>> jobs() override;
  Answer<JobView> job(const std::string& job) override;
  Answer<SavepointView> stop(const PlaceForSavepoint& request) override;
  Answer<SavepointView> savepoint(const PlaceForSavepoint& request) override;
  Answer<Done> cancel(const std::string& job) override;
  Answer<Done> rescale(const std::string& job, uint32_t parallelism) override;
  Answer<PlanView> plan(const std::string& job) override;
  Answer<std::vector<CheckpointView>> checkpoints(const std::string& job) override;
  Answer<WhyView> why(const std::string& job) override;
  Answer<std::vector<JobEvent>> logs(const std::string& job) override;
  ClusterView cluster() override;

 private:
  struct Member {
    SessionId session;
    Hello hello;
    int64_t joined_at = 0;
  };
  struct Entry {
    JobRecord record;
    std::shared_ptr<JobControl> control;  // Null: it ended before this term.
    bool ended = false;
  };

  explicit Coordinator(CoordinatorSetup setup);

  Status take_over();
  Status run_job(JobRecord record, std::optional<int64_t> old_leases_end_us);
  ClusterPort port_of(const std::string& job);
  void run();
  void look_at_term();
  void job_ended(const std::string& job, std::optional<JobState> state,
                 const std::optional<Error>& error);
  void note_unwritten(const std::string& job, const Status& written);
  void write_unwritten();
  void forget_ended();
  void clear_forgotten();
  Result<bool> clear(const PastJob& job);
  void send(WorkerId worker, const ToWorker& order);
  std::string exchange_address(WorkerId worker) const;

  // REQUIRES for these: mutex_ is held.
  void step(const cluster::Event& event);
  void perform(const cluster::Action& action);
  std::optional<WorkerId> worker_of(SessionId session) const;
  const Entry* find_entry(const std::string& job) const;
  Refusal unknown(const std::string& job) const;
  JobView view_of(const Entry& entry) const;

  Answer<std::shared_ptr<JobControl>> running(const std::string& job, const char* what) const;
  // Nothing if there is no such job.
  Status change_record(const std::string& job, const std::function<void(JobRecord&)>& change);
  std::optional<Refusal> why_not(const JobRecord& wanted) const;
  std::vector<std::string> jobs_to_forget() const;
  std::string savepoint_folder(const PlaceForSavepoint& request, const std::string& id) const;

  const CoordinatorSetup setup_;  // Constant after construction.
  JobRegistry registry_;
  const int64_t began_at_;

  std::deque<PastJob> forgotten_;  // Still to be cleared out of the store. Owned by thread_.

  std::mutex submit_mutex_;  // One job is submitted at a time.
  std::mutex record_mutex_;  // Records are changed and written one at a time. Before mutex_.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;  // All guarded by mutex_.
  bool leads_ = true;
  ClusterMachine machine_;
  uint64_t last_worker_ = 0;
  std::map<WorkerId, Member> members_;  // Those that are connected.
  std::map<WorkerId, std::string> addresses_;
  std::map<std::string, Entry> jobs_;    // By id
  std::vector<std::string> order_;       // Ids, as they were submitted.
  std::map<std::string, PastJob> past_;  // Jobs that are not shown any more.
  // For jobs whose control is being made.
  std::map<std::string, std::vector<decltype(job::Event::what)>> early_;
  std::set<std::string> unwritten_;  // Jobs that have ended, and whose records do not say so yet.
  std::string address_;
  std::thread thread_;
};

}  // namespace weir
