// The engine's own objects of the snapshot store as bytes: a format version, a message of
// proto/weir/checkpoint.proto, and a checksum over both.
//
//   kind: "weirckpt" or "weirbase" | version: 4 bytes | message | crc32c of all before: 4 bytes
//
// Reading is strict, because what a manifest does not say is lost: an unknown version, an unknown
// field or a byte too many is refused. Errors name `object`, where the bytes are from: kCorrupt if
// they are not what was written, kUser if another version of the engine wrote them.
#pragma once

#include "engine/base/status.h"
#include "state/checkpoint.h"

#include <optional>
#include <string>
#include <string_view>

namespace weir {

std::string encode_manifest(const Manifest& manifest);
Result<Manifest> decode_manifest(std::string_view bytes, std::string_view object);

// What a generation starts from.
struct GenerationBase {
  Generation generation;
  std::optional<CheckpointId> from;  // Absent: the beginning.

  bool operator==(const GenerationBase&) const = default;
};

std::string encode_base(const GenerationBase& base);
Result<GenerationBase> decode_base(std::string_view bytes, std::string_view object);

}  // namespace weir
