// A model of everything around the protocol: coordinators (the real CheckpointMachine and the real
// recovery decisions), tasks (the real BarrierAligner, sources with positions, a keyed count, sinks
// with segments), a store, a broker, and a network that delivers in any order.
//
// A World is a value. choices() lists what may happen next, faults included as long as their budget
// lasts, apply() makes it happen, and after each step all invariants are checked: violation() says
// which one broke. Whoever drives it, an enumerator or a random number, only picks.
//
// Each source reads a fixed list of keys. The output for a row is (key, how often the key has been
// seen), so that of every key 1, 2, 3, ... must become visible, in this order, each once, whatever
// happens. A row that is lost or doubled shows at the step at which it becomes visible.
#pragma once

#include "engine/protocol/barrier_aligner.h"
#include "engine/protocol/checkpoint.h"
#include "engine/protocol/recovery.h"
#include "tests/engine/protocol/lane.h"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

namespace weir {

// Each can be switched off, to show that it is needed and that the tests notice.
struct Protections {
  bool generation_check = true;      // Messages of other generations are dropped.
  bool stable_marker_read = true;    // The marker is read with stable offsets only.
  bool fence_before_look = true;     // And stop; otherwise recovery looks first.
  bool second_look = true;           // At the fences, after the base was written.
  bool persist_before_ack = true;    // A report follows what it reports.
  bool fresh_producer_epoch = true;  // For every transaction
  bool blocked_inputs = true;        // Nothing is taken from an input that waits for others.
  bool kept_segments = true;         // Otherwise an abandoned epoch's output is forgotten.
};

enum class Fault : uint8_t {
  kCrash,       // The coordinator dies; its messages and writes stay under way.
  kTakeover,    // Another coordinator starts while the old one goes on.
  kPowerOff,    // Coordinator and tasks die.
  kKill,        // A task dies.
  kLoss,        // Of a message
  kDelay,       // A message is under way for long.
  kRepeat,      // Another copy of it is.
  kImpatience,  // A deadline passes while the answer is under way.
  kRefusal,     // A write to the store or to the broker fails, or nobody knows whether.
  kFull,        // A task cannot write its snapshot.
  kTimeOut,     // The broker aborts a transaction.
  kLinger,      // A worker is paused in a delivery, and goes on after it was stopped.
  kStop,        // The job is stopped, and started again.
};
constexpr size_t kFaults = 13;
using Budget = std::array<uint8_t, kFaults>;

struct Shape {
  // By source: the keys it reads.
  std::vector<std::vector<uint8_t>> keys;
  // 0: each source counts and writes its own rows, and no two read the same key. Else rows go by
  // key to so many tasks that count and write.
  uint32_t sinks = 0;
  size_t channel_room = 2;
  bool delivers_at_once = false;  // A delivery is one step, not a conversation with the broker.
  uint32_t max_abandoned = 1000;

  bool rescales = false;  // Each generation has another number of sinks, up to 3.

  uint32_t sources() const { return static_cast<uint32_t>(keys.size()); }
  uint32_t sinks_of(Generation generation) const;
  uint32_t tasks_of(Generation generation) const { return sources() + sinks_of(generation); }
  uint32_t slots_of(Generation generation) const;
  uint32_t task_of(uint32_t slot) const { return sinks == 0 ? slot : sources() + slot; }
};

struct Choice {
  enum Kind : uint8_t {
    kReceive,   // Message `at` arrives, at coordinator `to` if it is for one.
    kAdvance,   // Coordinator `at` takes the next step of recovery.
    kNotice,    // Coordinator `at` notices that a task is dead.
    kWake,      // Time passes until coordinator `at` wants to be woken.
    kTake,      // Task `at` reads a row, or takes from its input `to`.
    kUpload,    // Task `at` has its oldest snapshot in the store.
    kDeliver,   // Delivery `at` takes a step.
    kRetryEnd,  // Delivery `at` asks once more for the end of its transaction.
    kComplete,  // The broker completes the transaction of lane `at`.
    kFinish,    // The group of lane `at` learns of its marker.
    kLose,      // Faults from here on.
    kDelay,
    kRepeat,
    kCrash,
    kTakeover,
    kPowerOff,
    kKill,
    kHurry,    // As kWake, while there is still something to wait for.
    kFail,     // The write `at` fails, and that is known.
    kUnknown,  // Nobody knows whether the write `at` happens; it may, later.
    kRefuse,   // Delivery `at` fails.
    kFull,
    kTimeOut,
    kLinger,
    kStop,
  };
  Kind kind;
  uint32_t at = 0;
  uint32_t to = 0;
};

class World {
 public:
  using Choice = weir::Choice;

  World(const Shape& shape, const Budget& budget, const Protections& protections);

  // With faults last, and, before them, in the order in which a calm world would do it.
  std::vector<Choice> choices() const;
  void apply(const Choice& choice);
  // Lets the first choice happen, without faults, until the job has finished, or until it meets a
  // state that is known, from which it has done so before.
  void calm_down(std::unordered_set<size_t>* known = nullptr);
  void step_calmly();

  bool finished() const { return finished_; }
  const std::string& violation() const { return violation_; }
  std::string describe(const Choice& choice) const;
  std::string key() const;
  // For those who want to know what was reached.
  size_t generations() const { return coordinators_.size(); }
  uint64_t abandoned() const { return abandoned_; }
  uint64_t completed() const { return completed_; }

 private:
  struct Snapshot {
    size_t position = 0;
    std::map<uint8_t, uint16_t> counts;
    std::vector<Sealed> unsaved;
    std::vector<checkpoint::EdgeRows> rows;
  };
  struct FileName {
    CheckpointId id;
    uint32_t task;
    auto operator<=>(const FileName&) const = default;
  };
  struct Manifest {
    std::vector<Epoch> reports;
    bool finished = false;
    bool operator==(const Manifest&) const = default;
  };
  struct Upload {
    Epoch epoch;
    Snapshot snapshot;
    bool final = false;
  };
  struct End {};
  struct Task {
    bool alive = false;
    Generation generation;
    size_t position = 0;
    std::map<uint8_t, uint16_t> counts;
    std::vector<OutputRow> open;  // Not sealed yet.
    std::vector<Sealed> unsaved;  // Sealed, and in no manifest that it knows of.
    std::vector<uint64_t> sent;   // By output
    std::vector<uint64_t> received;
    std::vector<std::deque<std::variant<uint8_t, Epoch, End>>> inputs;  // A key, a barrier, the end
    std::optional<BarrierAligner> aligner;
    std::deque<Upload> uploads;
    Epoch last;     // Of a source: the highest that was injected or cancelled.
    Epoch ordered;  // The highest whose output it was told to commit.
    bool stopped = false;
    bool ended = false;
    std::optional<Epoch> final;   // Reported for this epoch and all later ones.
    std::optional<int> producer;  // Only where producers are kept: its epoch, and its marker.
    CheckpointId marker;
  };
  struct Message {
    enum Kind : uint8_t { kInject, kCancel, kCommit, kPutManifest, kPutRecord, kEnd, kEvent };
    Kind kind;
    CheckpointId id;
    uint32_t to = 0;    // A task, or a slot.
    bool flag = false;  // Inject: the last one. Commit: deliver. End: sent more than once.
    int producer = 0;   // End
    bool late = false;  // It comes when it is picked, and not by itself.
    Manifest manifest;  // PutManifest
    std::optional<checkpoint::Event> event;
  };
  struct Delivery {
    enum Step : uint8_t { kInit, kRead, kSend, kMark, kEnd, kAwait };
    CheckpointId id;
    uint32_t slot;
    std::optional<uint32_t> coordinator;  // That replays, or else a task.
    std::vector<Sealed> segments;
    Step step = kInit;
    int producer = 0;
    CheckpointId marker;
    bool lingers = false;
  };
  struct Coordinator {
    enum Stage : uint8_t { kFence, kStop, kLook, kBase, kLookAgain, kReplay, kDeploy, kRun, kGone };
    Stage stage = kFence;
    Generation generation;
    std::optional<StartingPoint> start;
    std::vector<bool> replayed;
    bool replaying = false;
    std::optional<CheckpointMachine> machine;
    // What the machine knows and does not show, for the key.
    int64_t begun_us = 0;
    uint32_t abandoned = 0;
    uint32_t orders = 0;
    bool stopping = false;
    bool finished = false;
    std::map<uint32_t, Epoch> finals;
  };

  // Deciding what may happen (world_choices.cc).
  void list_work(std::vector<Choice>& list) const;
  void list_messages(std::vector<Choice>& list, bool late) const;
  void list_takes(std::vector<Choice>& list) const;
  void list_wakes(std::vector<Choice>& list, bool quiet) const;
  void list_faults(std::vector<Choice>& list) const;
  bool may_take(const Task& task, uint32_t index, uint32_t input) const;
  bool may_deliver(const Delivery& delivery) const;
  bool is_awaited(const Delivery& delivery) const;
  bool left(Fault fault) const { return budget_[static_cast<size_t>(fault)] > 0; }

  // Coordinators and the store (world_coordinator.cc).
  void add_coordinator();
  void advance(uint32_t at);
  void advance_look(Coordinator& coordinator);
  void advance_base(Coordinator& coordinator);
  bool stands_down(Coordinator& coordinator);
  void advance_replay(uint32_t at);
  void deploy(Coordinator& coordinator);
  Task restore(uint32_t at, Generation generation, std::optional<CheckpointId> from);
  void notice(uint32_t at);
  void hear(uint32_t at, checkpoint::Event event);
  void perform(uint32_t at, const checkpoint::Action& action);
  void check_newest(CheckpointId id);
  void collect(CheckpointId id);
  void put_manifest(const Message& message);
  const Snapshot* read_file(CheckpointId id, uint32_t task);
  JobObjects objects() const;
  void recover(uint32_t at);
  void stop_tasks(Generation before);

  // Tasks (world_tasks.cc).
  void take(uint32_t at, uint32_t input);
  void read_row(uint32_t at);
  void count(Task& task, uint8_t key);
  void snapshot(uint32_t at, Epoch epoch, bool final);
  void finish_task(uint32_t at, Epoch epoch);
  void upload(uint32_t at);
  void report(uint32_t at, const Upload& upload);
  void forward(uint32_t at, std::variant<uint8_t, Epoch, End> what);
  void tell_task(const Message& message);
  void inject(uint32_t at, const Message& message);
  void cancel(Task& task, Epoch epoch);
  void fill_up(uint32_t at);
  std::vector<checkpoint::EdgeRows> rows_of(uint32_t at) const;

  // Output (world_output.cc).
  void begin_delivery(CheckpointId id, uint32_t slot, std::optional<uint32_t> coordinator);
  Task* task_that_delivers(const Delivery& delivery);  // Or null.
  void deliver(uint32_t at);
  void deliver_at_once(uint32_t at);
  void end_transaction(const Message& message);
  void segment_delivered(uint32_t at);
  void delivered(uint32_t at);
  void delivery_failed(uint32_t at, ErrorKind kind);
  void complete(uint32_t slot);

  // The rest (world.cc).
  void receive(uint32_t at, uint32_t to);
  void apply_fault(const Choice& choice);
  void send(Message message) { network_.push_back(std::move(message)); }
  void send_event(CheckpointId id, checkpoint::Event event);
  void violate(std::string what);
  void write_task_key(std::string& key, const Task& task) const;
  void write_coordinator_key(std::string& key, const Coordinator& coordinator) const;

  const Shape* shape_;
  Protections protections_;
  Budget budget_;
  int64_t now_us_ = 0;
  std::vector<Message> network_;
  std::vector<Coordinator> coordinators_;
  std::vector<Task> tasks_;
  uint32_t sinks_ = 0;  // Among them
  Generation workers_;  // The highest generation that they have heard of.
  std::vector<Delivery> deliveries_;
  std::vector<Lane> lanes_;
  std::array<uint16_t, 16> visible_ = {};  // By key: how many rows became visible.
  // The store
  std::set<Generation> fences_;
  std::map<Generation, std::optional<CheckpointId>> bases_;
  std::map<CheckpointId, Manifest> manifests_;
  std::set<CheckpointId> commit_records_;
  std::map<FileName, Snapshot> files_;

  bool rows_taken_ = false;  // Since an epoch began.
  bool finished_ = false;
  std::string violation_;
  uint64_t abandoned_ = 0;
  uint64_t completed_ = 0;
};

}  // namespace weir
