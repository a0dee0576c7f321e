// The durable history of one job over a SnapshotStore. What recovery does is derived from which
// objects exist:
//
//   jobs/<job>/generations/<g>/fence     created only if absent, first of all: now g-1 is the past
//   jobs/<job>/generations/<g>/base      which checkpoint g starts from; without it g never ran
//   jobs/<job>/<g>/<epoch>/<task>/...    a task's files, written before the task acknowledges
//   jobs/<job>/<g>/<epoch>/manifest      created only if absent; exists = the checkpoint is
//   complete jobs/<job>/<g>/<epoch>/committed     exists = its output has been committed
//
// `fence` and `committed` are empty.
//
// Recovery: fence(), stop the old tasks, look(), write_base(), deliver the output if it is not
// committed, and only then run from it. Every call blocks as long as the store does. The history
// has no state of its own: any thread may use it, and several may at once.
//
// Errors everywhere: kUnavailable from the store (outcome unknown: look again, never discard);
// kFenced where a newer generation exists, or the job was forgotten: this process is the past and
// must stop; kCorrupt, with the object's name, where something is missing or is not what was
// written.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"
#include "state/checkpoint.h"
#include "state/job_layout.h"
#include "state/snapshot_store.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Where a job goes on from.
struct RecoveryPoint {
  Manifest manifest;
  bool committed = false;  // Else its output must be delivered (again) before tasks start.

  bool operator==(const RecoveryPoint&) const = default;
};

struct Collected {
  uint64_t objects_removed = 0;
  uint64_t objects_kept = 0;
};

class JobHistory {
 public:
  // `job` is any text that names the job in this store. REQUIRES: the store outlives it.
  JobHistory(SnapshotStore& store, std::string_view job);

  // A generation that nobody had and nobody will have, above `above` and above every other: from
  // now on the older ones are the past.
  Result<Generation> fence(Generation above = Generation{0});
  // Whether a newer fence exists, or its own does not any more.
  Result<bool> is_fenced(Generation generation);

  // The newest complete checkpoint as `generation` has to see it: the manifests of the last
  // generation that has a base, newest first, else that base. Absent if the job has to start from
  // the beginning. Never an older one because the newest cannot be read: that is kCorrupt.
  Result<std::optional<RecoveryPoint>> look(Generation generation);

  // Absent: from the beginning. Repeating it with the same base is ok.
  Status write_base(Generation generation, std::optional<CheckpointId> base);

  // A file of one task, named by the checkpoint it is first written for. `chain` and `file` are any
  // text. A repetition with other bytes is kFenced: somebody else writes under this name.
  Result<StoredObject> put_file(CheckpointId id, std::string_view chain, uint32_t instance,
                                std::string_view file, std::string_view bytes);

  // The same of a file of this machine that nobody changes any more.
  Result<StoredObject> put_local_file(CheckpointId id, std::string_view chain, uint32_t instance,
                                      std::string_view file, const std::string& path);

  // Completes a checkpoint. After ok, every later look() of any process finds it or a newer one;
  // only then may its output be delivered. kFenced too if a newer fence came first: then recovery
  // may not have seen it, and nothing of it may be delivered. An object that the manifest names and
  // that is missing, or has another length, is kCorrupt and nothing is written. An unknown outcome
  // is settled by writing and comparing again, once.
  Status put_manifest(const Manifest& manifest);
  // Repeating it does no harm. REQUIRES: the output of `id` has been delivered.
  Status put_committed(CheckpointId id);

  // What an error means to `generation`: kFenced instead of kCorrupt where a newer one exists,
  // which may have collected what is missing. look(), put_manifest() and collect() ask by
  // themselves.
  Error as_seen_by(Generation generation, Error error);

  Result<Manifest> read_manifest(CheckpointId id);
  // The bytes, after length and checksum have been compared.
  Result<std::string> read_object(const StoredObject& object);
  // The same without a copy, where the store can.
  Result<ObjectBytes> open_object(const StoredObject& object);
  // Makes it a file of this machine, which nobody may change, compared likewise. REQUIRES: there is
  // no such file, but its folder.
  Status fetch_object(const StoredObject& object, const std::string& path);

  // Removes everything that none of the `keep` newest complete checkpoints reaches. Kept besides:
  // of this generation whatever was written under an id of `in_flight` or after the newest complete
  // checkpoint. `in_flight` holds the id that is being stored, and abandoned ids whose files the
  // next manifest may still name. Nothing is removed if anything is unreadable, unknown or missing,
  // or if `generation` is not the newest. REQUIRES: keep >= 2; not while put_manifest() runs for an
  // id that is not in flight.
  Result<Collected> collect(Generation generation, const std::set<CheckpointId>& in_flight,
                            size_t keep = 2);

  // Removes what there is of a job that is over, `objects_max` objects at the most; true: nothing
  // is left. What fences goes first: whoever still runs a life of it finds its own fence gone,
  // which is kFenced like a newer one. Nothing is removed if anything is unknown. REQUIRES: whoever
  // takes a fence from now on learns after its look() that the job is over.
  Result<bool> forget(size_t objects_max);

  // Copies a checkpoint whose output is committed into an empty store, with names of that store
  // alone: wherever it is moved, it is complete. Its output is not copied. kUser if the store
  // holds a savepoint already, or the checkpoint's output is not committed.
  Status write_savepoint(const Manifest& manifest, SnapshotStore& to);
  // The other way round: the savepoint becomes the base of `generation`, its files copied, under
  // the id (generation, its epoch), with the savepoint's own id as parent: a marker above that one
  // means that output was delivered which the savepoint does not know. Instead of write_base().
  // With `fork`, a lineage that nobody had, the job delivers as if there had been none before it.
  // kUser unless `generation` is above the savepoint's: fence(above).
  Result<Manifest> adopt_savepoint(SnapshotStore& from, Generation generation,
                                   const std::optional<std::string>& fork = std::nullopt);

 private:
  Result<std::vector<JobObject>> objects();
  Result<Generation> newest_fence();
  Status check_newest(Generation generation);
  Result<std::optional<RecoveryPoint>> look_at(const std::vector<JobObject>& objects,
                                               Generation generation);
  Result<RecoveryPoint> recovery_point(CheckpointId id);
  Status check_complete(const Manifest& manifest);
  Status complete(const Manifest& manifest);
  Result<Collected> collect_as_newest(Generation generation,
                                      const std::set<CheckpointId>& in_flight, size_t keep);

  SnapshotStore& store_;
  const JobLayout layout_;
};

// Every object that it names, some perhaps twice.
std::vector<StoredObject> objects_of(const Manifest& manifest);

// The object's bytes. kCorrupt, with its name, unless they have its length and checksum.
Result<std::string> read_verified(SnapshotStore& store, const StoredObject& object);

// The folder of a savepoint; kUser if there is no such folder.
Result<std::unique_ptr<SnapshotStore>> open_savepoint(const std::string& folder);

// What write_savepoint() wrote; kUser if there is none.
Result<Manifest> read_savepoint(SnapshotStore& from);

}  // namespace weir
