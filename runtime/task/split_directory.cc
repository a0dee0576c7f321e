#include "runtime/task/split_directory.h"

namespace weir {

SplitId SplitDirectory::add(SplitName name) {
  const std::lock_guard lock(mutex_);
  names_.push_back(std::move(name));
  return SplitId(static_cast<uint32_t>(names_.size() - 1));
}

SplitName SplitDirectory::name_of(SplitId id) const {
  const std::lock_guard lock(mutex_);
  CHECK(id.value() < names_.size());
  return names_[id.value()];
}

}  // namespace weir
