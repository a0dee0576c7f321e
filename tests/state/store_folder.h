// A folder of its own for each test, and every file in it.
#pragma once

#include "engine/base/check.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <unistd.h>

namespace weir {

class StoreFolder {
 public:
  StoreFolder() : StoreFolder(std::filesystem::temp_directory_path()) {}
  // Where syncing costs nothing, if there is such a place.
  static StoreFolder quick() {
    const std::filesystem::path memory = "/dev/shm";
    return StoreFolder(
        ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path());
  }
  StoreFolder(const StoreFolder&) = delete;
  StoreFolder& operator=(const StoreFolder&) = delete;
  ~StoreFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Files and folders, hidden ones too, by their path in this folder.
  std::set<std::string> entries() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      names.insert(std::filesystem::relative(entry.path(), path_).string());
    }
    return names;
  }
  std::string contents(std::string_view name) const {
    std::ifstream file(*this / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void write(std::string_view name, std::string_view bytes) const {
    std::ofstream(*this / name, std::ios::binary) << bytes;
  }

 private:
  explicit StoreFolder(const std::filesystem::path& place) {
    std::string pattern = (place / "weir-test-XXXXXX").string();
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }

  std::string path_;
};

}  // namespace weir
