// Vocabulary of tests that save and restore the state of a task.
#pragma once

#include "state/task_state.h"

#include <string>
#include <vector>

namespace weir {

inline std::string whole_of(TaskState& state) { return state.freeze(Freeze::kWhole)->encode(); }
inline std::string changes_of(TaskState& state) { return state.freeze(Freeze::kChanges)->encode(); }

// The files of one task, in order.
inline Status restore(TaskState& state, std::vector<std::string> files) {
  StateImage image;
  for (std::string& file : files) {
    Status added = image.add(std::move(file));
    if (!added.ok()) return added;
  }
  return state.restore(image);
}

}  // namespace weir
