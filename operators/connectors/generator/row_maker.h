// What a data set implements: the rows of one split, made from their numbers alone.
//
// Owned by one reader (generator_source.cc) and called by its task's thread only. A maker keeps
// scratch memory between calls and nothing else: the same order always gives the same rows.
#pragma once

#include "engine/data/column.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weir {

// Slots number what a split can hold: a row each, except that a data set may leave slots empty.
struct MakeOrder {
  uint64_t from = 0;       // The first slot.
  uint64_t row_limit = 0;  // No slot whose pace_row() is this or above.
  size_t rows_max = 0;
};

struct MadeRows {
  std::vector<ColumnPtr> columns;  // One a field of the payload; null where not needed.
  size_t rows = 0;
  std::vector<int64_t>
      slots;  // Of each row; left empty where they follow each other from MakeOrder::from on.
  uint64_t next = 0;  // The slot to go on from: the order's `from` if nothing could be made.
};

class RowMaker {
 public:
  virtual ~RowMaker() = default;

  virtual void make(const MakeOrder& order, MadeRows& made) = 0;

  // Where the split ends; absent: never.
  virtual std::optional<uint64_t> slots_end() const = 0;

  // Pacing counts rows: that of a slot, and that which a reader starting at a slot counts from.
  virtual uint64_t pace_row(uint64_t slot) const { return slot; }
  virtual uint64_t first_pace_row(uint64_t slot) const { return slot; }
};

}  // namespace weir
