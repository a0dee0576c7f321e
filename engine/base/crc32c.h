// CRC-32C (Castagnoli), the checksum of frames, deltas and batches.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

// The checksum of `bytes` appended to what `seed` is the checksum of (0 for nothing).
uint32_t crc32c(std::string_view bytes, uint32_t seed = 0);

}  // namespace weir
