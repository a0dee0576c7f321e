// The one place that knows every connector: from a table's spec to a Source or a Sink.
#pragma once

#include "engine/plan/table_check.h"
#include "runtime/task/job_tasks.h"

namespace weir {

// `stdout_fd`: where print tables write. `now`: what start_time = 'now' of generators means,
// microseconds.
ConnectorFactory all_connectors(int stdout_fd, int64_t now);

// What making the table would refuse, without making it: a TableCheck.
std::optional<TableFault> check_table(const VertexSpec& table);

}  // namespace weir
