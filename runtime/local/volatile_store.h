// A SnapshotStore that ends with the process: for jobs that nobody continues.
#pragma once

#include "state/snapshot_store.h"

#include <map>
#include <mutex>
#include <string>

namespace weir {

class VolatileStore : public SnapshotStore {
 public:
  Status put(const std::string& name, std::string_view bytes) override;
  Result<PutIfAbsent> put_if_absent(const std::string& name, std::string_view bytes) override;
  Result<std::optional<std::string>> get(const std::string& name) override;
  Result<std::optional<uint64_t>> size(const std::string& name) override;
  Result<std::vector<std::string>> list(const std::string& prefix) override;
  Status remove(const std::string& name) override;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> objects_;  // Guarded by mutex_.
};

}  // namespace weir
