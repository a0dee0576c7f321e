// What the coordinator of a job and the workers that run it say to each other: values, without a
// transport. Between processes runtime/rpc carries them; in one process they are handed over.
//
// Every message names the job and the generation that it speaks of, and its receiver drops what is
// of another generation than its own. Tasks and sink slots are numbered through the Plan
// (make_plan of the same graph is the same plan everywhere): chains in their order, the instances
// of each in theirs, the sinks of a chain in the order of its stages.
//
// Messages of one direction between a coordinator and a worker arrive in the order in which they
// were sent, or the connection is broken and the worker, with everything it runs, is lost.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"
#include "engine/plan/plan.h"
#include "engine/protocol/checkpoint.h"
#include "runtime/messages/memory_share.h"
#include "runtime/messages/task_report.h"
#include "state/checkpoint.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

using PeerIndex = StrongId<struct PeerIndexTag, uint32_t>;  // A worker within one life of a job.

// A split of one of the job's tables: its number in the job is its place in the list of all.
struct JobSplit {
  std::string step;      // Id of the source's step
  std::string name;      // Split::name
  std::string source;    // Split::source
  int32_t number = 0;    // Split::number
  uint32_t reader = 0;   // Instance of the step that reads it.
  bool at_start = true;  // Found before the job ran; otherwise it is read from its beginning.

  bool operator==(const JobSplit&) const = default;
};

// What a coordinator orders.
namespace order {

// Make the tasks of this life that are placed here, connected and ready. Answered by Prepared, or
// by Failed.
struct Prepare {
  JobGraph graph;
  PlanOptions options;
  uint32_t batch_rows = 0;           // Records that a source reads at a time.
  std::vector<std::string> peers;    // Exchange addresses of this life's workers.
  PeerIndex self;                    // The receiver's place among them.
  std::vector<PeerIndex> placement;  // By TaskId.
  std::string lineage;
  std::optional<CheckpointId> from;  // What it goes on from; absent: it starts afresh.
  bool with_state = true;            // Whether anybody can go on from its checkpoints.
};
// Deliver again what the manifest of this checkpoint lists, which the life before may not have
// done. Needs no tasks. Answered by Replayed, or by Failed.
struct Replay {
  JobGraph graph;
  PlanOptions options;
  CheckpointId manifest;
};
// Restore what the checkpoint says, open the splits that are read here, and run. All splits of the
// job. Answered by Started, or by Failed.
struct Start {
  std::vector<JobSplit> splits;
};
// More splits were found: know their names. Answered by SplitsKnown.
struct KnowSplits {
  std::vector<JobSplit> splits;  // After those that the receiver knows.
};
// All workers know these splits: read those that are placed here.
struct ReadSplits {
  uint64_t known = 0;  // How many there are by now.
};
// checkpoint::InjectBarriers
struct Inject {
  Epoch epoch;
  bool last = false;
};
// checkpoint::CancelEpoch
struct Cancel {
  Epoch epoch;
};
// checkpoint::CommitOutput: the manifest of this epoch is durable, so that what was reported for it
// need not be told again. Goes to every worker, with those of the slots that are placed there; each
// slot is answered by OutputCommitted or CommitFailed.
struct Commit {
  Epoch epoch;
  std::vector<SlotIndex> slots;
};
// Where the readers of other workers stand, by TaskId.
struct Standings {
  std::map<uint32_t, ReaderStanding> readers;
};
// Stop all tasks of this generation and of those before it, and forget them. Answered by Dropped.
struct Drop {};

}  // namespace order

struct ToWorker {
  std::string job;
  Generation generation;
  std::variant<order::Prepare, order::Replay, order::Start, order::KnowSplits, order::ReadSplits,
               order::Inject, order::Cancel, order::Commit, order::Standings, order::Drop>
      what;
};

// What a worker answers, and tells unasked.
namespace report {

struct Prepared {
  std::vector<DeclaredTable> tables;  // Of the tasks placed here.
  // Of each source whose first instance is placed here, in the order in which it found them.
  std::vector<JobSplit> splits;
  bool is_bounded = true;             // All of these sources come to an end.
  bool waits_in_memory = false;       // Sink::waits_in_memory, of any sink here.
  std::optional<MemoryShare> memory;  // Absent: nothing bounds it.
};
struct Replayed {};
struct Started {};
// Something could not be done. The life is over.
struct Failed {
  Error error;
};
// Splits that were not there before, of sources whose first instance is placed here.
struct SplitsFound {
  std::vector<JobSplit> splits;
};
struct SplitsKnown {
  uint64_t known = 0;
};
// What a task adds to a checkpoint is durable. With `final` the task has read all its input, and
// stands for every later epoch too.
struct SnapshotTaken {
  TaskId task;
  Epoch epoch;
  bool final = false;
  TaskSnapshot snapshot;
  // Sealed output of the task's slots that no checkpoint has committed, up to this epoch.
  std::vector<std::pair<SlotIndex, std::vector<SlotOutput::Sealed>>> outputs;
  std::vector<checkpoint::EdgeRows> rows;
};
struct SnapshotFailed {
  TaskId task;
  Epoch epoch;
  Error error;
};
struct OutputCommitted {
  SlotIndex slot;
  Epoch epoch;
};
struct CommitFailed {
  SlotIndex slot;
  Epoch epoch;
  Error error;
};
// The task ended with an error: the life is over.
struct TaskFailed {
  TaskId task;
  Error error;
};
// As of a moment ago, by TaskId. Sent now and then, and once after the end.
struct Progress {
  std::map<uint32_t, TaskReport> tasks;
  // The highest own memory of the worker's process, of those that it saw; 0: it does not look.
  uint64_t peak_memory_bytes = 0;
};
// Where readers here stand, by TaskId: those that have moved. Only where a job spans workers.
struct Standings {
  std::map<uint32_t, ReaderStanding> readers;
};
struct Dropped {};

}  // namespace report

struct FromWorker {
  std::string job;
  Generation generation;
  std::variant<report::Prepared, report::Replayed, report::Started, report::Failed,
               report::SplitsFound, report::SplitsKnown, report::SnapshotTaken,
               report::SnapshotFailed, report::OutputCommitted, report::CommitFailed,
               report::TaskFailed, report::Progress, report::Dropped, report::Standings>
      what;
};

// The first thing that a worker says to a coordinator, and again whenever the connection is new.
struct Hello {
  std::string version;           // Of the engine: it must be the coordinator's.
  std::string exchange_address;  // Where other workers reach it.
  std::string http_address;      // Empty: it serves none.
  uint32_t slots = 1;            // Tasks of one chain that it takes.
  uint64_t memory = 0;           // Bytes; 0: not said.

  bool operator==(const Hello&) const = default;
};

// The coordinator's answer to a Hello that it accepts.
struct Welcome {
  uint64_t worker = 0;     // The worker's number, never met before in this term.
  uint64_t term = 0;       // Of the coordinator.
  std::string store;       // Of checkpoints: what --store says.
  std::string store_mark;  // Stands in the store as object "store-mark": another store has another.
  int64_t lease_us = 0;    // Without a renewal for so long the worker stops all it does.
};

}  // namespace weir
