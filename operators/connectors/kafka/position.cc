#include "operators/connectors/kafka/position.h"

#include "engine/base/bytes.h"

#include <fmt/format.h>

namespace weir::kafka {

namespace {
constexpr uint8_t kVersion = 2;
constexpr uint8_t kVersionWithoutLast = 1;
constexpr int64_t kNoStop = -1;
constexpr int64_t kNoRecord = -1;
}  // namespace

SplitPosition encode(const Position& position) {
  CHECK(position.next >= 0);
  const ReadRecord last = position.last.value_or(ReadRecord{kNoRecord, kNoRecord});
  CHECK(last.offset < position.next);
  ByteWriter writer;
  writer.put(kVersion);
  writer.put(position.next);
  writer.put(position.stop.value_or(kNoStop));
  writer.put(last.offset);
  writer.put(last.time_ms);
  return std::move(writer).take();
}

Result<Position> decode_position(const SplitPosition& bytes) {
  ByteReader reader(bytes);
  const uint8_t version = TRY(reader.get<uint8_t>());
  if (version != kVersion && version != kVersionWithoutLast) {
    return corrupt(fmt::format("unknown form of a kafka position: version={}", version));
  }
  const int64_t next = TRY(reader.get<int64_t>());
  const int64_t stop = TRY(reader.get<int64_t>());
  ReadRecord last{kNoRecord, kNoRecord};
  if (version != kVersionWithoutLast) {
    last.offset = TRY(reader.get<int64_t>());
    last.time_ms = TRY(reader.get<int64_t>());
  }
  const bool is_last_read = last.offset >= kNoRecord && last.offset < next;
  if (next < 0 || stop < kNoStop || !is_last_read || reader.left() != 0) {
    return corrupt(fmt::format("malformed kafka position: next={} stop={} last={} bytes={}", next,
                               stop, last.offset, bytes.size()));
  }
  Position position{.next = next};
  if (stop != kNoStop) position.stop = stop;
  if (last.offset != kNoRecord) position.last = last;
  return position;
}

}  // namespace weir::kafka
