// Keeps a folder to one writer: one table of one job, with all its slots, in any process of this
// machine and, where the file system knows locks between machines, of others.
//
// The lock is the kernel's, on the file .weir.lock: it ends with the process, however that dies.
// Whoever holds it alone says in the file who writes, and then shares it with those who are the
// same. The last one removes the file; one that is left by a crash means nothing.
//
// Owned by one sink. Two locks of the same writer know nothing of each other.
#pragma once

#include "engine/base/status.h"

#include <string>

namespace weir {

class FolderLock {
 public:
  // Who writes: lines of text that no other table of any job has.
  // kUser where somebody else writes there now, and what to do; kUnavailable where the disk
  // refuses. Waits at most for others that are about to take the lock.
  static Result<FolderLock> take(const std::string& folder, const std::string& writer);

  FolderLock() = default;
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;
  ~FolderLock();

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace weir
