// A part of the rows of a table, by the hashes of their keys: of all hashes one in so many.
//
// By the lower half of the hash: the upper half decides the key group, so that a task sees little
// of it.
#pragma once

#include <cstdint>

namespace weir {

struct HashPart {
  static constexpr uint32_t kMax = 256;  // Parts, at the most.

  uint32_t index = 0;  // Below `of`.
  uint32_t of = 1;     // A power of two.

  // In which of kMax parts a row is. Whoever has so many parts or fewer finds it in
  // smallest() / (kMax / of).
  static uint8_t smallest(uint64_t hash) { return static_cast<uint8_t>(hash >> 24); }
  // Of the smallest parts, the first that is in this one, and the first that is behind it.
  uint32_t begin() const { return index * (kMax / of); }
  uint32_t end() const { return begin() + kMax / of; }
  bool contains(uint64_t hash) const { return smallest(hash) * of / kMax == index; }
};

}  // namespace weir
