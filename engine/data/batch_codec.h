// A RecordBatch as bytes, for channels between processes and for checkpoints: encoded once, decoded
// without trust.
//
// The grammar stands in batch_codec.cc.
//
// Both sides know the schema; it is not in the bytes, only a fingerprint of it. Selections are
// compacted away.
#pragma once

#include "engine/base/bytes.h"
#include "engine/data/batch.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

std::string encode_batch(const RecordBatch& batch);

// kCorrupt for anything that encode_batch cannot have written under this schema: lengths are
// checked before allocation, the checksum before anything else, views and offsets before they are
// followed, text for being UTF-8.
Result<RecordBatch> decode_batch(std::string_view bytes, const SchemaPtr& schema);

// The same without the checksum, for bytes that are part of what has a checksum of its own.
void append_batch(ByteWriter& out, const RecordBatch& batch);
Result<RecordBatch> read_batch(std::string_view bytes, const SchemaPtr& schema);

// What append_batch writes is no longer than this.
size_t appended_bytes_max(const RecordBatch& batch);

}  // namespace weir
