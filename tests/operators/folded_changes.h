// What rows that change come to in the end, for tests of the steps that give such rows.
#pragma once

#include "tests/operators/harness.h"

#include <string>
#include <vector>

namespace weir {

// A batch whose rows change so: "+I", "-U", "+U", "-D", one a row.
RecordBatch with_changes(RecordBatch batch, const std::vector<std::string>& changes);

// The rows that are left when every row that was taken back is struck out, as JSON, sorted. Fails
// where a row is taken back that is not there.
std::vector<std::string> folded_rows(const Steps& out);

}  // namespace weir
