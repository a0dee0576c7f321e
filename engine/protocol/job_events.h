// What a JobMachine hears, and what it answers (job.h).
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"
#include "engine/protocol/lease.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weir {

namespace job {

// From the ClusterMachine, in its order: of no generation.
struct Granted {
  std::vector<WorkerId> workers;  // By instance
};
struct NotYet {
  std::string reason;
};
struct WorkerLost {
  WorkerId worker;
};
struct WorkerDead {
  WorkerId worker;
};

// What people ask for: of no generation. When the job is to end, only CancelRequested is heard.
//
// With a last checkpoint, and `save`, with a savepoint of it. A job that waits for slots which it
// does not get ends where it is; one that was taken over not before the old leases have run out.
struct StopRequested {
  bool save = false;
};
// At once.
struct CancelRequested {};
// Of the next complete checkpoint. The owner's number for it comes back in an action.
struct SavepointRequested {
  uint64_t request = 0;
};
// A last checkpoint, and then a life with so many instances. A life that is just beginning runs
// first. REQUIRES: parallelism > 0.
struct RescaleRequested {
  uint32_t parallelism = 1;
};

// Answers of the store; their generation is that of the action, but for Fenced.
//
// The event's generation has been fenced.
struct Fenced {};
struct Looked {
  std::optional<CheckpointId> checkpoint;  // Absent: nothing ran, or nothing was completed.
  bool committed = true;                   // Its CommitRecord is there.
  bool finished = false;                   // All input was read: nothing follows.
};
struct BaseWritten {};
struct SavepointAdopted {
  CheckpointId checkpoint;  // Under this name, from now on
};
struct FencesSeen {
  bool newer = false;       // Is there one above the event's generation?
  bool superseded = false;  // Then looked at: has a newer coordinator begun its term?
};
struct CommitRecordWritten {};
// The call that is being made failed. kUnavailable: its outcome is unknown. kFenced: a newer fence
// or, of TakeFence, a newer term.
struct StoreFailed {
  Error error;
};
// Of the savepoint of a job that stops (WriteSavepoint::last).
struct SavepointWritten {};
struct SavepointFailed {
  Error error;
};

// What workers report.
struct Prepared {
  WorkerId worker;
};
struct Started {
  WorkerId worker;
};
struct Replayed {
  WorkerId worker;
};
// An order failed there, or a task. (The CheckpointMachine need not be told: EndLife follows.)
struct WorkerFailed {
  WorkerId worker;
  Error error;
};
// The worker runs nothing of the event's generation, nor of any before it.
struct Dropped {
  WorkerId worker;
};

// From the life's CheckpointMachine and its owner.
//
// These workers are being ordered to write something outside (checkpoint::CommitOutput, or to
// refresh the marks of slots). Told before the orders are sent; over with the next
// CheckpointCompleted.
struct DeliveryOrdered {
  std::vector<WorkerId> workers;
};
// A checkpoint is complete, and its output committed (checkpoint::Collect).
struct CheckpointCompleted {
  Epoch epoch;
};
// checkpoint::Finished; without `input_ended` it was stopped, as TakeLast asked.
struct LifeFinished {
  bool input_ended = false;
};
// checkpoint::RecoverJob and FailJob: the error's kind decides.
struct LifeFailed {
  Error error;
};

struct Tick {};

struct Event {
  Generation generation;  // Of the life that it speaks of, if any.
  std::variant<Granted, NotYet, WorkerLost, WorkerDead, StopRequested, CancelRequested,
               SavepointRequested, RescaleRequested, Fenced, Looked, BaseWritten, SavepointAdopted,
               FencesSeen, CommitRecordWritten, StoreFailed, SavepointWritten, SavepointFailed,
               Prepared, Started, Replayed, WorkerFailed, Dropped, DeliveryOrdered,
               CheckpointCompleted, LifeFinished, LifeFailed, Tick>
      what;
};

// For the ClusterMachine: cluster::Want and cluster::Release.
struct Want {
  uint32_t parallelism = 1;
};
struct Release {};
// Close the connection of a worker that does not answer: cluster::WorkerBroken.
struct GiveUp {
  WorkerId worker;
  Error reason;
};

// Calls of the store.
//
// The next generation, above `above` and all that exist. Look first whether a newer coordinator has
// begun its term: then StoreFailed with kFenced. Answered by Fenced.
struct TakeFence {
  Generation above;
};
struct Look {};
struct WriteBase {
  std::optional<CheckpointId> checkpoint;
};
// Instead of WriteBase, where nothing ran yet.
struct AdoptSavepoint {};
// And then at the terms.
struct LookAtFences {};
struct WriteCommitRecord {
  CheckpointId checkpoint;
};
// Until it is written nothing of the checkpoint may be collected. Not one of the calls that are
// made one at a time; answered only where it is the `last`, of a job that stops.
struct WriteSavepoint {
  CheckpointId checkpoint;
  std::vector<uint64_t> requests;
  bool last = false;
};
// The job ended before there was a checkpoint to make them of.
struct RefuseSavepoints {
  std::vector<uint64_t> requests;
  Error reason;
};

// Orders to workers (order::Drop, Replay, Prepare, Start). Those of Drop go to what runs up to and
// with the action's generation.
struct Drop {
  std::vector<WorkerId> workers;
};
struct Replay {
  WorkerId worker;
  CheckpointId checkpoint;
};
struct Prepare {
  std::vector<WorkerId> workers;  // By instance: a worker may be there more than once.
  uint32_t parallelism = 1;
  std::optional<CheckpointId> from;
};
struct Start {
  std::vector<WorkerId> workers;  // Each once.
};

// The life runs: begin a CheckpointMachine at this base.
struct Run {
  CheckpointId base;
};
// Hand it checkpoint::StopRequested.
struct TakeLast {};
// The life is over, wherever it got to after its workers had something to do: forget its
// CheckpointMachine, if there is one, and say why in the job's history.
struct EndLife {
  std::optional<Error> failure;     // Absent: it ended as somebody asked.
  uint32_t failures = 0;            // In a row
  std::optional<int64_t> again_us;  // When the next life begins, at the earliest, if one does.
};

enum class Outcome { kFinished, kStopped, kCancelled, kFailed, kStoodDown };

const char* to_text(Outcome outcome);

// The last action. A job that was stood down from is somebody else's: write nothing about it.
struct Ended {
  Outcome outcome;
  std::optional<Error> error;  // Of kFailed; of kStopped where something could not be done.
};

struct Action {
  Generation generation;
  std::variant<Want, Release, GiveUp, TakeFence, Look, WriteBase, AdoptSavepoint, LookAtFences,
               WriteCommitRecord, WriteSavepoint, RefuseSavepoints, Drop, Replay, Prepare, Start,
               Run, TakeLast, EndLife, Ended>
      what;
};

enum class Phase {
  kWaiting,
  kFencing,
  kStopping,
  kLooking,
  kBasing,
  kConfirming,
  kReplaying,
  kMarking,
  kPreparing,
  kStarting,
  kRunning,
  kAsking,
  kPausing,
  kSaving,
  kEnding,
  kOver
};

const char* to_text(Phase phase);

// Before something is tried again: doubles with each failure in a row.
struct Pause {
  int64_t first_us;
  int64_t max_us;

  // REQUIRES: failures > 0.
  int64_t after(uint32_t failures) const;
};

struct Settings {
  Pause restart_pause = {500'000, 60'000'000};
  uint32_t restart_attempts = 10;  // After one more failure in a row the job is given up.
  // A life that has run for so long, or completed so many checkpoints, begins the count anew.
  int64_t good_us = 60'000'000;
  uint32_t good_checkpoints = 10;

  Pause store_pause = {200'000, 10'000'000};

  // Then the life fails, or the worker is given up.
  int64_t max_prepare_us = 60'000'000;
  int64_t max_start_us = 600'000'000;
  int64_t max_replay_us = 600'000'000;
  int64_t max_drop_us = 60'000'000;

  // Wait for the lease of a lost worker even where it has been ordered to deliver nothing: for jobs
  // with sinks that write as rows come.
  bool waits_for_leases = false;
};

}  // namespace job

}  // namespace weir
