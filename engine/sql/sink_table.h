// A table as a sink: its definition to a SinkSpec, with every option checked.
#pragma once

#include "engine/plan/specs.h"
#include "engine/sql/catalog.h"

namespace weir {

// Errors are placed.
Result<SinkSpec> sink_table(const ScriptText& script, const TableDefinition& table);

// Checks that a table has exactly the columns in which bad or late rows are written. `option` is
// the one that names the table, "dead_letters" or "late". Errors are placed at the table.
Status check_side_table(const ScriptText& script, const TableDefinition& table,
                        const std::string& option, const Schema& schema);

// The sink of a bare SELECT.
SinkSpec standard_output(const std::string& name, const Schema& schema);

}  // namespace weir
