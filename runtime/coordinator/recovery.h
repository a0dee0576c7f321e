// What a life of a job begins with (engine/protocol/recovery.h).
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
};

// The newest complete checkpoint, as `generation`, which was fenced, has to see it. kUser where the
// plan does not read or write what the job did: a table that it leaves out or, once the job is
// finished, one that it adds. Blocks.
Result<std::optional<RecoveryPoint>> look_back(JobHistory& history, const Plan& plan,
                                               Generation generation);

// Names the output of a job that starts afresh: random.
std::string new_lineage();

}  // namespace weir
