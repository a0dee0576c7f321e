// Decompression on the way in: gzip and zstd, members or frames one behind the other included. What
// follows the last member and is not another one makes the file corrupt.
#pragma once

#include "engine/base/status.h"
#include "operators/connectors/file/byte_stream.h"

#include <memory>

namespace weir {

Result<std::unique_ptr<ByteStream>> open_gzip(InputFile file);
Result<std::unique_ptr<ByteStream>> open_zstd(InputFile file);

}  // namespace weir
