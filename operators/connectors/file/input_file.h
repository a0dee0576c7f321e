// A file open for reading, from its beginning to wherever it ends now. Owned and used by one
// reader.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

class InputFile {
 public:
  // kCorrupt for a file that is gone (its source had found it), kUser where it may not be read.
  static Result<InputFile> open(const std::string& path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  const std::string& path() const { return path_; }

  // Up to `size` bytes; 0 at the end, as it is now. kCorrupt if the file has become shorter than
  // what was read of it.
  Result<size_t> read(char* to, size_t size);
  // kCorrupt if the file does not reach that far.
  Status seek(uint64_t offset);

  // Bytes that the file has now; absent for what is no regular file (a pipe).
  std::optional<uint64_t> size() const;
  // Whether another file stands under the same path now.
  bool is_replaced() const;

 private:
  InputFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_ = -1;
  uint64_t offset_ = 0;
};

}  // namespace weir
