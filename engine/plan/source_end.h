// Which sources come to an end by themselves.
#pragma once

#include "engine/plan/specs.h"

namespace weir {

// By its options.
bool has_end(const SourceSpec& source);

// Whether splits that are added while the job runs are found, sooner or later.
bool finds_new_splits(const SourceSpec& source);

}  // namespace weir
