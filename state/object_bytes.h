// The bytes of an object of the snapshot store, wherever they are: in memory, or in a mapped file.
// Immutable; copies share them.
#pragma once

#include <memory>
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
  // `holder` keeps them where they are.
  ObjectBytes(std::string_view bytes, std::shared_ptr<const void> holder)
      : bytes_(bytes), holder_(std::move(holder)) {}

  std::string_view view() const { return bytes_; }

 private:
  std::string_view bytes_;
  std::shared_ptr<const void> holder_;
};

}  // namespace weir
