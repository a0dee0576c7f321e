// Which files a path stands for: one file, all files of a folder, or what a pattern matches.
#pragma once

#include "engine/base/status.h"

#include <string>
#include <vector>

namespace weir {

struct ListedFile {
  std::string name;  // Unique in the listing; of a folder's file, relative to the folder.
  std::string path;  // As the user's path leads to it.

  bool operator==(const ListedFile&) const = default;
};

// In the order of their names, byte by byte. Names that start with a dot, of files and of folders,
// are left out, also by patterns: that is how writers hide what is unfinished. A path that exists
// is never taken as a pattern. kUser error where the path does not exist; no files in a folder or
// none that match is not an error.
Result<std::vector<ListedFile>> list_files(const std::string& path);

}  // namespace weir
