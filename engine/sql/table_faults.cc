#include "engine/sql/table_faults.h"

#include "engine/plan/options.h"
#include "engine/sql/sink_table.h"
#include "engine/sql/source_table.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

enum class Role { kSource, kSink };

// What the definition itself shows of the role it was written for.
Role likely_role(const TableDefinition& table) {
  if (!table.primary_key.empty()) return Role::kSink;
  if (table.connector == "print" || table.connector == "blackhole") return Role::kSink;
  const bool has_sink_option =
      std::any_of(table.options.begin(), table.options.end(), [&](const auto& option) {
        const Result<const Option*> known = find_table_option(table.connector, option.first);
        return known.ok() && (*known)->scope == OptionScope::kSink;
      });
  return has_sink_option ? Role::kSink : Role::kSource;
}

Result<VertexSpec> spec_of(const ScriptText& script, const Catalog& catalog,
                           const TableDefinition& table, Role role) {
  if (role == Role::kSink) return VertexSpec(TRY(sink_table(script, table)));
  SourceTable source = TRY(source_table(script, catalog, table));
  return VertexSpec(std::move(source.spec));
}

}  // namespace

Status ask_connector(const ScriptText& script, const TableDefinition* table, const VertexSpec& spec,
                     const TableCheck& check) {
  if (check == nullptr) return {};
  const std::optional<TableFault> fault = check(spec);
  if (!fault) return {};
  if (table == nullptr) return script.refuse_script(fault->message);
  const auto option = table->options.find(fault->option);
  const std::optional<size_t> column = table->find(fault->column);
  size_t location = table->location;
  if (option != table->options.end()) location = option->second.location;
  if (column) location = table->columns[*column].location;
  return script.refuse(location, fault->message);
}

Status check_unused_table(const ScriptText& script, const Catalog& catalog,
                          const TableDefinition& table, const TableCheck& check) {
  const auto fits = [&](Role role) -> Status {
    const VertexSpec spec = TRY(spec_of(script, catalog, table, role));
    return ask_connector(script, &table, spec, check);
  };
  // Of two refusals, that of the likelier role is shown.
  const Role likely = likely_role(table);
  const Role other = likely == Role::kSource ? Role::kSink : Role::kSource;
  if (fits(other).ok()) return {};
  return fits(likely);
}

}  // namespace weir
