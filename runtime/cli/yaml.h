// YAML at the edge: the same tree as JSON, for graph files that people read and write.
#pragma once

#include "engine/base/status.h"

#include <string>
#include <string_view>

namespace weir {

// kUser error with line and column for text that is not YAML. Plain scalars become null, booleans
// and numbers where JSON would write them so; quoted ones stay strings.
Result<std::string> yaml_to_json(std::string_view yaml);

// REQUIRES: `json` is valid.
std::string json_to_yaml(std::string_view json);

}  // namespace weir
