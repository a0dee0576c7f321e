// What a complete checkpoint holds: everything that a job needs to go on from it, in any number of
// tasks.
//
// A manifest names every object that it needs, with length and checksum, also those that earlier
// checkpoints wrote; nothing is implied.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/data/key_group.h"
#include "state/task_state.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

// An object of the snapshot store.
struct StoredObject {
  std::string name;
  uint64_t bytes = 0;
  uint32_t crc32c = 0;

  bool operator==(const StoredObject&) const = default;
};

// A table that a task declared.
struct DeclaredTable {
  std::string name;       // As in the task's state: "step/table"
  std::string signature;  // Of its kind and columns; rows of another one cannot be read.

  bool operator==(const DeclaredTable&) const = default;
};

// A file of the warm tier (WarmCut): the name that it must have there, and where it is stored.
struct WarmFile {
  std::string name;
  StoredObject contents;

  bool operator==(const WarmFile&) const = default;
};

struct TaskSnapshot {
  std::string chain;  // Id of the chain's last step
  uint32_t instance = 0;
  std::vector<DeclaredTable> tables;
  std::vector<StoredObject> files;            // To be applied in this order.
  std::vector<WarmFile> warm;                 // What was not in memory; none: all was.
  std::string source;                         // Id of its source's step; empty if it has none.
  std::map<std::string, SplitState> splits;   // Of its source, by name
  std::map<std::string, int64_t> watermarks;  // W of its source, and of each gate by the step it
                                              // feeds

  bool operator==(const TaskSnapshot&) const = default;
};

// Output of one slot that was sealed and whose delivery this checkpoint orders, in this order: of
// its own epoch, and of epochs before it that were abandoned.
struct SlotOutput {
  std::string sink;  // Id of the step
  uint32_t slot = 0;
  struct Sealed {
    CheckpointId id;
    uint64_t rows = 0;
    StoredObject contents;

    bool operator==(const Sealed&) const = default;
  };
  std::vector<Sealed> sealed;

  bool operator==(const SlotOutput&) const = default;
};

struct Manifest {
  CheckpointId id;
  std::optional<CheckpointId> parent;
  std::string lineage;  // Random; names the job in markers.
  std::string script;   // Name of the job, for messages
  uint32_t key_groups = 0;
  uint32_t parallelism = 0;
  bool finished = false;  // All input was read, and this is the last checkpoint.
  std::vector<TaskSnapshot> tasks;
  // Every slot that is open, also those with nothing to deliver. Closed ones owe nothing.
  std::vector<SlotOutput> slots;

  bool operator==(const Manifest&) const = default;
};

}  // namespace weir
