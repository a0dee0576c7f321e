// Types in graph files: "numeric(12,2)" and "bigint[]" as texts; composites as {"name": "bid",
// "fields": [...]}, arrays of composites as {"array": ...}.
#pragma once

#include "engine/data/type.h"

#include <boost/json/value.hpp>

namespace weir {

boost::json::value type_to_json(const Type& type);

// kUser error without a path: the caller knows where it stands.
Result<Type> type_from_json(const boost::json::value& json);

}  // namespace weir
