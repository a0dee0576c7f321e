#include "state/state_files.h"

#include "engine/base/check.h"

#include <algorithm>
#include <utility>

namespace weir {

void StateFiles::take(Unstored file) {
  if (file.what == Freeze::kWhole) unstored_.clear();
  CHECK(file.what == Freeze::kWhole || !files_.empty() || !unstored_.empty());
  unstored_.push_back(std::move(file));
}

void StateFiles::stored(StoredObject object) {
  CHECK(!unstored_.empty());
  if (unstored_.front().what == Freeze::kWhole) {
    files_.clear();
    changed_bytes_ = 0;
  } else {
    changed_bytes_ += object.bytes;
  }
  files_.push_back(std::move(object));
  unstored_.pop_front();
}

bool StateFiles::wants_whole() const {
  if (!unstored_.empty() || files_.empty()) return true;
  return changed_bytes_ > files_.front().bytes || (files_.size() >= kFilesMax && !merge_is_small());
}

bool StateFiles::merge_is_small() const {
  return changed_bytes_ <= std::max(kMergedBytes, files_.front().bytes / 2);
}

void StateFiles::merged(StoredObject changes) {
  CHECK(wants_merge());
  files_.resize(1);
  changed_bytes_ = changes.bytes;
  files_.push_back(std::move(changes));
}

const std::vector<StoredObject>& StateFiles::files() const {
  CHECK(unstored_.empty());
  return files_;
}

}  // namespace weir
