// The workers of a cluster and their slots, as one coordinator sees them in one term: who is alive,
// and which job runs where. A pure machine.
//
// One ClusterMachine lives as long as one term of a coordinator. Its owner (the loop of the
// coordinator) hands it every event with the time, performs the actions that it answers, in their
// order, and calls step with a Tick when next_wakeup() is due; it owns no thread, clock or socket,
// and one thread calls it. Times are microseconds of one monotonic clock of the coordinator.
//
//   A worker is   From                              Until                         Gets work
//   ------------  --------------------------------  ----------------------------  -----------
//   alive         WorkerJoined                      its connection breaks, or no  yes
//                                                   heartbeat came for a lease
//   lost          then: WorkerLost                  a lease and a margin after    no
//                                                   it was last renewed
//   dead          then, or when it says so itself:  (forgotten)                   no
//                 WorkerDead
//
// A lost worker may go on until its lease runs out: it is never renewed again, and joins anew under
// a new number. It counts its lease from when it sent the heartbeat that was renewed (lease.h), on
// its own clock; the margin is for the difference in rate between two clocks, and for the time in
// which a worker that finds its lease run out stops.
//
// A coordinator renews leases only while its own term lasts, where settings say how long a
// confirmation of the term holds (`term_us`): whoever takes over then knows when the last lease of
// its predecessor runs out, without a word from it (leases_end_us).
//
// Placement. A job wants one slot for each instance number: instance i of every chain shares slot
// i, so that what is connected forward is together. An instance goes back to where it was if there
// is room, else to the worker with the smallest share of its slots in use. A job gets all its slots
// or none. Jobs that wait are served in the order in which they first asked (one that restarts
// keeps its place); one that does not fit holds back those behind it for `patience_us` at most, and
// then those that fit go first, since a slot that waits for a job that may never fit serves nobody.
#pragma once

#include "engine/protocol/lease.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

namespace cluster {

// `worker` is a number that its owner made, above all before it in this term.
struct WorkerJoined {
  WorkerId worker;
  uint32_t slots = 1;
  // The number under which the same process joined this term before, if it did. It has stopped all
  // that it ran since, so that one is dead.
  std::optional<WorkerId> before;
};
struct Heartbeat {
  WorkerId worker;
  uint64_t beat = 0;
};
// Its connection is broken, or the owner has had enough of it (job::GiveUp).
struct WorkerBroken {
  WorkerId worker;
};
// It has stopped all that it ran, and goes.
struct WorkerLeft {
  WorkerId worker;
};
// So many slots, or so many instead of those that the job has, which are taken back. Answered at
// once, by Grant or by NotYet; after NotYet by a Grant, some time. REQUIRES: parallelism > 0.
struct Want {
  std::string job;
  uint32_t parallelism = 1;
};
// The job wants no slots any more.
struct Release {
  std::string job;
};
// The term was still ours at some moment after `asked_us`.
struct TermConfirmed {
  int64_t asked_us = 0;
};
struct Tick {};

using Event = std::variant<WorkerJoined, Heartbeat, WorkerBroken, WorkerLeft, Want, Release,
                           TermConfirmed, Tick>;

// Tell the worker that this heartbeat has renewed its lease.
struct Renew {
  WorkerId worker;
  uint64_t beat = 0;
};
// Close its connection. Tell every JobMachine; `jobs` are those that had slots there.
struct WorkerLost {
  WorkerId worker;
  std::vector<std::string> jobs;
};
// It certainly does nothing any more. Follows WorkerLost. Tell every JobMachine.
struct WorkerDead {
  WorkerId worker;
};
struct Grant {
  std::string job;
  std::vector<WorkerId> workers;  // By instance
};
// Again when the reason has changed.
struct NotYet {
  std::string job;
  std::string reason;  // "needs 4 slots, 2 of 3 are free on 2 workers"
};

using Action = std::variant<Renew, WorkerLost, WorkerDead, Grant, NotYet>;

struct Settings {
  int64_t lease_us = 3'000'000;
  int64_t margin_us = 500'000;
  int64_t patience_us = 10'000'000;
  // How long after it was asked for a confirmation of the term allows to renew leases. Absent:
  // always, since there is no other coordinator. The term counts as confirmed when it begins.
  std::optional<int64_t> term_us;
};

// From when on no worker that a coordinator with these settings renewed does anything any more, if
// its term was over at `over_us`: it was dead, or every later confirmation would have failed.
int64_t leases_end_us(const Settings& settings, int64_t over_us);

struct WorkerView {
  WorkerId worker;
  uint32_t slots = 0;
  uint32_t used = 0;
  bool lost = false;
  int64_t dead_us = 0;  // When it is dead unless it is renewed.

  bool operator==(const WorkerView&) const = default;
};

}  // namespace cluster

class ClusterMachine {
 public:
  ClusterMachine(const cluster::Settings& settings, int64_t now_us);

  std::vector<cluster::Action> step(const cluster::Event& event, int64_t now_us);

  // When a Tick is due; absent while there is nothing to wait for.
  std::optional<int64_t> next_wakeup() const;

  // Those that are not dead, by number.
  std::vector<cluster::WorkerView> workers() const;
  // Whether the job could run with so many instances now, if it gave back what it has.
  bool would_fit(const std::string& job, uint32_t parallelism) const;
  // All that it knows, times from now on: equal exactly for machines that will do the same.
  std::string state_text(int64_t now_us) const;

 private:
  struct Worker {
    uint32_t slots = 0;
    int64_t renewed_us = 0;
    bool lost = false;
  };
  struct Job {
    uint64_t asked = 0;  // Place in the order of those that wait.
    uint32_t parallelism = 0;
    bool waits = false;
    int64_t waits_since_us = 0;
    std::vector<WorkerId> workers;  // By instance: where it is, or was.
    std::string reason;             // Of its last NotYet.
  };

  void hear(const cluster::Event& event, int64_t now_us);
  void pass_time(int64_t now_us);
  void join(const cluster::WorkerJoined& joined, int64_t now_us);
  void beat(const cluster::Heartbeat& heartbeat, int64_t now_us);
  void lose(WorkerId worker);
  void bury(WorkerId worker);
  void want(const cluster::Want& want, int64_t now_us);
  void serve(int64_t now_us);
  std::map<WorkerId, uint32_t> free_slots(const std::string& except) const;
  std::vector<WorkerId> place(const Job& job, std::map<WorkerId, uint32_t> free) const;
  std::string reason_of(const Job& job) const;
  std::vector<std::pair<uint64_t, std::string>> waiting() const;

  cluster::Settings settings_;  // Constant after construction.
  int64_t confirmed_us_;
  uint64_t asked_ = 0;
  std::optional<int64_t> held_back_until_us_;  // Jobs behind one that does not fit.
  std::map<WorkerId, Worker> workers_;
  std::map<std::string, Job> jobs_;
  std::vector<cluster::Action> actions_;
};

}  // namespace weir
