// What a segment says of each part file, so that one that has changed since it was sealed is not
// delivered. A segment's contents are lines: name, length in bytes, crc32c in hexadecimal digits.
// Plain functions; check_unchanged() reads the file.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct SealedFile {
  std::string name;  // That it is delivered under, within the folder.
  uint64_t bytes = 0;
  uint32_t checksum = 0;

  bool operator==(const SealedFile&) const = default;
};

std::string encode_segment(const std::vector<SealedFile>& files);
// kCorrupt where encode_segment() has not made it.
Result<std::vector<SealedFile>> decode_segment(std::string_view contents);

// kCorrupt where the file at `path` is not what was sealed, kUnavailable where it cannot be read.
Status check_unchanged(const std::string& path, const SealedFile& sealed);

}  // namespace weir
