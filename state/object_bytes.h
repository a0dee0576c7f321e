// The bytes of an object of the snapshot store, wherever they are: in memory, or in a mapped file.
// Immutable; copies share them.
#pragma once

#include "engine/base/crc32c.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace weir {

class ObjectBytes {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): whoever takes an object takes a string as well.
  ObjectBytes(std::string bytes) {
    auto held = std::make_shared<const std::string>(std::move(bytes));
    bytes_ = *held;
    holder_ = std::move(held);
  }
  // `holder` keeps them where they are. `crc32c`: of all of them, from whoever has just read them.
  ObjectBytes(std::string_view bytes, std::shared_ptr<const void> holder, uint32_t crc32c)
      : bytes_(bytes), holder_(std::move(holder)), crc32c_(crc32c) {}

  std::string_view view() const { return bytes_; }
  uint32_t crc32c() const { return crc32c_.has_value() ? *crc32c_ : weir::crc32c(bytes_); }

 private:
  std::string_view bytes_;
  std::shared_ptr<const void> holder_;
  std::optional<uint32_t> crc32c_;
};

}  // namespace weir
