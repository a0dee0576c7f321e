// Little-endian encoding of plain values into bytes and back, bounds-checked on the way back.
//
// A ByteReader never trusts a length: every read says how many bytes were missing, and a length
// read from the bytes is compared with what is left before anything is allocated.
#pragma once

#include "engine/base/status.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir {

class ByteWriter {
 public:
  ByteWriter() = default;
  // Writes into the memory of `buffer`, whose bytes are dropped.
  explicit ByteWriter(std::string buffer) : bytes_(std::move(buffer)) { bytes_.clear(); }

  // Makes room for `more` bytes at once.
  void reserve(size_t more) { bytes_.reserve(bytes_.size() + more); }
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void put(T value) { put_bytes({reinterpret_cast<const char*>(&value), sizeof value}); }
  void put_bytes(std::string_view bytes) { bytes_.append(bytes); }
  // A length of 4 bytes, then the bytes. REQUIRES: under 4 GiB.
  void put_sized(std::string_view bytes);

  size_t size() const { return bytes_.size(); }
  // Overwrites what was put at `offset`, for lengths known only afterwards.
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void patch(size_t offset, T value) {
    CHECK(offset + sizeof value <= bytes_.size());
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
  }
  std::string_view view() const { return bytes_; }
  std::string take() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads from bytes that must outlive it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  requires std::is_trivially_copyable_v<T> Result<T> get() {
    std::string_view bytes = TRY(get_bytes(sizeof(T)));
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  Result<std::string_view> get_bytes(size_t size);
  Result<std::string_view> get_sized();

  size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

}  // namespace weir
