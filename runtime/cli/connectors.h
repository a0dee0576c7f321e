// The one place that knows every connector: from a table's spec to a Source or a Sink.
#pragma once

#include "engine/plan/table_check.h"
#include "runtime/task/job_tasks.h"

#include <map>
#include <optional>
#include <string>

namespace weir {

// `stdout_fd`: where print tables write. `now`: what start_time = 'now' of generators means,
// microseconds.
ConnectorFactory all_connectors(int stdout_fd, int64_t now);

// What making the table would refuse, without making it: a TableCheck.
std::optional<TableFault> check_table(const VertexSpec& table);

// kUser where reading the table on from these positions would be refused, as far as that is known
// without asking anybody outside.
Status check_positions(const SourceSpec& table, const std::map<std::string, SplitState>& splits);

}  // namespace weir
