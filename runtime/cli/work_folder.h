// The folder of this process for what may be lost: rows that left memory. Hidden, below a folder
// that others may use too, and locked, so that what a process left there that died is told apart
// and removed by the next one. Removed at the end.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <string>
#include <utility>

namespace weir {

class WorkFolder {
 public:
  // Below `parent`, which is made if it is missing; empty: below $TMPDIR if that is set, else
  // /var/tmp, since what is in /tmp may lie in memory. kUser where it cannot be made.
  static Result<WorkFolder> make(const std::string& parent = "");
  WorkFolder(WorkFolder&& other) noexcept;
  ~WorkFolder();

  const std::string& path() const { return path_; }
  // What somebody writes there at this moment may be left, to the next process.
  void remove();

 private:
  WorkFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;
};

// What the rows of a job may take in memory, by WEIR_STATE_BYTES, with which tests move them out of
// it; as a rule it is not set, and there is no limit. kUser where it is no size.
Result<uint64_t> state_bytes_allowed();

}  // namespace weir
