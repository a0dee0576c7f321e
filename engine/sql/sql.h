// A SQL script to a JobGraph. Pure: the text and the variables in, the graph or an error out.
#pragma once

#include "engine/plan/job_graph.h"
#include "engine/plan/table_check.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// The value of ${name}, or nothing.
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

struct SqlScript {
  std::string text;
  std::string file = "<command line>";  // For messages.
  VariableLookup variables;
  TableCheck check_table = nullptr;  // Absent: no connector is asked.
};

// Where in the script an error is, beside its message. Line and column count from 1, columns in
// characters.
struct SqlError {
  Error error;
  int line = 0;  // 0: no single place.
  int column = 0;
};

// The graph of the whole script. A bare SELECT becomes a print sink on standard output.
// Errors are kUser, and their message is complete: "FILE:LINE:COLUMN: what; hint", the line, and a
// caret under the place. `place`, if given, receives line and column of an error.
Result<JobGraph> sql_to_job_graph(const SqlScript& script, SqlError* place = nullptr);

// One expression over the columns of a schema: the reader of graph files
// (engine/plan/graph_text.h).
Result<ExprPtr> sql_expression(std::string_view text, const Schema& input);

}  // namespace weir
