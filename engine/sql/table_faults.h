// Faults of tables that do not depend on any query: what the connector of a table says against it,
// and tables that the script defines and no query uses.
#pragma once

#include "engine/plan/table_check.h"
#include "engine/sql/catalog.h"

namespace weir {

// Asks the connector of `spec`, which is a SourceSpec or a SinkSpec. `table`: its definition; null
// for the sink of a bare SELECT. `check` may be absent: nothing is asked. Errors are placed at the
// option or the column at fault.
Status ask_connector(const ScriptText& script, const TableDefinition* table, const VertexSpec& spec,
                     const TableCheck& check);

// A table that is neither read nor written must be of use in one of the two roles. Errors are
// placed.
Status check_unused_table(const ScriptText& script, const Catalog& catalog,
                          const TableDefinition& table, const TableCheck& check);

}  // namespace weir
