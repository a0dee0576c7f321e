// Which files make up the state of one task, while its checkpoints come and go.
//
// Changes count as saved once their file is durable: whatever checkpoint completes next names it,
// also if the one that it was written for was given up. What could not be stored waits here and
// goes first the next time, since changes without those before them say nothing; a whole state
// makes all before it superfluous, and is asked for then. Decides only: whoever owns it stores.
// Used by one thread.
#pragma once

#include "engine/base/checkpoint_id.h"
#include "state/checkpoint.h"
#include "state/frozen_state.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace weir {

class StateFiles {
 public:
  // More files than this are not read one after the other when a job goes on: changes are merged.
  static constexpr size_t kFilesMax = 32;
  // Merging has the changes in memory, and the file that it makes of them. Where they are more than
  // this and more than half of the whole, a whole state takes less.
  static constexpr uint64_t kMergedBytes = 4 << 20;

  struct Unstored {
    CheckpointId id;  // That it was handed over for.
    Freeze what;
    std::string bytes;
  };

  // What the task handed over next. REQUIRES: the first is whole.
  void take(Unstored file);

  // What is to be stored next; null: all of it is.
  const Unstored* next() const { return unstored_.empty() ? nullptr : &unstored_.front(); }
  // It is durable. REQUIRES: next() is not null.
  void stored(StoredObject object);

  // Whether the task should hand over all of its state: something could not be stored, or the
  // changes outweigh what they change, or are too many to be merged.
  bool wants_whole() const;
  // Whether the files are many, and all but the first should become one.
  bool wants_merge() const {
    return unstored_.empty() && files_.size() >= kFilesMax && merge_is_small();
  }
  // It is durable, and says what all files but the first say together.
  void merged(StoredObject changes);

  // In the order in which they are to be applied. REQUIRES: all is stored.
  const std::vector<StoredObject>& files() const;

 private:
  bool merge_is_small() const;

  std::vector<StoredObject> files_;
  std::deque<Unstored> unstored_;
  uint64_t changed_bytes_ = 0;  // In all files but the first.
};

}  // namespace weir
