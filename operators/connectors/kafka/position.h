// Where a reader of a partition stands, as it goes into checkpoints.
//
//   position = version:uint8 (1)  next:int64  stop:int64        little-endian
//
// `next` is the offset from which reading goes on. `stop` is the offset before which a bounded
// reader ends, fixed when the partition was first opened by a job that has a stop, so that a
// restart reads to the same end; -1 where there is none.
#pragma once

#include "engine/base/status.h"
#include "operators/connectors/source.h"

#include <cstdint>
#include <optional>

namespace weir::kafka {

struct Position {
  int64_t next = 0;
  std::optional<int64_t> stop;

  bool operator==(const Position&) const = default;
};

SplitPosition encode(const Position& position);
Result<Position> decode_position(const SplitPosition& bytes);  // kCorrupt error.

}  // namespace weir::kafka
