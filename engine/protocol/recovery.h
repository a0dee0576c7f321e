// Where a job goes on from, derived from which objects exist; and what those objects are called.
//
//   generations/<g>/fence       created only if absent, first of all: from now on g-1 is the past
//   generations/<g>/base        which checkpoint g starts from; a generation without it never ran
//   <g>/<epoch>/<task>/...      state files and segments, durable before the task reports
//   <g>/<epoch>/manifest        created only if absent; exists = the checkpoint is complete
//   <g>/<epoch>/committed       exists = its output has been committed
//
// All names are relative to the job's folder. Recovery is five steps, in this order:
//
//   fence   create the fence of next_generation();
//   stop    cancel the tasks of all earlier generations, and wait until each worker has answered
//           or its lease has run out;
//   look    only now list the objects, and write down starting_point() as the base; then list
//           the fences once more, and stand down if there is one above: is_fenced();
//   replay  if that checkpoint has no CommitRecord, commit its output and write the record;
//   deploy  start the tasks from it.
//
// Whoever looks before all is stopped chooses a checkpoint while the old life can still complete a
// newer one and show its output. The base that is written down keeps a manifest that lands late
// from ever being chosen: it is of a generation that is no longer the last one that ran. Without
// the second look at the fences a slow coordinator could choose such a manifest after a faster one
// had chosen an older checkpoint, and show output that the faster one makes again. With it, either
// the slow one sees the fence of the faster one, or the faster one sees its base.
//
// is_fenced() is asked too before a coordinator makes anything of an object that it misses
// (somebody newer may have collected it), of an answer that it is fenced, and of a job of its own
// that has to recover: whoever is fenced stands down.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

std::string fence_name(Generation generation);
std::string base_name(Generation generation);
std::string checkpoint_folder(CheckpointId id);  // Ends with '/'.
std::string manifest_name(CheckpointId id);
std::string commit_record_name(CheckpointId id);

struct JobObjects {
  std::set<Generation> fences;
  std::set<Generation> bases;
  std::set<CheckpointId> manifests;
  std::set<CheckpointId> commit_records;
};

// Sorts the names of a job's objects; files of tasks, and what is not ours, are left out.
JobObjects sort_objects(const std::vector<std::string>& names);

// The one to fence next: above every generation of which anything exists, and above `floor`, the
// generation of a savepoint that the job begins with.
Generation next_generation(const JobObjects& objects, Generation floor = {});

// Whether somebody newer recovers or runs this job.
bool is_fenced(const JobObjects& objects, Generation mine);

// The newest generation before `mine` that ran: read its base.
std::optional<Generation> last_run(const JobObjects& objects, Generation mine);

struct StartingPoint {
  std::optional<CheckpointId> checkpoint;  // Absent: from the beginning.
  bool replay = false;                     // Its output may not have been committed.

  bool operator==(const StartingPoint&) const = default;
};

// `base` is what the base of last_run() says; absent too where nothing ran. Errors: kCorrupt where
// that checkpoint has no manifest.
Result<StartingPoint> starting_point(const JobObjects& objects, Generation mine,
                                     std::optional<CheckpointId> base);

}  // namespace weir
