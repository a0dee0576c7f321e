// A part of OVER: the calls that share one state, such as the aggregates over one frame.
//
// Owned by an Over and used by its task's thread. Rows come in the order in which they are counted:
// by (event time, place) or as in the log.
#pragma once

#include "operators/key_life.h"
#include "operators/ordered_rows.h"

#include <cstdint>
#include <vector>

namespace weir {

class OverPart {
 public:
  virtual ~OverPart() = default;

  // Before take_in of rows of these keys.
  virtual Readiness prefetch(const KeyBatch& keys, Selection selection) = 0;
  // Before expire, which else drops only what is in memory.
  virtual Readiness prefetch_due(int64_t watermark) = 0;

  // Takes in rows and puts the columns of its calls into results, by call. By event time the rows
  // of one time are never spread over two chunks. kBadData where a result does not fit.
  virtual Status take_in(const KeyedRows& chunk, std::vector<ColumnPtr>& results) = 0;

  // Drops what no row from `watermark` on can need or was not used for state_ttl, of `keys_max`
  // keys at the most; everything if it is the end of time. Returns whether more is left to drop.
  virtual bool expire(int64_t watermark, size_t keys_max) = 0;
};

}  // namespace weir
