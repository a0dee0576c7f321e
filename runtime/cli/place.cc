#include "runtime/cli/place.h"

#include <filesystem>

namespace weir {

std::string absolute_place(const std::string& place) {
  if (place.empty() || place.find("://") != std::string::npos) return place;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(place, error);
  return error ? place : absolute.lexically_normal().string();
}

}  // namespace weir
