#include "operators/connectors/file/sealed_file.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

constexpr size_t kReadBytes = 256 << 10;

// Takes off what stands before the character, and that; all where there is none.
std::string_view cut(std::string_view& text, char at) {
  const size_t size = std::min(text.find(at), text.size());
  const std::string_view before = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return before;
}

template <typename Number>
bool read_number(std::string_view text, int base, Number& number) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && rest == end;
}

Error unreadable(const std::string& path, int code) {
  return unavailable(fmt::format("cannot read file {}: {}", path, std::strerror(code)));
}

// Of the whole file.
Result<SealedFile> measure(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(path, errno);
  SealedFile found;
  std::string buffer(kReadBytes, '\0');
  ssize_t size = 0;
  while ((size = ::read(fd, buffer.data(), buffer.size())) != 0) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) break;
    const std::string_view bytes(buffer.data(), static_cast<size_t>(size));
    found.bytes += bytes.size();
    found.checksum = crc32c(bytes, found.checksum);
  }
  const int code = errno;
  ::close(fd);
  if (size < 0) return unreadable(path, code);
  return found;
}

}  // namespace

std::string encode_segment(const std::vector<SealedFile>& files) {
  std::string contents;
  for (const SealedFile& file : files) {
    contents += fmt::format("{} {} {:08x}\n", file.name, file.bytes, file.checksum);
  }
  return contents;
}

Result<std::vector<SealedFile>> decode_segment(std::string_view contents) {
  std::vector<SealedFile> files;
  std::string_view rest = contents;
  while (!rest.empty()) {
    std::string_view line = cut(rest, '\n');
    SealedFile& file = files.emplace_back();
    file.name = cut(line, ' ');
    const std::string_view bytes = cut(line, ' ');
    if (!read_number(bytes, 10, file.bytes) || !read_number(line, 16, file.checksum)) break;
  }
  if (encode_segment(files) != contents) {
    return corrupt("the checkpoint does not say which files it has sealed as this version does");
  }
  return files;
}

Status check_unchanged(const std::string& path, const SealedFile& sealed) {
  const SealedFile found = TRY(measure(path));
  if (found.bytes == sealed.bytes && found.checksum == sealed.checksum) return {};
  return corrupt(fmt::format(
      "cannot deliver {}: file {} is not as it was sealed: bytes={} of {} crc32c={:08x} of {:08x}; "
      "put the file back as it was, or start the job anew into an empty folder",
      sealed.name, path, found.bytes, sealed.bytes, found.checksum, sealed.checksum));
}

}  // namespace weir
