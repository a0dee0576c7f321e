// Payloads packed by lz4 or zstd.
#pragma once

#include "engine/base/status.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

enum class Compression : uint8_t { kNone = 0, kLz4 = 1, kZstd = 2 };

// Appends `bytes` to `out`, packed if that makes them shorter. Gives what was done.
Compression append_packed(std::string& out, std::string_view bytes, Compression compression);

// The `raw_bytes` bytes that were packed; kCorrupt if it is not so many. Takes memory for raw_bytes
// at once: the caller has judged them. REQUIRES: not kNone.
Result<std::string> unpack(std::string_view packed, size_t raw_bytes, Compression compression);

}  // namespace weir
