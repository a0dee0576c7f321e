// The bytes of a file as its records are written in it: decompressed where its name ends in .gz or
// .zst.
//
// Offsets count decompressed bytes. Owned and used by one reader.
#pragma once

#include "engine/base/status.h"
#include "operators/connectors/file/input_file.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weir {

class ByteStream {
 public:
  explicit ByteStream(InputFile file) : file_(std::move(file)) {}
  virtual ~ByteStream() = default;

  // Up to `size` (not 0) bytes; 0: there are no more now. kCorrupt for what cannot be decompressed.
  virtual Result<size_t> read(char* to, size_t size) = 0;
  // Goes forward to `offset`. kCorrupt if the stream ends before. REQUIRES: no more than that was
  // read.
  virtual Status skip_to(uint64_t offset) = 0;
  // After read() said 0: whether a file that does not grow any more may end like this; kCorrupt if
  // it was cut off.
  virtual Status check_end() const = 0;
  // Bytes in all, where the file system knows.
  virtual std::optional<uint64_t> size() const { return std::nullopt; }

  const InputFile& file() const { return file_; }

 protected:
  InputFile file_;
};

Result<std::unique_ptr<ByteStream>> open_byte_stream(const std::string& path);

}  // namespace weir
