#include "operators/connectors/file/byte_stream.h"

#include "operators/connectors/file/compressed_stream.h"

namespace weir {
namespace {

class PlainStream : public ByteStream {
 public:
  using ByteStream::ByteStream;

  Result<size_t> read(char* to, size_t size) override { return file_.read(to, size); }
  Status skip_to(uint64_t offset) override { return file_.seek(offset); }
  Status check_end() const override { return {}; }
  std::optional<uint64_t> size() const override { return file_.size(); }
};

}  // namespace

Result<std::unique_ptr<ByteStream>> open_byte_stream(const std::string& path) {
  InputFile file = TRY(InputFile::open(path));
  if (path.ends_with(".gz")) return open_gzip(std::move(file));
  if (path.ends_with(".zst")) return open_zstd(std::move(file));
  return std::make_unique<PlainStream>(std::move(file));
}

}  // namespace weir
