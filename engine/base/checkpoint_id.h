// Names a checkpoint, and the stretch of output that ends with it. No name is ever met twice.
#pragma once

#include "engine/base/ids.h"

#include <compare>

namespace weir {

// In order over all lives of a job: those of a later generation come after all of an earlier one,
// and epochs go on counting from the checkpoint that the generation began with.
struct CheckpointId {
  Generation generation;
  Epoch epoch;

  constexpr auto operator<=>(const CheckpointId&) const = default;
};

}  // namespace weir
