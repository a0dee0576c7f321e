// Which entry of the function table a call means, by PostgreSQL's rules for overloaded functions
// and operators.
#pragma once

#include "engine/expr/expr.h"
#include "engine/expr/function.h"

#include <string_view>
#include <vector>

namespace weir {

struct Resolved {
  const Function* function;
  std::vector<ExprPtr> args;  // Cast to what the function takes.
};

// kUser error if no entry, or more than one, fits. `name` is canonical.
Result<Resolved> resolve_call(std::string_view name, std::vector<ExprPtr> args);

}  // namespace weir
