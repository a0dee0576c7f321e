#include "operators/connectors/file/record_reader.h"

#include "operators/connectors/formats/decoder.h"

#include <cstring>
#include <utility>

namespace weir {
namespace {

constexpr size_t kBufferBytes = 256 << 10;  // Stays in the second-level cache.
constexpr size_t kRoomMin = kBufferBytes / 4;

}  // namespace

RecordReader::RecordReader(std::unique_ptr<ByteStream> stream, bool has_quotes,
                           size_t record_bytes_max)
    : stream_(std::move(stream)), record_bytes_max_(record_bytes_max), splitter_(has_quotes) {}

Result<std::optional<FileRecord>> RecordReader::next() {
  while (true) {
    if (begin_ < end_) {
      const size_t size = splitter_.find_end(buffered());
      if (size != RecordSplitter::kNone) return take(size, 1);
    }
    make_room();
    const size_t room = buffer_.size() - Decoder::kPadding - end_;
    const size_t got = TRY(stream_->read(bytes() + end_, room));
    if (got == 0) return std::optional<FileRecord>();
    end_ += got;
  }
}

Result<std::optional<FileRecord>> RecordReader::last() {
  TRY(stream_->check_end());
  if (begin_ == end_) return std::optional<FileRecord>();
  splitter_.reset();
  return take(end_ - begin_, 0);
}

FileRecord RecordReader::take(size_t size, size_t line_end) {
  FileRecord record{.payload = buffered().substr(0, size), .offset = offset_};
  if (dropped_ == 0 && record.payload.ends_with('\r')) record.payload.remove_suffix(1);
  begin_ += size + line_end;
  offset_ += size + line_end + dropped_;
  dropped_ = 0;
  return record;
}

// Leaves at least kRoomMin bytes behind end_, and what is kept of the record in work before it.
void RecordReader::make_room() {
  size_t kept = end_ - begin_;
  if (kept > record_bytes_max_ + 1) {
    const size_t waste = kept - (record_bytes_max_ + 1);
    splitter_.forget(waste);
    dropped_ += waste;
    kept -= waste;
  }
  if (kept != 0 && begin_ != 0) std::memmove(bytes(), bytes() + begin_, kept);
  begin_ = 0;
  end_ = kept;
  if (buffer_.size() >= kept + kRoomMin + Decoder::kPadding) return;
  Buffer larger(kBufferBytes + 2 * kept + Decoder::kPadding);
  // Decoders look at the padding, and may at what was there before.
  std::memset(larger.data(), 0, larger.size());
  if (kept != 0) std::memcpy(larger.data(), buffer_.data(), kept);
  buffer_ = std::move(larger);
}

Status RecordReader::skip_to(uint64_t offset) {
  CHECK(offset >= offset_);
  if (offset - offset_ <= end_ - begin_) {
    begin_ += static_cast<size_t>(offset - offset_);
  } else {
    TRY(stream_->skip_to(offset));
    begin_ = end_ = 0;
  }
  offset_ = offset;
  dropped_ = 0;
  splitter_.reset();
  return {};
}

void RecordReader::release_buffer() {
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  buffer_ = Buffer();
}

}  // namespace weir
