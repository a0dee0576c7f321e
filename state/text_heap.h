// The heap of a KeyedTable: text payloads in size classes, with a free list for each class.
//
// A payload takes a block of its class's capacity, which follows from its size alone: nothing but
// the size need be kept to give it back. Classes grow by 1.33 to 1.5: 16, 24, 32, 48, 64, ...
// bytes. Blocks are cut from pages that never move and are used again for payloads of their class,
// so that memory is bounded by the most that was live at once in each class. Owned by one table.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace weir {

class TextHeap {
 public:
  // Bytes of the block that holds a payload of `size` bytes. REQUIRES: 1 < size < 2^31.
  static size_t capacity(size_t size);

  // A block for `size` bytes.
  char* allocate(size_t size);
  // REQUIRES: `payload` was allocated here for a size of the same class.
  void free(char* payload, size_t size);

  // Bytes of memory held, and of it in blocks that hold a payload.
  size_t bytes() const { return bytes_; }
  size_t used_bytes() const { return used_bytes_; }

 private:
  static constexpr size_t kClasses = 56;

  static size_t class_of(size_t size);
  char* new_page(size_t bytes);

  std::vector<std::unique_ptr<char[]>> pages_;
  std::array<char*, kClasses> free_ =
      {};                 // The first of each list; a free block begins with the next.
  char* next_ = nullptr;  // What is left of the page in use.
  size_t left_ = 0;
  size_t bytes_ = 0;
  size_t used_bytes_ = 0;
};

}  // namespace weir
