#include "operators/connectors/file/input_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace weir {

Result<InputFile> InputFile::open(const std::string& path) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd >= 0) {
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);  // Only a hint: it may fail.
    return InputFile(path, fd);
  }
  std::string message = fmt::format("cannot open file {}: {}", path, std::strerror(errno));
  switch (errno) {
    case ENOENT:
    case ENOTDIR: return corrupt(message + "; it was there when the files were listed");
    case EACCES:
    case EPERM:
    case ELOOP: return user_error(std::move(message));
    default: return unavailable(std::move(message));
  }
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), offset_(other.offset_) {}

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(offset_, other.offset_);
  return *this;
}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<size_t> InputFile::read(char* to, size_t size) {
  ssize_t got = -1;
  do {
    got = ::read(fd_, to, size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    if (errno == EISDIR) return user_error(fmt::format("cannot read {}: it is a folder", path_));
    return unavailable(
        fmt::format("cannot read file {} at byte {}: {}", path_, offset_, std::strerror(errno)));
  }
  if (got == 0) {
    const std::optional<uint64_t> bytes = this->size();
    if (bytes && *bytes < offset_) {
      return corrupt(
          fmt::format("file {} shrank to {} bytes after {} were read; files of a source "
                      "may only grow",
                      path_, *bytes, offset_));
    }
  }
  offset_ += static_cast<uint64_t>(got);
  return static_cast<size_t>(got);
}

Status InputFile::seek(uint64_t offset) {
  const std::optional<uint64_t> bytes = size();
  if (bytes && *bytes < offset) {
    return corrupt(
        fmt::format("file {} has {} bytes, but {} were read of it before", path_, *bytes, offset));
  }
  if (::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) {
    return unavailable(
        fmt::format("cannot go on in {} at byte {}: {}", path_, offset, std::strerror(errno)));
  }
  offset_ = offset;
  return {};
}

std::optional<uint64_t> InputFile::size() const {
  struct stat info;
  if (::fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(info.st_size);
}

bool InputFile::is_replaced() const {
  struct stat here;
  struct stat there;
  if (::fstat(fd_, &here) != 0 || ::stat(path_.c_str(), &there) != 0) return false;
  return here.st_ino != there.st_ino || here.st_dev != there.st_dev;
}

}  // namespace weir
