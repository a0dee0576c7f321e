// One file being written under a name that hides it. Owned and used by one sink.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

class PartFile {
 public:
  PartFile() = default;
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&& other) noexcept;
  // Closes the file. It keeps its hidden name, and whoever makes the slot's next sink removes it.
  ~PartFile();

  // A new file. kUnavailable where there is one already, or the disk refuses.
  static Result<PartFile> create(std::string path);

  bool is_open() const { return fd_ >= 0; }
  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }
  uint32_t checksum() const { return checksum_; }  // Crc32c of what was written.

  Status write(std::string_view bytes);
  // Makes what was written durable and closes the file.
  Status finish();

 private:
  std::string path_;
  int fd_ = -1;
  uint64_t size_ = 0;
  uint32_t checksum_ = 0;
};

// Makes the names in a folder durable.
Status sync_folder(const std::string& folder);
// Gives a file another name; one that is taken is kept and makes an error: kUser.
Status rename_new(const std::string& from, const std::string& to);

}  // namespace weir
