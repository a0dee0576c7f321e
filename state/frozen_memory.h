// The memory that a task's changes are copied into at a barrier.
//
// It is handed to and fro: from the task, with the copy, to the thread that makes a file of it, and
// back again empty. Memory that is new to the process costs more to touch first than the copying:
// a task that hands over a million rows each second would wait for that each time. Owned by whoever
// holds it and used by one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace weir {

class FrozenMemory {
 public:
  static constexpr size_t kChunkBytes = 1 << 20;
  // What clear() keeps.
  static constexpr size_t kSpareBytesMax = 64 << 20;

  // Stays where it is until clear(), also when this object is moved. Aligned to 8 bytes.
  std::byte* allocate(size_t size);
  // What was allocated before `place` is void, and given up where no chunk has anything after it.
  // REQUIRES: `place` was allocated here; nothing is allocated until clear().
  void free_before(const std::byte* place);
  // All that was allocated is void.
  void clear();
  // Bytes of memory held.
  size_t bytes() const { return (chunks_.size() - freed_) * kChunkBytes + large_bytes_; }

 private:
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  size_t freed_ = 0;           // The first chunks, which are null.
  size_t used_ = 0;            // Chunks in use: the first ones.
  std::byte* next_ = nullptr;  // What is left of the last of them.
  size_t left_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> large_;  // What does not fit a chunk.
  size_t large_bytes_ = 0;
};

}  // namespace weir
