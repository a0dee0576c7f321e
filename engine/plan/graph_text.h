// A JobGraph as JSON and back. The JSON form is the graph file (YAML is the same tree, converted in
// runtime/cli), the REST body and what travels to workers. Expressions stand in it as PostgreSQL
// text over the input's column names.
#pragma once

#include "engine/plan/job_graph.h"

#include <functional>
#include <string>
#include <string_view>

namespace weir {

// Reads an expression against a schema: given by engine/sql, since this layer knows no parser.
using ExpressionReader = std::function<Result<ExprPtr>(std::string_view text, const Schema& input)>;

std::string to_json(const JobGraph& graph);

// kUser errors point at the path: "vertices[2].columns[0].expr: column \"amnt\" does not exist; did
// you mean \"amount\"?". Unknown keys are refused with the nearest known one. The graph is
// validated.
Result<JobGraph> job_graph_from_json(std::string_view json, const ExpressionReader& read);

// The JSON Schema (2020-12) of graph files, for editors.
std::string job_graph_schema();

}  // namespace weir
