// A state that is a growing run of bytes in a bytea column:
//
//   state = used:u32 byte*used zero*       the zeros are room to grow
//
// The room doubles when it is used up, so that appending costs the same for each byte. Bytes are
// written in place, inside the table's heap: only by the thread of the task that owns the table.
#pragma once

#include "operators/accumulator_parts.h"

#include <span>
#include <string>
#include <string_view>

namespace weir {

// The used bytes of a state as a partial result sends it; empty of anything else.
std::string_view used_bytes(std::string_view state);

class BytesState {
 public:
  // The longest state, as PostgreSQL's longest text.
  static constexpr size_t kBytesMax = size_t{1} << 30;

  explicit BytesState(Slot slot) : slot_(slot) {}

  Slot slot() const { return slot_; }
  bool is_null(const std::byte* row) const { return slot_.is_null(row); }
  // Valid until the row is written to.
  std::string_view get(const std::byte* row) const;
  // To be written in place.
  std::span<char> bytes(std::byte* row) const;

  // Makes room for `more` bytes at `at` and returns all bytes; those of the gap are to be written.
  // A NULL state becomes an empty one first. REQUIRES: at <= size, and what comes out is no longer
  // than kBytesMax.
  std::span<char> insert(std::byte* row, size_t at, size_t more, KeyedTable& table) const;
  void append(std::byte* row, std::string_view bytes, KeyedTable& table) const;
  // Replaces everything.
  void set(std::byte* row, std::string_view bytes, KeyedTable& table) const;

 private:
  Slot slot_;
};

}  // namespace weir
