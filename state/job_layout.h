// The names of a job's objects, and what a name says: state/job_history.h has the layout.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "engine/base/status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// Any text as one part of an object's name; different texts give different parts.
std::string name_part(std::string_view text);

enum class JobObjectKind { kFence, kBase, kManifest, kCommitted, kFile };

struct JobObject {
  JobObjectKind kind;
  CheckpointId id;  // Epoch 0 for kFence and kBase.
  std::string name;

  bool operator==(const JobObject&) const = default;
};

class JobLayout {
 public:
  explicit JobLayout(std::string_view job);

  const std::string& folder() const { return folder_; }
  std::string generations() const;
  std::string fence(Generation generation) const;
  std::string base(Generation generation) const;
  std::string manifest(CheckpointId id) const;
  std::string committed(CheckpointId id) const;
  std::string file(CheckpointId id, std::string_view chain, uint32_t instance,
                   std::string_view file) const;

  // kCorrupt if it is none of the above.
  Result<JobObject> read(std::string_view name) const;

 private:
  std::string checkpoint(CheckpointId id) const;

  const std::string folder_;  // Ends with '/'.
};

}  // namespace weir
