// CREATE TABLE as written, read into a TableDefinition: columns, constraints and options, each
// checked for its form only. What the options mean is decided where the table is read
// (source_table.h) or written (sink_table.h).
#pragma once

#include "engine/sql/catalog.h"

namespace weir {

// Errors are placed.
Result<TableDefinition> read_table(const ScriptText& script, const Catalog& catalog,
                                   const Statement& statement);

}  // namespace weir
