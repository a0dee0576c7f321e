#include "operators/connectors/kafka/position.h"

#include "engine/base/bytes.h"

#include <fmt/format.h>

namespace weir::kafka {

namespace {
constexpr uint8_t kVersion = 1;
constexpr int64_t kNoStop = -1;
}  // namespace

SplitPosition encode(const Position& position) {
  CHECK(position.next >= 0);
  ByteWriter writer;
  writer.put(kVersion);
  writer.put(position.next);
  writer.put(position.stop.value_or(kNoStop));
  return std::move(writer).take();
}

Result<Position> decode_position(const SplitPosition& bytes) {
  ByteReader reader(bytes);
  const uint8_t version = TRY(reader.get<uint8_t>());
  if (version != kVersion) {
    return corrupt(fmt::format("unknown form of a kafka position: version={}", version));
  }
  const int64_t next = TRY(reader.get<int64_t>());
  const int64_t stop = TRY(reader.get<int64_t>());
  if (next < 0 || stop < kNoStop || reader.left() != 0) {
    return corrupt(fmt::format("malformed kafka position: next={} stop={} bytes={}", next, stop,
                               bytes.size()));
  }
  return Position{next, stop == kNoStop ? std::nullopt : std::optional(stop)};
}

}  // namespace weir::kafka
