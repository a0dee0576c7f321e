// Which files make up the cut of one task's warm tier (state/warm_store.h), and as what objects
// they are stored, while its checkpoints come and go.
//
// A table file never changes under its name within one database: it is stored once, and each later
// checkpoint names that object. The others are small, and are stored when they have
// changed. What no cut has any longer is forgotten: only what was named a checkpoint ago is known
// to be there still (JobHistory::collect). Decides only: whoever owns it stores. Used by one
// thread.
#pragma once

#include "state/checkpoint.h"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class WarmFiles {
 public:
  // A table file's name (*.sst).
  static bool never_changes(std::string_view name) { return name.ends_with(".sst"); }

  // The database was opened with these files, as a checkpoint before names them. Before any take().
  void adopt(const std::vector<WarmFile>& files);

  // The files of the next cut, in order of their names, in place of the one before; none: nothing
  // was ever out of memory.
  void take(const std::vector<std::string>& names);
  // What is to be stored next of it; null: all of it is.
  const std::string* next() const { return unstored_.empty() ? nullptr : &unstored_.front(); }
  // Where the next one is stored already, if it has not changed since; else null. REQUIRES: next()
  // is not null.
  const StoredObject* unchanged(std::string_view bytes) const;
  // The next one is durable, with these bytes if it may change. REQUIRES: next() is not null.
  void stored(StoredObject object, std::string_view bytes = {});

  // All of the cut. REQUIRES: all is stored.
  std::vector<WarmFile> files() const;

 private:
  struct Known {
    StoredObject object;
    uint64_t hash = 0;  // Of its bytes, of those that may change.
  };

  std::map<std::string, Known> known_;  // By name
  std::deque<std::string> unstored_;
};

}  // namespace weir
