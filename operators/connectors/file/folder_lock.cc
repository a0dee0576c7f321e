#include "operators/connectors/file/folder_lock.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

constexpr std::string_view kName = ".weir.lock";

Error failed(std::string_view action, const std::string& path, int code) {
  return unavailable(fmt::format("cannot {} {}: {}", action, path, std::strerror(code)));
}

// 0, or why not.
int lock(int fd, int how) {
  int outcome = 0;
  do {
    outcome = ::flock(fd, how);
  } while (outcome != 0 && errno == EINTR);
  return outcome == 0 ? 0 : errno;
}

// Whether the path still names the open file: whoever held it last may have removed it meanwhile.
bool is_there(int fd, const std::string& path) {
  struct stat opened;
  struct stat named;
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

// REQUIRES: the lock is held alone.
Status say(int fd, const std::string& path, const std::string& writer) {
  if (::ftruncate(fd, 0) != 0) return failed("write to file", path, errno);
  const ssize_t written = ::pwrite(fd, writer.data(), writer.size(), 0);
  if (written < 0) return failed("write to file", path, errno);
  if (static_cast<size_t>(written) < writer.size()) return failed("write to file", path, ENOSPC);
  return {};
}

Result<bool> is_said(int fd, const std::string& path, const std::string& writer) {
  std::array<char, 1024> said{};
  const ssize_t size = ::pread(fd, said.data(), said.size(), 0);
  if (size < 0) return failed("read file", path, errno);
  return std::string_view(said.data(), static_cast<size_t>(size)) ==
         std::string_view(writer).substr(0, said.size());
}

}  // namespace

FolderLock::FolderLock(FolderLock&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

FolderLock::~FolderLock() {
  if (fd_ < 0) return;
  if (lock(fd_, LOCK_EX | LOCK_NB) == 0 && is_there(fd_, path_)) ::unlink(path_.c_str());
  ::close(fd_);
}

Result<FolderLock> FolderLock::take(const std::string& folder, const std::string& writer) {
  while (true) {
    FolderLock held;
    held.path_ = fmt::format("{}/{}", folder, kName);
    held.fd_ = ::open(held.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (held.fd_ < 0) return failed("create file", held.path_, errno);
    const bool is_alone = lock(held.fd_, LOCK_EX | LOCK_NB) == 0;
    if (is_alone && is_there(held.fd_, held.path_)) TRY(say(held.fd_, held.path_, writer));
    // Another one may come first while a lock that was held alone becomes a shared one, so what
    // the file says is looked at in any case.
    if (const int code = lock(held.fd_, LOCK_SH); code != 0) {
      return failed("lock file", held.path_, code);
    }
    if (!is_there(held.fd_, held.path_)) continue;
    const bool is_ours = TRY(is_said(held.fd_, held.path_, writer));
    if (is_ours) return held;
    return user_error(fmt::format(
        "another job, or another table of this one, is writing into folder {}: give each a folder "
        "of its own, or begin when the other has ended",
        folder));
  }
}

}  // namespace weir
