// The options of a job by their script names: what SET, graph files and --set all go through.
#pragma once

#include "engine/plan/job_graph.h"

#include <string_view>

namespace weir {

// Checks the name (nearest known one in the error) and the value's form, and sets the option.
Status set_job_option(JobOptions& options, std::string_view name, std::string_view value);

}  // namespace weir
