#include "state/local_files.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ios>
#include <memory>
#include <system_error>

namespace weir {
namespace {

constexpr size_t kPieceBytes = 256 << 10;

Error failed(std::string_view action, const std::string& path, const std::string& reason) {
  return unavailable(fmt::format("cannot {} {}: {}", action, path, reason));
}

// Of the last call that failed; streams say no more.
Error stream_failed(std::string_view action, const std::string& path) {
  const int code = errno;
  return failed(action, path, code == 0 ? "it is cut off" : std::strerror(code));
}

}  // namespace

Status make_local_folder(const std::string& path) {
  std::error_code trouble;
  std::filesystem::create_directories(path, trouble);
  if (!trouble) return {};
  return failed("make folder", path, trouble.message());
}

Status remove_local_folder(const std::string& path) {
  std::error_code trouble;
  std::filesystem::remove_all(path, trouble);
  if (!trouble) return {};
  return failed("remove folder", path, trouble.message());
}

Result<std::string> read_local_file(const std::string& path) {
  std::error_code trouble;
  const uintmax_t size = std::filesystem::file_size(path, trouble);
  if (trouble) return failed("read", path, trouble.message());
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes(static_cast<size_t>(size), '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) {
    return stream_failed("read", path);
  }
  return bytes;
}

Result<FileSum> sum_of_local_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const auto piece = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  FileSum sum;
  while (file) {
    file.read(piece.get(), kPieceBytes);
    const auto bytes = static_cast<size_t>(file.gcount());
    sum.crc32c = crc32c({piece.get(), bytes}, sum.crc32c);
    sum.bytes += bytes;
  }
  if (file.eof()) return sum;
  return stream_failed("read", path);
}

Status write_local_file(const std::string& path, std::string_view bytes) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return {};
  return stream_failed("write", path);
}

}  // namespace weir
