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
// plan does not read or write what the job did (check_ends). Blocks.
Result<std::optional<RecoveryPoint>> look_back(JobHistory& history, const Plan& plan,
                                               Generation generation);

// A savepoint that a job is told to begin with.
struct Origin {
  std::string lineage;
  CheckpointId id;
};

// Whether what a store holds already is of the job that begins with `origin`: of its lineage and
// not older, or of a fork of it. kUser where it is not, with what to do.
Status check_descent(const Manifest& newest, const Origin& origin, bool forks);

// What a job with this plan would begin with; a fork, with output of its own. kUser where the plan
// does not read or write what the job did. Blocks.
Result<Manifest> read_fitting_savepoint(const std::string& folder, const Plan& plan, bool forks);

// Names the output of a job that starts afresh: random.
std::string new_lineage();
// Of a fork: random, but for an end that tells what was forked.
std::string new_lineage_of_fork(const Origin& origin);

}  // namespace weir
