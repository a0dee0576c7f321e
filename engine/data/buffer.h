// Memory for columns: 64-byte aligned buffers, bitmaps over them, and the arena that holds text
// payloads.
//
// A Buffer has one owner. An Arena is written by one thread while a batch is made, then only read,
// and is shared by the columns whose views point into it.
#pragma once

#include "engine/base/check.h"
#include "engine/data/text_view.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

class Buffer {
 public:
  static constexpr size_t kAlignment = 64;

  Buffer() = default;
  // Bytes are not initialised.
  explicit Buffer(size_t size);
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  std::byte* data() { return data_; }
  const std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Bitmaps: bit i of word i/64, least significant first.
inline size_t bitmap_words(size_t bits) { return (bits + 63) / 64; }
inline bool bit_get(const uint64_t* words, size_t bit) {
  return ((words[bit / 64] >> (bit % 64)) & 1) != 0;
}
inline void bit_set(uint64_t* words, size_t bit) { words[bit / 64] |= uint64_t{1} << (bit % 64); }
inline void bit_clear(uint64_t* words, size_t bit) {
  words[bit / 64] &= ~(uint64_t{1} << (bit % 64));
}
inline void bit_put(uint64_t* words, size_t bit, bool value) {
  const uint64_t mask = uint64_t{1} << (bit % 64);
  words[bit / 64] = (words[bit / 64] & ~mask) | (value ? mask : 0);
}

class Arena {
 public:
  // The view of `bytes`, whose payload is copied into the arena if it is too long to stand in the
  // view.
  TextView add(std::string_view bytes) {
    TextView view;
    view.size = static_cast<int32_t>(bytes.size());
    if (bytes.size() <= TextView::kInlineMax) {
      std::memcpy(view.bytes, bytes.data(), bytes.size());
      return view;
    }
    char* to = reserve(bytes.size());
    std::memcpy(to, bytes.data(), bytes.size());
    return commit(bytes.size());
  }

  // Room for `size` bytes at the returned place; commit() then makes the first `used` of them a
  // value. For payloads that are produced in place, such as unescaped JSON. REQUIRES: size < 2^31;
  // used <= size.
  char* reserve(size_t size) {
    if (chunks_.empty() || chunks_.back().size() - used_ < size) grow(size);
    return reinterpret_cast<char*>(chunks_.back().data()) + used_;
  }
  TextView commit(size_t used);

  std::string_view text(const TextView& view) const {
    const size_t size = static_cast<size_t>(view.size);
    if (view.is_inline()) return {view.bytes, size};
    return {chunk(static_cast<size_t>(view.buffer())) + view.offset(), size};
  }

  size_t chunks() const { return chunks_.size(); }
  const char* chunk(size_t index) const {
    return reinterpret_cast<const char*>(chunks_[index].data());
  }
  size_t chunk_size(size_t index) const {
    return index + 1 == chunks_.size() ? used_ : full_sizes_[index];
  }
  size_t bytes() const;

 private:
  void grow(size_t size);

  std::vector<Buffer> chunks_;
  std::vector<size_t> full_sizes_;  // Bytes in use of every chunk but the last.
  size_t used_ = 0;                 // Bytes in use of the last chunk.
};

using ArenaPtr = std::shared_ptr<const Arena>;

}  // namespace weir
