// What one task adds to a checkpoint: all that it needs to go on from there, and the output that
// the checkpoint is to deliver.
#pragma once

#include "engine/protocol/checkpoint.h"
#include "operators/connectors/sink.h"
#include "state/task_state.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct TaskCheckpoint {
  Epoch epoch;         // With `final`: the first whose barrier the task did not see.
  bool final = false;  // It has read all its input and stands for every later epoch too.
  std::optional<FrozenState> state;  // Absent: it remembers nothing, or nobody asked.
  std::map<std::string, SplitState> splits;
  std::map<std::string, int64_t> watermarks;  // TaskSnapshot::watermarks
  std::vector<Segment> segments;              // One a sink, in the order of Task::sinks().
  std::vector<checkpoint::EdgeRows> rows;
};

}  // namespace weir
