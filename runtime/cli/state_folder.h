// The folder that `weir run --state` keeps checkpoints in, and the lock that says who uses it.
#pragma once

#include "state/snapshot_store.h"

#include <memory>
#include <string>

namespace weir {

class StateFolder {
 public:
  // Made if it is missing. kUser where another process uses it, or it cannot be written. The lock
  // ends with the process, however that ends.
  static Result<StateFolder> open(const std::string& path);
  StateFolder(StateFolder&& other) noexcept;
  ~StateFolder();

  SnapshotStore& store() { return *store_; }

 private:
  StateFolder(std::unique_ptr<SnapshotStore> store, int lock);

  std::unique_ptr<SnapshotStore> store_;
  int lock_;
};

}  // namespace weir
