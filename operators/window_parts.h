// The groups of the windows that fire, one window after the other, and of each a part at a time:
// all of them at once as long as they are in memory.
//
// Owned by a WindowAggregate and used by its thread.
#pragma once

#include "state/sliced_table.h"

#include <cstdint>
#include <optional>

namespace weir {

class WindowParts {
 public:
  struct Window {
    SliceId id;
    int64_t due;  // At this watermark at the latest.
  };
  // kPending: what is needed was asked for and is not in memory yet.
  enum class Step { kPending, kPart, kEnd };

  virtual ~WindowParts() = default;

  // The one that fires next, or is under way; nothing while no slice is left.
  virtual std::optional<Window> next() const = 0;
  // Goes to the first part of that window, or the next one; behind the last the window has fired,
  // and what no later one needs is gone.
  virtual Result<Step> step() = 0;
  // The groups of the part. REQUIRES: step() came to one, and was not called since.
  virtual const KeyedTable& table() const = 0;
};

}  // namespace weir
