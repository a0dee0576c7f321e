// A worker: runs the parts of jobs that a coordinator places here, for as long as its lease lasts.
//
// It has a thread of its own that beats, watches the lease (engine/protocol/lease.h), and hands
// orders to the parts. When the lease runs out it stops all that it runs, by itself, and joins
// anew; so it does when it is welcomed anew, since whoever welcomes it knows nothing of what it
// ran.
//
// What connects it to a coordinator calls welcomed(), heard(), renewed() and broken(), from any
// thread; none blocks. What it says goes out by the functions of WorkerLink, which it calls from
// several threads and which must not block.
#pragma once

#include "engine/protocol/lease.h"
#include "runtime/worker/job_part.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace weir {

struct WorkerLink {
  std::function<void()> connect;  // Says Hello, again if there was a connection.
  std::function<void(const FromWorker&)> send;
  std::function<void(uint64_t)> beat;
};

// What connects tasks here with tasks of other workers.
struct Peers {
  // As ConnectPeers, for a life of a job.
  std::function<Result<std::shared_ptr<void>>(
      const std::string& job, Generation generation, const order::Prepare& life,
      const std::vector<RemoteEnd>& outbound, const std::vector<RemoteEnd>& inbound,
      std::function<void(Error)> failed)>
      connect;
  // Lives of the job below this generation are refused from now on.
  std::function<void(const std::string& job, Generation)> refuse_below;
};

// What runs on a worker now.
struct WorkerTotals {
  bool registered = false;  // A coordinator has this worker, and the lease lasts.
  size_t jobs = 0;
  size_t tasks = 0;
  uint64_t state_bytes = 0;
};

struct WorkerSetup {
  ConnectorFactory connectors;
  Peers peers;  // Empty: the only worker there is.
  // The store that a coordinator names. kUser where it is not the coordinator's.
  std::function<Result<std::shared_ptr<SnapshotStore>>(const Welcome&)> open_store;
  size_t executors = 1;  // Of each part
  // Of each part, as PartSetup has them.
  uint64_t state_bytes = std::numeric_limits<uint64_t>::max();
  std::string work_folder;
  // As PartSetup has them.
  uint64_t memory = 0;
  uint32_t slots = 0;
  // Own memory of this process, now, in bytes; asked with each beat. Null: nobody looks.
  std::function<uint64_t()> own_memory;
  WorkerLink link;
  // For the log of the process: joined, lost, lease run out.
  std::function<void(const std::string& event, const std::string& detail)> note;
  // It cannot go on: called once, by the worker's thread.
  std::function<void(const Error&)> failed;
};

class Worker {
 public:
  explicit Worker(WorkerSetup setup);
  // Stops all that runs here.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Dials; from then on it keeps itself connected.
  void start();

  void welcomed(Welcome welcome);
  void heard(ToWorker order);
  void renewed(uint64_t beat);
  void broken(Error reason);
  void refused(const std::string& reason);

  WorkerTotals totals() const;
  // Of a job that runs here, as of a moment ago.
  TaskReports reports(const std::string& job) const;

 private:
  struct Joined {
    Welcome welcome;
    int64_t said_hello_us;  // That it answers, or earlier.
  };
  struct Renewed {
    uint64_t beat;
  };
  struct Gone {
    std::string job;
    std::optional<Generation> answered;  // A Drop of this generation is to be answered.
    uint64_t joined = 0;                 // The membership that it ran under.
    uint64_t retirement = 0;             // Its thread
  };
  using Mail = std::variant<Joined, ToWorker, Renewed, Error, Gone>;
  struct Part {
    Generation generation;
    std::shared_ptr<JobPart> part;
  };

  void give(Mail mail);
  void run();
  std::optional<Mail> next_mail();
  void handle(const Joined& joined);
  void handle(ToWorker& order);
  void handle(const Renewed& renewed);
  void handle(const Error& reason);
  void handle(const Gone& gone);
  void connect();
  void look_at_lease();
  void obey_drop(const std::string& job, Generation generation);
  void retire(const std::string& job, std::optional<Generation> answered);
  void retire_all();
  JobPart* part_for(const ToWorker& order);
  void look_at_memory();
  void tell_progress();
  void leave(const std::string& why);
  bool is_over() const;

  const WorkerSetup setup_;  // Constant after construction.

  // Owned by the thread.
  std::optional<Lease> lease_;  // Absent: not joined.
  uint64_t joined_ = 0;         // Memberships so far
  uint64_t beat_ = 0;
  uint64_t peak_memory_ = 0;  // The highest of WorkerSetup::own_memory.
  std::shared_ptr<SnapshotStore> store_;
  std::map<std::string, int> retiring_;  // Parts that are being stopped, by job,
  std::deque<ToWorker> deferred_;        // and orders that wait until they are.
  std::map<uint64_t, std::thread> retirements_;
  uint64_t retirement_ = 0;  // The last number of one.

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Mail> mail_;              // Guarded by mutex_.
  bool closed_ = false;                // Guarded by mutex_.
  bool registered_ = false;            // Guarded by mutex_.
  int64_t said_hello_us_ = 0;          // Guarded by mutex_.
  std::map<std::string, Part> parts_;  // By job. Guarded by mutex_; changed by the thread alone.
  std::thread thread_;
};

}  // namespace weir
