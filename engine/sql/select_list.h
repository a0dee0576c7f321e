// The list of a SELECT: stars written out, and the names that PostgreSQL gives to columns without
// an alias.
#pragma once

#include "engine/sql/catalog.h"
#include "engine/sql/scope.h"

#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct SelectItem {
  std::string name;
  Node node;     // Absent where a star was written out; then `expr` is there.
  ExprPtr expr;  // Over the scope
  size_t location = 0;
};

// Errors are placed.
Result<std::vector<SelectItem>> read_select_list(const ScriptText& script, const Catalog& catalog,
                                                 const Scope& scope, const Node& select);

// What an expression without a name of its own is called.
inline constexpr std::string_view kNoName = "?column?";

// "price" for price, (b).price and price::text; "lower" for lower(x); kNoName for the rest.
std::string figured_name(const Node& expression);

}  // namespace weir
