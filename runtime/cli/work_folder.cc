#include "runtime/cli/work_folder.h"

#include "engine/plan/options.h"
#include "state/local_files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace weir {
namespace {

constexpr const char* kNameStart = ".weir-work-";
constexpr int kRacesMax = 100;

Error failed(const std::string& parent, const std::string& reason) {
  return user_error(fmt::format(
      "cannot make a folder for what does not fit in memory below {}: {}; name one that can be "
      "written: --dir of a worker, --state of weir run, or TMPDIR",
      parent, reason));
}

// Of a folder, by whoever is the first; -1 otherwise, or if it is gone. The lock ends with the
// process, however that ends.
int lock_of(const std::string& path) {
  const int lock = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) return -1;
  struct stat info;
  const bool is_ours =
      ::flock(lock, LOCK_EX | LOCK_NB) == 0 && ::fstat(lock, &info) == 0 && info.st_nlink != 0;
  if (is_ours) return lock;
  ::close(lock);
  return -1;
}

// What nobody locks is of a process that died. What cannot be removed is somebody else's.
void remove_leftovers(const std::string& parent) {
  std::error_code trouble;
  std::vector<std::string> found;
  for (std::filesystem::directory_iterator entry(parent, trouble), end; !trouble && entry != end;
       entry.increment(trouble)) {
    if (entry->path().filename().string().starts_with(kNameStart)) found.push_back(entry->path());
  }
  for (const std::string& path : found) {
    const int lock = lock_of(path);
    if (lock < 0) continue;
    (void)remove_local_folder(path);
    ::close(lock);
  }
}

std::string default_parent() {
  const char* named = std::getenv("TMPDIR");
  if (named != nullptr && *named != '\0') return named;
  const char* on_disk = "/var/tmp";
  return ::access(on_disk, W_OK) == 0 ? on_disk : "/tmp";
}

}  // namespace

Result<WorkFolder> WorkFolder::make(const std::string& parent_or_none) {
  const std::string parent = parent_or_none.empty() ? default_parent() : parent_or_none;
  const Status made = make_local_folder(parent);
  if (!made.ok()) return failed(parent, made.error().message);
  remove_leftovers(parent);
  // Between the making and the lock somebody may take it for a leftover.
  for (int race = 0; race < kRacesMax; ++race) {
    std::string path = fmt::format("{}/{}XXXXXX", parent, kNameStart);
    if (::mkdtemp(path.data()) == nullptr) return failed(parent, std::strerror(errno));
    const int lock = lock_of(path);
    if (lock >= 0) return WorkFolder(std::move(path), lock);
  }
  return failed(parent, "each one that was made was removed at once");
}

Result<uint64_t> state_bytes_allowed() {
  const char* named = std::getenv("WEIR_STATE_BYTES");
  if (named == nullptr || *named == '\0') return std::numeric_limits<uint64_t>::max();
  return parse_size(named);
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

WorkFolder::~WorkFolder() { remove(); }

void WorkFolder::remove() {
  if (lock_ < 0) return;
  (void)remove_local_folder(path_);
  ::close(std::exchange(lock_, -1));
}

}  // namespace weir
