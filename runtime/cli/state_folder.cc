#include "runtime/cli/state_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace weir {

Result<StateFolder> StateFolder::open(const std::string& path) {
  Result<std::unique_ptr<SnapshotStore>> opened = open_directory_store(path);
  if (!opened.ok()) {
    return user_error(fmt::format("{}; --state names a folder that can be made and written",
                                  opened.error().message));
  }
  std::unique_ptr<SnapshotStore> store = std::move(opened).value();
  const std::string name = path + "/.lock";
  const int lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    return user_error(fmt::format("cannot open {}: {}; --state names a folder that can be written",
                                  name, std::strerror(errno)));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    ::close(lock);
    if (reason == EWOULDBLOCK) {
      return user_error(fmt::format(
          "state folder {} is in use by another process: stop that one, or name another folder",
          path));
    }
    return user_error(fmt::format("cannot lock {}: {}", name, std::strerror(reason)));
  }
  return StateFolder(std::move(store), lock);
}

StateFolder::StateFolder(std::unique_ptr<SnapshotStore> store, int lock)
    : store_(std::move(store)), lock_(lock) {}

StateFolder::StateFolder(StateFolder&& other) noexcept
    : store_(std::move(other.store_)), lock_(std::exchange(other.lock_, -1)) {}

StateFolder::~StateFolder() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace weir
