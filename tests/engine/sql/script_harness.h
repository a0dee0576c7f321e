// The small vocabulary of the tests of engine/sql: a script in, the facts of its graph or its error
// out.
#pragma once

#include "engine/plan/job_graph.h"
#include "engine/sql/sql.h"

#include <map>
#include <string>
#include <string_view>

namespace weir {

// Tables that most tests read and write: "payments" (source, event time "at"), "alerts" (kafka
// sink).
std::string with_tables(std::string_view statements);

// The graph of a script; a failed test if it is refused.
JobGraph graph_of(const std::string& script,
                  const std::map<std::string, std::string>& variables = {});

// One line a vertex, "id: what it does", then one line an edge, "from -> to".
std::string facts(const JobGraph& graph);
std::string facts_of(const std::string& script);

// What the vertex of this id does, as in facts(); a failed test if there is none.
std::string step_of(const std::string& script, const std::string& id);

// The whole message of a refusal, which names the file "job.sql"; "" if the script is taken.
std::string error_of(const std::string& script,
                     const std::map<std::string, std::string>& variables = {});

// The first line of it, from behind "job.sql:".
std::string refusal(const std::string& script);

// The expression that a SELECT list entry over "payments" becomes, in PostgreSQL's syntax; its
// error behind "error: ".
std::string expression_of(const std::string& expression);

const Vertex& vertex_of(const JobGraph& graph, std::string_view id);

}  // namespace weir
