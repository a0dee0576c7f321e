#include "runtime/exchange/compression.h"

#include <fmt/format.h>
#include <lz4.h>
#include <zstd.h>

namespace weir {
namespace {

constexpr int kZstdLevel = 1;  // Links between workers are faster than the higher levels.

size_t pack_lz4(char* to, size_t room, std::string_view bytes) {
  const int packed = LZ4_compress_default(bytes.data(), to, static_cast<int>(bytes.size()),
                                          static_cast<int>(room));
  return packed > 0 ? static_cast<size_t>(packed) : 0;
}

size_t pack_zstd(char* to, size_t room, std::string_view bytes) {
  const size_t packed = ZSTD_compress(to, room, bytes.data(), bytes.size(), kZstdLevel);
  return ZSTD_isError(packed) != 0 ? 0 : packed;
}

}  // namespace

Compression append_packed(std::string& out, std::string_view bytes, Compression compression) {
  const size_t before = out.size();
  if (compression != Compression::kNone && bytes.size() > 1) {
    // There is room only for what is shorter: both libraries then give up by themselves.
    const size_t room = bytes.size() - 1;
    out.resize(before + room);
    char* to = out.data() + before;
    const size_t packed =
        compression == Compression::kLz4 ? pack_lz4(to, room, bytes) : pack_zstd(to, room, bytes);
    out.resize(before + packed);
    if (packed != 0) return compression;
  }
  out.append(bytes);
  return Compression::kNone;
}

Result<std::string> unpack(std::string_view packed, size_t raw_bytes, Compression compression) {
  std::string raw(raw_bytes, '\0');
  size_t done = 0;
  if (compression == Compression::kLz4) {
    const int bytes = LZ4_decompress_safe(
        packed.data(), raw.data(), static_cast<int>(packed.size()), static_cast<int>(raw_bytes));
    done = bytes < 0 ? raw_bytes + 1 : static_cast<size_t>(bytes);
  } else {
    CHECK(compression == Compression::kZstd);
    done = ZSTD_decompress(raw.data(), raw_bytes, packed.data(), packed.size());
  }
  if (done != raw_bytes) {
    return corrupt(fmt::format("cannot unpack payload: packing={} packed={} expected={}",
                               static_cast<int>(compression), packed.size(), raw_bytes));
  }
  return raw;
}

}  // namespace weir
