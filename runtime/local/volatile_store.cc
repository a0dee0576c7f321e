#include "runtime/local/volatile_store.h"

namespace weir {

Status VolatileStore::put(const std::string& name, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  objects_.insert_or_assign(name, std::string(bytes));
  return {};
}

Result<PutIfAbsent> VolatileStore::put_if_absent(const std::string& name, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const bool is_new = objects_.try_emplace(name, bytes).second;
  return is_new ? PutIfAbsent::kDone : PutIfAbsent::kWasThere;
}

Result<std::optional<std::string>> VolatileStore::get(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(name);
  if (found == objects_.end()) return std::optional<std::string>();
  return std::optional(found->second);
}

Result<std::optional<uint64_t>> VolatileStore::size(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(name);
  if (found == objects_.end()) return std::optional<uint64_t>();
  return std::optional<uint64_t>(found->second.size());
}

Result<std::vector<std::string>> VolatileStore::list(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (auto at = objects_.lower_bound(prefix); at != objects_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    names.push_back(at->first);
  }
  return names;
}

Status VolatileStore::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  objects_.erase(name);
  return {};
}

}  // namespace weir
