// A table as a source: its definition to a SourceSpec, with every option and expression checked.
#pragma once

#include "engine/sql/catalog.h"
#include "engine/sql/relation.h"

namespace weir {

struct SourceTable {
  SourceSpec spec;
  RowPolicy policy;
};

// Errors are placed.
Result<SourceTable> source_table(const ScriptText& script, const Catalog& catalog,
                                 const TableDefinition& table);

// Checks each option of the table against the catalog of options, for the one role it has in this
// script. Errors are placed at the option.
Status check_table_options(const ScriptText& script, const TableDefinition& table, bool is_source);

// Options that must be there: "topic" of kafka, "path" of file. Errors are placed at the table.
Status check_required_options(const ScriptText& script, const TableDefinition& table,
                              bool is_source);

}  // namespace weir
