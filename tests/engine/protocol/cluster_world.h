// A model of a cluster that runs one job: coordinators (the real ClusterMachine, JobMachine,
// CheckpointMachine and recovery decisions), workers with the real Lease and clocks that run slow,
// connections that keep their order and break, a store that answers late or not at all, and sinks.
//
// A ClusterWorld is a value. choices() lists what may happen next, faults included as long as their
// budget lasts, apply() makes it happen, and after each step all invariants are checked:
// violation() says which one broke. Whoever drives it, an enumerator or a random number, only
// picks.
//
// The sinks are weaker than those of World: a delivery reads the marker of its slot in one step and
// writes output and marker in another, and nothing fences it in between. So two deliverers at once
// double the output, and what World leaves to the broker is shown here to follow from leases alone:
// - once a life has looked, no task of an earlier one delivers, nor does one of a job that ended;
// - of each split, rows 1, 2, 3, ... become visible in this order, each once, whatever happens;
// - no checkpoint of a life completes once a later life has looked;
// - when nothing fails any more, the job runs and finishes.
//
// Who is slow (a worker that hangs or its output, a coordinator that is stalled, a call of the
// store) does nothing by itself any more: only where it is picked.
#pragma once

#include "engine/protocol/checkpoint.h"
#include "engine/protocol/cluster.h"
#include "engine/protocol/job.h"
#include "engine/protocol/recovery.h"
#include "tests/engine/protocol/lane.h"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

namespace weir {

class ClusterWorld {
 public:
  // Each can be switched off, to show that it is needed and that the tests notice.
  struct Protections {
    bool waits_for_drop = true;      // Or for the worker's death, before it looks.
    bool waits_for_delivery = true;  // A lost worker is waited for where it may deliver.
    bool margin = true;              // Of a lease, for clocks that run slow.
    bool lease_from_sending = true;  // Of the heartbeat, not from the answer to it.
    bool obeys_lease = true;         // A worker stops by itself.
    bool old_leases = true;          // Whoever takes over waits them out.
    bool confirms_term = true;       // A coordinator renews only while its term lasts.
    bool generation_check = true;    // Messages of other generations are dropped.
    bool second_look = true;         // At the fences, after the base was written.
    bool checks_fence = true;        // After a manifest was written, before it counts.
  };

  enum class Fault : uint8_t {
    kCrash,      // The coordinator dies, and another one starts.
    kTakeover,   // Another coordinator starts while the old one goes on.
    kStall,      // The coordinator is slow.
    kKill,       // A worker dies, and starts again.
    kHang,       // A worker is slow, and nothing gets to it or comes from it.
    kSlow,       // The output of a worker is slow.
    kBreak,      // A connection breaks.
    kCutUp,      // Nothing gets from a worker to its coordinator,
    kCutDown,    // or the other way.
    kRepeat,     // Another copy of a message to a coordinator is under way for long.
    kHurry,      // Time passes while there is something to do.
    kStoreLost,  // A call of the store happens, and its answer is lost.
    kStoreFail,  // It fails.
    kStoreLate,  // It happens late.
    kTaskFail,
    kRescale,
    kStop,  // The job is stopped, and started again.
  };
  static constexpr size_t kFaults = 17;
  using Budget = std::array<uint8_t, kFaults>;

  struct Shape {
    std::vector<uint8_t> rows;    // By split
    std::vector<uint32_t> slots;  // By worker
    uint32_t parallelism = 1;
  };

  struct Choice {
    enum Kind : uint8_t {
      kUp,       // The first message of link `at` gets to its coordinator,
      kDown,     // or to its worker.
      kGone,     // The coordinator of link `at` notices that it is broken,
      kNotice,   // or the worker does.
      kDial,     // Worker `at` dials the newest coordinator.
      kBeat,     // Worker `at` sends a heartbeat.
      kExpire,   // Worker `at` finds that its lease has run out.
      kStray,    // Copy `at` of a message gets to its coordinator.
      kStore,    // The store takes the next step of call `at`.
      kWake,     // Coordinator `at` is woken,
      kConfirm,  // or confirms its term.
      kDeliver,  // Worker `at` takes a step of its first delivery.
      kRow,      // Worker `at` reads a row.
      kTime,     // It is later.
      kHeal,     // Link `at` works again, or what is slow goes on.
      kFault,    // Fault `fault`, from here on.
    };
    Kind kind;
    uint32_t at = 0;
    Fault fault = Fault::kCrash;

    bool is_fault() const { return kind == kFault; }
  };

  ClusterWorld(const Shape& shape, const Budget& budget, const Protections& protections);

  // With faults last, and, before them, in the order in which a calm world would do it.
  std::vector<Choice> choices() const;
  void apply(const Choice& choice);
  // Lets the first choice happen, without faults.
  void step_calmly();
  // Nothing is slow or broken any more: until the job has finished, or until it meets a state that
  // is known, from which it has done so before.
  void calm_down(std::unordered_set<size_t>* known = nullptr);

  bool finished() const { return finished_; }
  const std::string& violation() const { return violation_; }
  std::string describe(const Choice& choice) const;
  std::string key() const;
  // For those who want to know what was reached.
  uint64_t lives() const { return lives_; }
  uint64_t completed() const { return completed_; }
  int64_t now_us() const { return now_us_; }

 private:
  struct Instance {
    uint32_t index = 0;
    std::map<uint32_t, uint8_t> positions;  // By split
    std::vector<OutputRow> open;
    std::vector<Sealed> unsaved;
    Epoch last;
    Epoch ordered;
    bool stopped = false;
    std::optional<Epoch> final;
  };
  struct Tasks {
    Generation generation;
    uint32_t parallelism = 1;
    std::optional<CheckpointId> from;
    std::vector<Instance> instances;
    bool started = false;
  };
  struct Delivery {
    CheckpointId manifest;
    Generation generation;  // Of whoever ordered it.
    std::vector<uint32_t> slots;
    bool replay = false;
    std::optional<CheckpointId> marker;  // Of the first slot, once it was read.
  };
  struct Worker {
    bool hangs = false;
    bool slow = false;  // In what it delivers
    std::optional<Lease> lease;
    uint64_t beats = 0;
    int64_t hello_us = 0;  // By its clock
    std::optional<Tasks> tasks;
    std::vector<Delivery> deliveries;
    Generation dropped;
    // Its last number, and whose.
    uint32_t coordinator = 0;
    std::optional<WorkerId> number;
  };
  struct Down {
    enum Kind : uint8_t {
      kWelcome,
      kRenewed,
      kDrop,
      kReplay,
      kPrepare,
      kStart,
      kInject,
      kCancel,
      kCommit
    };
    Kind kind;
    Generation generation;
    uint64_t number = 0;  // Of a worker, a heartbeat, or an epoch
    bool last = false;
    std::optional<CheckpointId> checkpoint;
    uint32_t parallelism = 0;
    std::vector<uint32_t> places;  // Instances or slots
  };
  struct Up {
    enum Kind : uint8_t {
      kHello,
      kBeat,
      kDropped,
      kReplayed,
      kPrepared,
      kStarted,
      kFailed,
      kTaken,
      kFinished,
      kCommitted
    };
    Kind kind;
    Generation generation;
    uint64_t number = 0;  // Of a worker, a heartbeat, or an epoch
    uint32_t place = 0;   // Instance or slot
  };
  struct Link {
    uint32_t coordinator = 0;
    uint32_t worker = 0;
    WorkerId number;
    bool at_coordinator = true;  // Each end, until it notices.
    bool at_worker = true;
    bool cut_up = false;
    bool cut_down = false;
    std::deque<Up> up;
    std::deque<Down> down;
  };
  struct Manifest {
    std::vector<Epoch> reports;
    bool finished = false;
  };
  struct FileName {
    CheckpointId id;
    uint32_t instance;
    auto operator<=>(const FileName&) const = default;
  };
  struct File {
    std::map<uint32_t, uint8_t> positions;
    std::vector<Sealed> unsaved;
  };
  struct Call {
    enum Kind : uint8_t { kFence, kLook, kBase, kFences, kMark, kManifest, kRecord };
    Kind kind;
    uint32_t coordinator = 0;
    Generation generation;
    std::optional<CheckpointId> checkpoint;
    Manifest manifest;
    bool late = false;
    bool written = false;              // Of kManifest: but the fences were not looked at.
    std::optional<job::Event> answer;  // Once it was carried out.
    bool fenced = false;               // Of kManifest, once it was carried out.
    bool unheard = false;              // Nobody waits for the answer.
  };
  // A copy of a message, under way for long.
  struct Stray {
    uint32_t coordinator;
    WorkerId number;
    Up message;
  };
  using Mail = std::variant<cluster::Event, job::Event, checkpoint::Event>;
  struct Coordinator {
    bool alive = true;
    bool stalled = false;
    ClusterMachine cluster;
    JobMachine job;
    std::optional<CheckpointMachine> life;
    uint64_t workers = 0;
    int64_t confirmed_us = 0;
    std::deque<Mail> mail;
    bool reads = false;
    // What the CheckpointMachine knows and does not show, for the key.
    int64_t begun_us = 0;
    uint32_t orders = 0;
    std::map<uint32_t, Epoch> finals;
    bool ended = false;  // The job, here.
    bool again = false;  // It was stopped, and starts again.
  };

  // Deciding what may happen (cluster_world_choices.cc).
  void list_work(std::vector<Choice>& list, bool slow) const;
  void list_links(std::vector<Choice>& list, bool slow) const;
  void list_workers(std::vector<Choice>& list, bool slow) const;
  void list_rows(std::vector<Choice>& list, bool slow) const;
  void list_faults(std::vector<Choice>& list, bool busy) const;
  void list_link_faults(std::vector<Choice>& list) const;
  bool has_row(const Worker& worker) const;
  std::optional<int64_t> wakeup(const Coordinator& coordinator) const;
  std::optional<int64_t> next_time() const;
  bool left(Fault fault) const { return budget_[static_cast<size_t>(fault)] > 0; }

  // Coordinators (cluster_world_coordinator.cc).
  void add_coordinator();
  void tell(uint32_t at, Mail mail);
  void read_mail(uint32_t at);
  void hear_up(uint32_t link);
  void hear(uint32_t at, WorkerId worker, const Up& message);
  void perform(uint32_t at, const cluster::Action& action);
  void perform(uint32_t at, const job::Action& action);
  void perform_store(uint32_t at, const job::Action& action);
  void perform_order(uint32_t at, const job::Action& action);
  void perform_life(uint32_t at, const job::Action& action);
  void perform(uint32_t at, const checkpoint::Action& action);
  void hear_life(uint32_t at, checkpoint::Event event);
  void inject(uint32_t at, const checkpoint::Action& action);
  void order_commit(uint32_t at, CheckpointId id, const std::vector<SlotIndex>& slots);
  void ended(uint32_t at, const job::Ended& ended);
  void check_prepared(uint32_t at, const job::Start& start);
  void send_down(uint32_t at, WorkerId worker, Down message);

  // The store (cluster_world_store.cc).
  void call(Call call) { calls_.push_back(std::move(call)); }
  void store(uint32_t at);
  void carry_out(Call& call);
  job::Event take_fence(const Call& call);
  job::Event look(const Call& call);
  void answer(uint32_t at);
  void refuse(const Call& call);
  void collect(CheckpointId id);
  JobObjects objects() const;

  // Workers (cluster_world_worker.cc).
  int64_t clock_of_workers() const { return now_us_ * 9 / 10; }
  bool is_expired(const Worker& worker) const;
  void dial(uint32_t at);
  void hear_down(uint32_t link);
  void prepare(uint32_t at, const Down& message);
  void start(uint32_t at, const Down& message);
  void read_row(uint32_t at);
  void inject(uint32_t at, const Down& message);
  void snapshot(uint32_t at, Instance& instance, Epoch epoch);
  void commit(uint32_t at, const Down& message);
  void deliver(uint32_t at);
  void write_output(const Delivery& delivery);
  void drop(Worker& worker, Generation generation);
  void stop(uint32_t at);
  void send_up(uint32_t at, Up message);
  Link* link_of(uint32_t worker);  // That it believes in, or null.
  const Link* link_of(uint32_t worker) const;

  // The rest (cluster_world.cc).
  void apply_fault(const Choice& choice);
  void confirm(uint32_t at);
  void wake(uint32_t at);
  void break_link(uint32_t at);
  void heal(uint32_t at);
  void sweep_links();
  void violate(std::string what);

  // (cluster_world_key.cc)
  void write_worker_key(std::string& key, const Worker& worker) const;
  static void write_link_key(std::string& key, const Link& link);
  void write_coordinator_key(std::string& key, const Coordinator& coordinator) const;
  void write_store_key(std::string& key) const;

  const Shape* shape_;
  Protections protections_;
  Budget budget_;
  int64_t now_us_ = 0;
  uint32_t parallelism_;  // What the job's record says.
  std::vector<Coordinator> coordinators_;
  std::vector<Worker> workers_;
  std::vector<Link> links_;
  std::vector<Call> calls_;
  std::vector<Stray> strays_;
  bool rows_taken_ = false;  // Since an epoch began.

  // The store, and the sinks.
  std::set<Generation> fences_;
  std::map<Generation, std::optional<CheckpointId>> bases_;
  std::map<CheckpointId, Manifest> manifests_;
  std::set<CheckpointId> commit_records_;
  std::map<FileName, File> files_;
  std::map<uint32_t, CheckpointId> markers_;  // By slot
  std::vector<uint8_t> visible_;              // By split: how many rows.

  Generation past_;  // Lives below it are over: a later one has looked, or the job has ended.
  bool finished_ = false;
  std::string violation_;
  uint64_t lives_ = 0;
  uint64_t completed_ = 0;
};

}  // namespace weir
