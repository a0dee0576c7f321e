#include "operators/connectors/file/compressed_stream.h"

#include "engine/data/buffer.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr size_t kInputBytes = 64 << 10;
constexpr size_t kSkipBytes = 64 << 10;

// What a codec did with the bytes it was given.
struct Progress {
  size_t consumed = 0;
  size_t produced = 0;
};

// Feeds the file to a codec block by block.
class CompressedStream : public ByteStream {
 public:
  explicit CompressedStream(InputFile file) : ByteStream(std::move(file)), input_(kInputBytes) {}

  Result<size_t> read(char* to, size_t size) override {
    while (true) {
      // Also without input: the codec may hold output back. Not between members, where it would
      // begin another.
      if (begin_ < end_ || !between_members_) {
        const Progress progress = TRY(decompress(input() + begin_, end_ - begin_, to, size));
        begin_ += progress.consumed;
        offset_ += progress.produced;
        if (progress.produced != 0) return progress.produced;
        if (progress.consumed != 0) continue;
      }
      if (begin_ < end_) return bad("it does not go on as compressed data does");
      begin_ = 0;
      end_ = TRY(file_.read(input(), input_.size()));
      if (end_ == 0) return size_t{0};
    }
  }

  Status skip_to(uint64_t offset) override {
    CHECK(offset >= offset_);
    Buffer waste(kSkipBytes);
    while (offset_ < offset) {
      const size_t size = static_cast<size_t>(std::min<uint64_t>(kSkipBytes, offset - offset_));
      const size_t got = TRY(read(reinterpret_cast<char*>(waste.data()), size));
      if (got == 0) {
        return corrupt(
            fmt::format("file {} has {} bytes when decompressed, but {} were read of it "
                        "before",
                        file_.path(), offset_, offset));
      }
    }
    return {};
  }

  Status check_end() const override {
    if (between_members_) return {};
    return bad("it is cut off within the compressed data");
  }

 protected:
  virtual Result<Progress> decompress(const char* from, size_t size, char* to, size_t room) = 0;

  Error bad(std::string_view what) const {
    return corrupt(fmt::format("cannot decompress file {} behind byte {} of its contents: {}",
                               file_.path(), offset_, what));
  }

  bool between_members_ = false;  // An empty file is a cut-off one: every member has a header.

 private:
  char* input() { return reinterpret_cast<char*>(input_.data()); }

  Buffer input_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t offset_ = 0;  // Of the decompressed bytes.
};

class GzipStream : public CompressedStream {
 public:
  explicit GzipStream(InputFile file) : CompressedStream(std::move(file)) {
    constexpr int kGzipOnly = 16;
    CHECK(inflateInit2(&codec_, MAX_WBITS + kGzipOnly) == Z_OK);
  }
  ~GzipStream() override { inflateEnd(&codec_); }

 private:
  Result<Progress> decompress(const char* from, size_t size, char* to, size_t room) override {
    if (between_members_) {
      CHECK(inflateReset(&codec_) == Z_OK);
      between_members_ = false;
    }
    const uInt in = static_cast<uInt>(size);
    const uInt out = static_cast<uInt>(std::min<size_t>(room, 1 << 30));
    codec_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from));
    codec_.avail_in = in;
    codec_.next_out = reinterpret_cast<Bytef*>(to);
    codec_.avail_out = out;
    const int code = inflate(&codec_, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      between_members_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return bad(codec_.msg == nullptr ? "it is not gzip" : codec_.msg);
    }
    return Progress{.consumed = in - codec_.avail_in, .produced = out - codec_.avail_out};
  }

  z_stream codec_ = {};
};

class ZstdStream : public CompressedStream {
 public:
  explicit ZstdStream(InputFile file)
      : CompressedStream(std::move(file)), codec_(ZSTD_createDStream()) {
    CHECK(codec_ != nullptr);
  }
  ~ZstdStream() override { ZSTD_freeDStream(codec_); }

 private:
  Result<Progress> decompress(const char* from, size_t size, char* to, size_t room) override {
    ZSTD_inBuffer in = {from, size, 0};
    ZSTD_outBuffer out = {to, room, 0};
    const size_t code = ZSTD_decompressStream(codec_, &out, &in);
    if (ZSTD_isError(code) != 0) return bad(ZSTD_getErrorName(code));
    between_members_ = code == 0;
    return Progress{.consumed = in.pos, .produced = out.pos};
  }

  ZSTD_DStream* const codec_;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> open_gzip(InputFile file) {
  return std::make_unique<GzipStream>(std::move(file));
}

Result<std::unique_ptr<ByteStream>> open_zstd(InputFile file) {
  return std::make_unique<ZstdStream>(std::move(file));
}

}  // namespace weir
