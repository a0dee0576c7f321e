// From what the user names on the command line to a JobGraph: a SQL file, a graph file, or SQL
// text.
#pragma once

#include "engine/plan/job_graph.h"
#include "engine/sql/sql.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct JobFile {
  std::string path;                    // .sql, .yaml, .yml or .json; empty with `sql`
  std::string sql;                     // Of -c
  std::vector<std::string> variables;  // "NAME=value", before the environment
  std::vector<std::string> settings;   // "name=value", over those of the script
  // Of a configuration file: behind the environment, and behind `settings`.
  std::map<std::string, std::string> configured_variables;
  std::map<std::string, std::string> configured_settings;
};

// How many instances of each step: what the command line says, else the script, else one for each
// core.
uint32_t parallelism_of(const std::optional<uint32_t>& flag, const JobGraph& graph);

// kUser errors only; those of a script carry line, column and a caret. Binds nothing to the outside
// world.
Result<JobGraph> load_job(const JobFile& file);

// A job as text, wherever it comes from, with all that fills it in.
struct JobText {
  std::string text;
  bool is_graph = false;     // A graph file in its JSON form; otherwise SQL.
  std::string file;          // For messages; empty: there is none.
  VariableLookup variables;  // Of SQL
  std::map<std::string, std::string> settings;
};

// The text of the file, a graph file in YAML as JSON. `variables`: those of the command line, then
// the environment, then the configuration file.
Result<JobText> read_job(const JobFile& file);

// A job without job_name is called by its file. `place`, if given, receives line and column of an
// error in SQL.
Result<JobGraph> job_of_text(const JobText& job, SqlError* place = nullptr);

}  // namespace weir
