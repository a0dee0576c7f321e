// Where a reader of a partition stands, as it goes into checkpoints.
//
//   position = version:uint8 (2)  next:int64  stop:int64  last:int64  time:int64   little-endian
//
// `next` is the offset from which reading goes on. `stop` is the offset before which a bounded
// reader ends, fixed when the partition was first opened by a job that has a stop, so that a
// restart reads to the same end; -1 where there is none. `last` is the record that was read last,
// and `time` its time stamp: by them a topic that was deleted and made again is known, since
// offsets begin anew there; -1 where none was read. Version 1 ends before them.
#pragma once

#include "engine/base/status.h"
#include "operators/connectors/source.h"

#include <cstdint>
#include <optional>

namespace weir::kafka {

struct ReadRecord {
  int64_t offset = 0;
  int64_t time_ms = 0;  // As the broker has it; -1 where it has none.

  bool operator==(const ReadRecord&) const = default;
};

struct Position {
  int64_t next = 0;
  std::optional<int64_t> stop;
  std::optional<ReadRecord> last = {};  // Below `next`.

  bool operator==(const Position&) const = default;
};

SplitPosition encode(const Position& position);
Result<Position> decode_position(const SplitPosition& bytes);  // kCorrupt error.

}  // namespace weir::kafka
