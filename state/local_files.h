// Files of the warm tier on this machine's disk: what may be lost, so nothing is synced. Any
// thread; every call may block. Errors: kUnavailable, with the path and the reason.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// A folder, with those above it; ok too where it is there.
Status make_local_folder(const std::string& path);
// The folder and all in it; ok too where there is none.
Status remove_local_folder(const std::string& path);

Result<std::string> read_local_file(const std::string& path);

struct FileSum {
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
};
// Of a file of any size, a piece at a time.
Result<FileSum> sum_of_local_file(const std::string& path);

// In place of what was there. REQUIRES: its folder is there.
Status write_local_file(const std::string& path, std::string_view bytes);

}  // namespace weir
