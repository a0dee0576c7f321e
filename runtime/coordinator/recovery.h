// How a life of a job begins: fence, stop, look, replay, deploy (engine/protocol/recovery.h).
//
// The calls here are those that the store answers. Between the first and the second the tasks of
// the life before are stopped: in one process, whoever holds the lock of the state folder has none.
#pragma once

#include "engine/plan/plan.h"
#include "state/job_history.h"

#include <optional>
#include <string>

namespace weir {

struct Life {
  Generation generation;
  std::string lineage;
  std::optional<Manifest> from;  // Absent: the job starts afresh.
  bool replays = false;          // Its output may not have been delivered: do that first.
};

// Fences the life before and looks where it came to. Blocks. Errors as look_back().
Result<Life> begin_life(JobHistory& history, const Plan& plan);

// The newest complete checkpoint becomes what `life`, whose generation was fenced, goes on from.
// kUser where the plan does not read or write what the job did: a table that it leaves out or, once
// the job is finished, one that it adds.
Status look_back(JobHistory& history, const Plan& plan, Life& life);

// What `life` goes on from has been delivered again.
Status end_replay(JobHistory& history, const Life& life);

}  // namespace weir
