// A RecordBatch as bytes, for channels between processes and for checkpoints: encoded once, decoded
// without trust.
//
// The grammar stands in batch_codec.cc.
//
// Both sides know the schema; it is not in the bytes, only a fingerprint of it. Selections are
// compacted away.
#pragma once

#include "engine/data/batch.h"

#include <string>
#include <string_view>

namespace weir {

std::string encode_batch(const RecordBatch& batch);

// kCorrupt for anything that encode_batch cannot have written under this schema: lengths are
// checked before allocation, the checksum before anything else, views and offsets before they are
// followed, text for being UTF-8.
Result<RecordBatch> decode_batch(std::string_view bytes, const SchemaPtr& schema);

}  // namespace weir
