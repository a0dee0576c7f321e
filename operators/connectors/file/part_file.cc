#include "operators/connectors/file/part_file.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

Error failed(std::string_view action, const std::string& path, int code) {
  return unavailable(fmt::format("cannot {} {}: {}", action, path, std::strerror(code)));
}

}  // namespace

PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      checksum_(other.checksum_) {}

PartFile& PartFile::operator=(PartFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  std::swap(checksum_, other.checksum_);
  return *this;
}

PartFile::~PartFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<PartFile> PartFile::create(std::string path) {
  PartFile file;
  file.fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file.fd_ < 0) return failed("create file", path, errno);
  file.path_ = std::move(path);
  return file;
}

Status PartFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write to file", path_, errno);
    size_ += static_cast<uint64_t>(written);
    checksum_ = crc32c(bytes.substr(0, static_cast<size_t>(written)), checksum_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Status PartFile::finish() {
  if (::fsync(fd_) != 0) return failed("sync file", path_, errno);
  if (::close(std::exchange(fd_, -1)) != 0) return failed("close file", path_, errno);
  return {};
}

Status sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("open folder", folder, errno);
  const int code = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (code != 0) return failed("sync folder", folder, code);
  return {};
}

Status rename_new(const std::string& from, const std::string& to) {
  int code =
      ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
  // A file system that cannot: the slot has one writer, so looking first will do.
  if (code == EINVAL || code == ENOSYS) {
    struct stat info;
    const bool is_taken = ::lstat(to.c_str(), &info) == 0;
    code = is_taken ? EEXIST : (::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno);
  }
  if (code == 0) return {};
  if (code == EEXIST) {
    return user_error(fmt::format(
        "cannot deliver {}: there is such a file already, which this job has not written; give "
        "every job a folder of its own",
        to));
  }
  return failed("rename to " + to + " the file", from, code);
}

}  // namespace weir
