// What flows through channels and operators, in order: rows, and the marks between them.
#pragma once

#include "engine/base/ids.h"
#include "engine/data/batch.h"

#include <cstdint>
#include <variant>

namespace weir {

// No on-time row below `time` follows.
struct Watermark {
  int64_t time;
};

// Separates the rows of `epoch` from those after it.
struct Barrier {
  Epoch epoch;
};

// Nothing comes for now: do not wait for this input's watermark. Ends with the next rows or
// watermark.
struct Idle {};

// Nothing follows at all. The final watermark (kMaxTime) came before.
struct EndOfStream {};

using Element = std::variant<RecordBatch, Watermark, Barrier, Idle, EndOfStream>;

}  // namespace weir
