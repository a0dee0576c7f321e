#include "engine/base/bytes.h"

#include <fmt/format.h>

#include <limits>

namespace weir {

void ByteWriter::put_sized(std::string_view bytes) {
  CHECK(bytes.size() <= std::numeric_limits<uint32_t>::max());
  put(static_cast<uint32_t>(bytes.size()));
  put_bytes(bytes);
}

Result<std::string_view> ByteReader::get_bytes(size_t size) {
  if (size > rest_.size()) {
    return corrupt(fmt::format("encoded bytes end early: wanted={} left={}", size, rest_.size()));
  }
  std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

Result<std::string_view> ByteReader::get_sized() {
  const uint32_t size = TRY(get<uint32_t>());
  return get_bytes(size);
}

}  // namespace weir
