// What PostgreSQL's grammar takes and this front end does not take yet: one function for each
// place, each naming what works instead. A feature that arrives replaces the call of its refusal.
#pragma once

#include "engine/sql/ast.h"

#include <string>

namespace weir {

// Every kind of expression node that the binder has no meaning for.
Error refuse_expression(const ScriptText& script, const Node& node);
// SIMILAR TO, = ANY (array), ...
Error refuse_operator(const ScriptText& script, const Node& node);
// What a call says beyond name and arguments (OVER, named arguments), and functions that mean
// something elsewhere: aggregates, record_partition(), tumble(). `where` is the clause, for
// messages.
Status refuse_call(const ScriptText& script, const Node& call, const std::string& name,
                   const std::string& where);

// A statement that is not one of the six.
Error refuse_statement(const ScriptText& script, const Statement& statement);
// ORDER BY, LIMIT, FOR UPDATE, INTO, VALUES of a SELECT.
Status refuse_select_parts(const ScriptText& script, const Node& select);
// INTERSECT, EXCEPT.
Error refuse_set_operation(const ScriptText& script, const Node& select);

Error refuse_lateral(const ScriptText& script, size_t location);
// lead, ntile, ... and what is no window function at all, with OVER behind it.
Error refuse_over_function(const ScriptText& script, const Node& call, const std::string& name);
Error refuse_grouping_sets(const ScriptText& script, size_t location);
// as_of, and functions that do not exist in FROM at all.
Error refuse_table_function(const ScriptText& script, const Node& call, const std::string& name);
Error refuse_from_item(const ScriptText& script, const Node& item);

// "count", "sum", ...: all that PostgreSQL and we call aggregates, available or not.
bool is_aggregate_name(const std::string& name);
// Whether there is a function of this name that is not an aggregate.
bool is_function_name(const std::string& name);

}  // namespace weir
