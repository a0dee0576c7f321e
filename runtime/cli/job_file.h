// From what the user names on the command line to a JobGraph: a SQL file, a graph file, or SQL
// text.
#pragma once

#include "engine/plan/job_graph.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct JobFile {
  std::string path;                    // .sql, .yaml, .yml or .json; empty with `sql`
  std::string sql;                     // Of -c
  std::vector<std::string> variables;  // "NAME=value", before the environment
  std::vector<std::string> settings;   // "name=value", over those of the script
};

// How many instances of each step: what the command line says, else the script, else one for each
// core.
uint32_t parallelism_of(const std::optional<uint32_t>& flag, const JobGraph& graph);

// kUser errors only; those of a script carry line, column and a caret. Binds nothing to the outside
// world.
Result<JobGraph> load_job(const JobFile& file);

}  // namespace weir
