// Cuts the bytes of a file into records, through one buffer that is used again and again.
//
// A record may be longer than what is allowed: of such a one only a byte more than that is kept,
// for the decoder to see, and its rest is passed over without taking memory. Owned and used by one
// split reader.
#pragma once

#include "engine/base/status.h"
#include "engine/data/buffer.h"
#include "operators/connectors/file/byte_stream.h"
#include "operators/connectors/formats/record_splitter.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace weir {

struct FileRecord {
  // Without the line end; lives until the next call. Decoder::kPadding bytes follow.
  std::string_view payload;
  uint64_t offset = 0;  // Of its first byte in the file.
};

class RecordReader {
 public:
  RecordReader(std::unique_ptr<ByteStream> stream, bool has_quotes, size_t record_bytes_max);

  // The next record that has its line end; absent: there is none now.
  Result<std::optional<FileRecord>> next();
  // What stands behind the last line end, if anything: the last record of a file that does not grow
  // any more. kCorrupt if the file was cut off. REQUIRES: next() found nothing.
  Result<std::optional<FileRecord>> last();

  // Goes forward to a place where a record begins. REQUIRES: offset >= this->offset().
  Status skip_to(uint64_t offset);
  // Where the next record begins.
  uint64_t offset() const { return offset_; }

  // Gives memory back that is not in use: for a reader that waits.
  void release_buffer();

  const ByteStream& stream() const { return *stream_; }

 private:
  std::string_view buffered() const { return {bytes() + begin_, end_ - begin_}; }
  char* bytes() { return reinterpret_cast<char*>(buffer_.data()); }
  const char* bytes() const { return reinterpret_cast<const char*>(buffer_.data()); }

  FileRecord take(size_t size, size_t line_end);
  void make_room();

  // Constant after construction.
  const std::unique_ptr<ByteStream> stream_;
  const size_t record_bytes_max_;

  RecordSplitter splitter_;
  Buffer buffer_;
  size_t begin_ = 0;      // Of the record in work.
  size_t end_ = 0;        // Of the bytes read.
  uint64_t dropped_ = 0;  // Bytes of the record in work that were passed over.
  uint64_t offset_ = 0;
};

}  // namespace weir
