#include "state/warm_files.h"

#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/base/hash.h"

#include <algorithm>
#include <utility>

namespace weir {
void WarmFiles::adopt(const std::vector<WarmFile>& files) {
  CHECK(known_.empty());
  for (const WarmFile& file : files) {
    if (never_changes(file.name)) known_[file.name] = {.object = file.contents};
  }
}

void WarmFiles::take(const std::vector<std::string>& names) {
  CHECK(std::is_sorted(names.begin(), names.end()));
  unstored_.clear();
  std::erase_if(known_, [&](const auto& file) {
    return !std::binary_search(names.begin(), names.end(), file.first);
  });
  for (const std::string& name : names) {
    if (!never_changes(name) || !known_.contains(name)) unstored_.push_back(name);
  }
}

const StoredObject* WarmFiles::unchanged(std::string_view bytes) const {
  CHECK(!unstored_.empty());
  const auto found = known_.find(unstored_.front());
  if (found == known_.end()) return nullptr;
  const auto& [object, hash] = found->second;
  const bool is_same =
      object.bytes == bytes.size() && object.crc32c == crc32c(bytes) && hash == hash_bytes(bytes);
  return is_same ? &object : nullptr;
}

void WarmFiles::stored(StoredObject object, std::string_view bytes) {
  CHECK(!unstored_.empty());
  const std::string& name = unstored_.front();
  CHECK(never_changes(name) || object.bytes == bytes.size());
  const uint64_t hash = never_changes(name) ? 0 : hash_bytes(bytes);
  known_[name] = {.object = std::move(object), .hash = hash};
  unstored_.pop_front();
}

std::vector<WarmFile> WarmFiles::files() const {
  CHECK(unstored_.empty());
  std::vector<WarmFile> files;
  for (const auto& [name, known] : known_) files.push_back({name, known.object});
  return files;
}

}  // namespace weir
