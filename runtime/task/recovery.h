// How a life of a job begins: fence, stop, look, replay, deploy (engine/protocol/checkpoint.h).
//
// Stopping the tasks of the life before is the caller's: in one process, whoever holds the lock of
// the state folder has none.
#pragma once

#include "engine/plan/plan.h"
#include "runtime/task/job_tasks.h"
#include "state/job_history.h"

#include <optional>
#include <string>

namespace weir {

struct Life {
  Generation generation;
  std::string lineage;
  std::optional<Manifest> from;  // Its output has been delivered. Absent: the job starts afresh.
};

// The next generation of the job, which goes on from its newest complete checkpoint: output of it
// that was not delivered yet is. Blocks. kUser where the plan does not read or write what the job
// did: a table that it leaves out or, once the job is finished, one that it adds.
Result<Life> begin_life(JobHistory& history, const Plan& plan, const ConnectorFactory& connectors);

// The error for a script that is not the one that the state belongs to. `what`: how it shows.
Error misfit(const Manifest& from, const std::string& what);

}  // namespace weir
