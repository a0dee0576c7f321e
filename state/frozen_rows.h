// Rows of a KeyedTable as they were at a barrier: copied on the task's thread, which must be quick,
// and made into bytes on another one while the task goes on.
//
// A row is known by its RowId in the table it came from. What is written of a table is thus a chain
// of files: the first has all rows, each of the others those that were written since (by id, whole)
// and the ids that are gone. Whoever applies them in order has the table (state/state_image.h).
//
//   rows = ids_end:u32 gone:u32 id:u32* items:u32 item*
//   item = length:u32 id:u32 hash:u64 values word:u64*      length: of what follows it
//   values = null-byte* value*      a value that is not NULL: its slot, of texts size:u32 bytes
//
// Owned by whoever holds it and used by one thread at a time.
#pragma once

#include "engine/base/bytes.h"
#include "state/frozen_memory.h"
#include "state/row_layout.h"

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace weir {

// What a task hands over at a barrier: all that it remembers, or what changed since it last did.
enum class Freeze { kWhole, kChanges };

// A row's key and values: what KeyedTable::insert_encoded() reads.
void encode_values(const RowLayout& layout, const std::byte* row, ByteWriter& out);

class FrozenRows {
 public:
  struct Shape {
    std::vector<size_t> words;  // Offsets of the hidden words that are saved.
    RowId ids_end = 0;          // All ids are below it.
    size_t rows = 0;            // How many are added.
  };
  FrozenRows(std::shared_ptr<const RowLayout> layout, Shape shape);

  // Where so many rows go, one behind the other.
  struct Room {
    std::byte* rows;
    size_t count;
  };
  // Adds the first of the rows of these ids: as many as the room is for. Whoever has them copies
  // them there before anything else is asked of this. In `memory`, which is not cleared before the
  // last use of this.
  Room add(const RowId* ids, size_t count, FrozenMemory& memory);
  // The rows of the last room are there. Copies their texts.
  void copy_texts(Room room, FrozenMemory& memory) const;
  void add_gone(RowId id) { gone_.push_back(id); }

  bool empty() const { return shape_.rows == 0 && gone_.empty(); }
  // Frees what it lies in as it goes where `freed` is not null: then it is for the last time.
  void encode(ByteWriter& out, FrozenMemory* freed = nullptr) const;

 private:
  struct Segment {
    RowId* ids;
    std::byte* rows;
    size_t count;
    size_t rows_max;
  };

  Segment& segment(FrozenMemory& memory);

  std::shared_ptr<const RowLayout> layout_;
  Shape shape_;
  size_t rows_ = 0;  // Added so far.
  std::vector<Segment> segments_;
  std::vector<RowId> gone_;
};

}  // namespace weir
