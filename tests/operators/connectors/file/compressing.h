// Compressed bytes for tests.
#pragma once

#include "engine/base/check.h"

#include <zlib.h>
#include <zstd.h>

#include <string>

namespace weir::testing {

inline std::string gzip_of(const std::string& bytes) {
  z_stream codec = {};
  CHECK(deflateInit2(&codec, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) ==
        Z_OK);
  std::string out(deflateBound(&codec, bytes.size()) + 32, '\0');
  codec.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  codec.avail_in = static_cast<uInt>(bytes.size());
  codec.next_out = reinterpret_cast<Bytef*>(out.data());
  codec.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&codec, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - codec.avail_out);
  deflateEnd(&codec);
  return out;
}

inline std::string zstd_of(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1);
  CHECK(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

}  // namespace weir::testing
