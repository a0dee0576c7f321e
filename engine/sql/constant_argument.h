// Arguments that must be known before a job starts: the lengths of windows and frames, counts of
// rows. Errors are placed, and begin with `what`: "the size of a window".
#pragma once

#include "engine/sql/catalog.h"

#include <string>
#include <string_view>

namespace weir {

// A constant interval in microseconds; months have no fixed length and are refused.
Result<int64_t> constant_interval(const ScriptText& script, const Catalog& catalog,
                                  const Node& node, std::string_view what);

// A constant integer from 0 to `most`.
Result<uint32_t> constant_count(const ScriptText& script, const Catalog& catalog, const Node& node,
                                std::string_view what, uint32_t most);

}  // namespace weir
