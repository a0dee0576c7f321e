// The options of a file table, source or sink, checked and with defaults filled in. Plain values.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace weir {

// How files become splits.
enum class FileSplits {
  kFile,      // Each file is one; all are merged by time.
  kSequence,  // All files in the order of their names are one: a rotated log.
  kRange,     // Stretches of bytes of each file: one large file is read in parallel.
};

struct FileSourceOptions {
  std::string path;            // A file, a folder (with its subfolders), or a pattern with * ? [ ].
  bool keep_watching = false;  // stop = 'never'
  FileSplits splits = FileSplits::kFile;
  uint64_t range_bytes = 64 << 20;  // Of kRange: how long one stretch is.

  bool operator==(const FileSourceOptions&) const = default;
};

struct FileSinkOptions {
  std::string path;  // A folder; made if it is not there.
  // A part file that has so many bytes is ended, and the epoch goes on in another one. Absent: one
  // file an epoch.
  std::optional<uint64_t> roll_bytes;
  // Microseconds. A part file that was begun so long ago is ended, and the epoch goes on in another
  // one with the next row. Its checkpoint ends it in any case, and shows all files of the epoch:
  // an interval above checkpoint_interval changes nothing. Absent: only the checkpoint ends it.
  std::optional<int64_t> roll_interval;

  bool operator==(const FileSinkOptions&) const = default;
};

// Read by their names in SQL: path, stop, split; path, roll_bytes, roll_interval. Other names are
// not looked at. A kUser error names the option, its value and what would be right.
Result<FileSourceOptions> file_source_options(const std::map<std::string, std::string>& options);
Result<FileSinkOptions> file_sink_options(const std::map<std::string, std::string>& options);

}  // namespace weir
