// SET name = value to the options of a job.
#pragma once

#include "engine/plan/job_graph.h"
#include "engine/sql/ast.h"

namespace weir {

// A SET statement. Errors are placed.
Status apply_set(const ScriptText& script, const Statement& statement, JobOptions& options);

}  // namespace weir
