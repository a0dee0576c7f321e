// Where what must outlive processes is kept: objects by name, written once, whole or not at all.
//
// Names are paths of [A-Za-z0-9._-] parts joined by '/', relative to the store; no part begins with
// '.' and none is longer than 255 bytes. An object is never changed; whoever reads it sees all of
// it. Safe from any thread, and by several processes at once. Every call may block. Errors:
// kUnavailable where the store cannot be reached or is full, with what was tried; a write that ends
// in kUnavailable may or may not have happened.
#pragma once

#include "engine/base/status.h"
#include "state/object_bytes.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class PutIfAbsent { kDone, kWasThere };

class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;

  // Durable when it returns: it outlives a loss of power. An object of that name is replaced.
  virtual Status put(const std::string& name, std::string_view bytes) = 0;
  // The same, but of several writers of one name exactly one ever gets kDone. After kWasThere the
  // object that was there is durable too.
  virtual Result<PutIfAbsent> put_if_absent(const std::string& name, std::string_view bytes) = 0;
  // The same of what a file of this machine holds, which nobody changes ever after: it may become
  // the object itself, and saves copying it.
  virtual Result<PutIfAbsent> put_file_if_absent(const std::string& name, const std::string& path);
  // Absent if there is no such object.
  virtual Result<std::optional<std::string>> get(const std::string& name) = 0;
  // The same without a copy, where the store can: of large objects that are read once.
  virtual Result<std::optional<ObjectBytes>> open(const std::string& name);
  // Makes it a file of this machine, which nobody may change, since it may be the object itself.
  // False if there is no such object. REQUIRES: there is no such file, but its folder.
  virtual Result<bool> get_file(const std::string& name, const std::string& path);
  // How many bytes it has. Absent if there is no such object; much cheaper than get().
  virtual Result<std::optional<uint64_t>> size(const std::string& name) = 0;
  // Every object whose name begins with `prefix`, in the order of names. What was there before the
  // call and was not removed since is in it.
  virtual Result<std::vector<std::string>> list(const std::string& prefix) = 0;
  // Ok too where there is none.
  virtual Status remove(const std::string& name) = 0;
};

// A bug's or a script's name that no store takes is kUser, and says why.
Status check_object_name(std::string_view name);

// A folder, made if it is missing: a file for each object. For one machine, or a file system whose
// exclusive creation and rename hold across machines.
Result<std::unique_ptr<SnapshotStore>> open_directory_store(const std::string& path);

}  // namespace weir
