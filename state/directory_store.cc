// A folder as a snapshot store.
//
// An object is written under a hidden name beside its own, synced, and then renamed, or linked
// where only the first may win; a local file is linked as it is where it lies in the same file
// system. Last, the folder is synced, and each folder above it that may not be durable yet. Syncing
// costs milliseconds even where nothing is to be written, so a folder that was synced into its
// parent is marked: it gets the set-user-id bit, which means nothing for folders. A folder without
// the mark is one that another writer has made this moment, or died making. Removals are not
// synced: what comes back after a loss of power is removed again.

#include "engine/base/crc32c.h"
#include "engine/base/fail_point.h"
#include "state/snapshot_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace weir {
namespace {

constexpr mode_t kDurableMark = S_ISUID;
constexpr time_t kLeftoverSeconds = 3600;  // A write that takes longer fails, and that is all.
constexpr int kRacesMax = 1000;
constexpr size_t kPieceBytes = 256 << 10;
constexpr size_t kMappedBytes = 1 << 20;  // Smaller objects are copied.
constexpr std::string_view kTemporarySuffix = ".tmp";

std::string_view advice(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT: return "; free space there";
    case EROFS: return "; the file system is read-only: mount it writable, or use another folder";
    case EACCES:
    case EPERM: return "; let the user that runs weir read and write there, or use another folder";
    case ENOTDIR: return "; name a folder";
    default: return "";
  }
}

Error failed(std::string_view action, const std::string& path, int code) {
  std::string message =
      fmt::format("cannot {} {}: {}{}", action, path, std::strerror(code), advice(code));
  const bool is_wrong_path = code == ENOTDIR || code == ENAMETOOLONG || code == ELOOP;
  return is_wrong_path ? user_error(std::move(message)) : unavailable(std::move(message));
}

bool is_missing(int code) { return code == ENOENT || code == ENOTDIR; }

std::string parent_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(OpenFile&& other) noexcept : fd_(other.release()) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int open_retried(const std::string& path, int flags) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

Status sync_folder(const std::string& folder) {
  OpenFile opened(open_retried(folder, O_RDONLY | O_DIRECTORY));
  if (!opened.is_open()) return failed("open folder", folder, errno);
  if (::fsync(opened.fd()) != 0) return failed("sync folder", folder, errno);
  return {};
}

// Makes the entry of `folder` in its parent durable, unless it is known to be.
Status settle_folder(const std::string& folder) {
  struct stat info;
  if (::stat(folder.c_str(), &info) != 0) return failed("look at folder", folder, errno);
  if ((info.st_mode & kDurableMark) != 0) return {};
  TRY(sync_folder(parent_of(folder)));
  // Where it cannot be marked it is synced each time.
  (void)::chmod(folder.c_str(), (info.st_mode & 07777) | kDurableMark);
  return {};
}

// Makes a folder and those above it, as far as they are missing.
Status make_folders(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0777) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT) return failed("make folder", folder, errno);
  TRY(make_folders(parent_of(folder)));
  if (::mkdir(folder.c_str(), 0777) == 0 || errno == EEXIST || errno == ENOENT) return {};
  return failed("make folder", folder, errno);
}

struct Temporary {
  int fd = -1;
  std::string path;
};

// A new file in the folder of `path`, of a name that no other process uses. No descriptor if the
// folder is missing.
Result<Temporary> make_temporary(const std::string& folder) {
  static std::atomic<uint64_t> made = 0;
  for (;;) {
    Temporary made_now{.path = fmt::format("{}/.{}-{}{}", folder, ::getpid(), made.fetch_add(1),
                                           kTemporarySuffix)};
    made_now.fd = open_retried(made_now.path, O_WRONLY | O_CREAT | O_EXCL);
    if (made_now.fd >= 0 || is_missing(errno)) return made_now;
    if (errno != EEXIST) return failed("write to folder", folder, errno);
  }
}

// Makes a folder of the store, as often as it takes: whoever removes the last object of a folder
// removes the folder. `attempt` returns whether the folder was there.
template <typename Attempt>
Status in_folder(const std::string& folder, const std::string& root, const Attempt& attempt) {
  for (int race = 0; race < kRacesMax; ++race) {
    struct stat info;
    if (::stat(root.c_str(), &info) != 0) return failed("open state folder", root, errno);
    TRY(make_folders(folder));
    const bool was_there = TRY(attempt());
    if (was_there) return {};
  }
  return failed("make folder", folder, ENOENT);
}

struct OpenObject {
  OpenFile file;  // Not open: there is no such object.
  size_t bytes = 0;
};

Result<OpenObject> open_object(const std::string& path) {
  OpenObject object{.file = OpenFile(open_retried(path, O_RDONLY))};
  if (!object.file.is_open()) {
    if (is_missing(errno)) return object;
    return failed("open", path, errno);
  }
  struct stat info;
  if (::fstat(object.file.fd(), &info) != 0) return failed("look at", path, errno);
  if (!S_ISREG(info.st_mode)) return OpenObject{.file = OpenFile(-1)};
  object.bytes = static_cast<size_t>(info.st_size);
  return object;
}

// Zero: that was all.
Result<size_t> read_some(int fd, char* to, size_t bytes, const std::string& path) {
  for (;;) {
    const ssize_t read = ::read(fd, to, bytes);
    if (read >= 0) return static_cast<size_t>(read);
    if (errno != EINTR) return failed("read", path, errno);
  }
}

Status sync_file(const std::string& path) {
  OpenFile opened(open_retried(path, O_RDONLY));
  if (!opened.is_open()) return failed("open", path, errno);
  if (::fsync(opened.fd()) != 0) return failed("sync", path, errno);
  return {};
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd) != 0) return failed("sync", path, errno);
  return {};
}

// What there is in a folder; a folder that is missing is empty.
Result<std::vector<std::string>> entries_of(const std::string& folder) {
  OpenFile opened(open_retried(folder, O_RDONLY | O_DIRECTORY));
  if (!opened.is_open()) {
    if (is_missing(errno)) return std::vector<std::string>();
    return failed("open folder", folder, errno);
  }
  DIR* listing = ::fdopendir(opened.fd());
  if (listing == nullptr) return failed("list folder", folder, errno);
  opened.release();
  std::vector<std::string> found;
  errno = 0;
  while (const dirent* entry = ::readdir(listing)) {
    found.emplace_back(entry->d_name);
    errno = 0;
  }
  const int code = errno;
  ::closedir(listing);
  if (code != 0) return failed("list folder", folder, code);
  return found;
}

class DirectoryStore final : public SnapshotStore {
 public:
  explicit DirectoryStore(std::string root) : root_(std::move(root)) {}

  Status open_root();

  Status put(const std::string& name, std::string_view bytes) override;
  Result<PutIfAbsent> put_if_absent(const std::string& name, std::string_view bytes) override;
  Result<PutIfAbsent> put_file_if_absent(const std::string& name, const std::string& path) override;
  Result<std::optional<std::string>> get(const std::string& name) override;
  Result<std::optional<ObjectBytes>> open(const std::string& name) override;
  Result<bool> get_file(const std::string& name, const std::string& path) override;
  Result<std::optional<uint64_t>> size(const std::string& name) override;
  Result<std::vector<std::string>> list(const std::string& prefix) override;
  Status remove(const std::string& name) override;

 private:
  std::string path_of(const std::string& name) const { return root_ + "/" + name; }
  Result<std::string> write_temporary(const std::string& path, std::string_view bytes);
  Status settle(const std::string& path);
  // Calls visit(path, relative name) for each file at or below the folder `name`, "" for all.
  template <typename Visit>
  Status walk(const std::string& name, const Visit& visit);
  void settle_root(mode_t mode);
  // `now` is of the file system's clock.
  Status remove_leftovers(time_t now);

  // Constant after construction.
  const std::string root_;
};

Status DirectoryStore::open_root() {
  TRY(make_folders(root_));
  struct stat info;
  if (::stat(root_.c_str(), &info) != 0) return failed("open folder", root_, errno);
  if (!S_ISDIR(info.st_mode)) return failed("keep state in", root_, ENOTDIR);
  settle_root(info.st_mode);
  // Where nothing may be written there is still something to read.
  Result<Temporary> made = make_temporary(root_);
  if (!made.ok() || made->fd < 0) return {};
  OpenFile probe(made->fd);
  const int code = ::fstat(probe.fd(), &info) == 0 ? 0 : errno;
  ::unlink(made->path.c_str());
  if (code != 0) return failed("look at", made->path, code);
  return remove_leftovers(info.st_mtime);
}

// As far as it may: what lies above the store belongs to others.
void DirectoryStore::settle_root(mode_t mode) {
  if ((mode & kDurableMark) != 0) return;
  std::string folder = root_;
  do {
    folder = parent_of(folder);
    (void)sync_folder(folder);
  } while (folder != "/" && folder != ".");
  (void)::chmod(root_.c_str(), (mode & 07777) | kDurableMark);
}

Result<std::string> DirectoryStore::write_temporary(const std::string& path,
                                                    std::string_view bytes) {
  const std::string folder = parent_of(path);
  Temporary made;
  const auto make = [&]() -> Result<bool> {
    made = TRY(make_temporary(folder));
    return made.fd >= 0;
  };
  TRY(in_folder(folder, root_, make));
  OpenFile opened(made.fd);
  Status written = write_all(opened.fd(), bytes, path);
  if (written.ok() && ::close(opened.release()) != 0) written = failed("close", path, errno);
  if (!written.ok()) {
    ::unlink(made.path.c_str());
    return std::move(written).error();
  }
  return made.path;
}

Status DirectoryStore::settle(const std::string& path) {
  std::string folder = parent_of(path);
  TRY(sync_folder(folder));
  for (; folder.size() > root_.size(); folder = parent_of(folder)) TRY(settle_folder(folder));
  return {};
}

Status DirectoryStore::put(const std::string& name, std::string_view bytes) {
  TRY(check_object_name(name));
  const std::string path = path_of(name);
  const std::string temporary = TRY(write_temporary(path, bytes));
  FAIL_POINT("store.put_written");
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int code = errno;
    ::unlink(temporary.c_str());
    return failed("write", path, code);
  }
  FAIL_POINT("store.put_renamed");
  return settle(path);
}

Result<PutIfAbsent> DirectoryStore::put_if_absent(const std::string& name, std::string_view bytes) {
  TRY(check_object_name(name));
  const std::string path = path_of(name);
  const std::string temporary = TRY(write_temporary(path, bytes));
  FAIL_POINT("store.claim_written");
  const int code = ::link(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  FAIL_POINT("store.claim_linked");
  ::unlink(temporary.c_str());
  if (code != 0 && code != EEXIST) return failed("write", path, code);
  TRY(settle(path));
  FAIL_POINT("store.claim_settled");
  return code == 0 ? PutIfAbsent::kDone : PutIfAbsent::kWasThere;
}

// Where it cannot be linked, as from another file system, it is copied.
Result<PutIfAbsent> DirectoryStore::put_file_if_absent(const std::string& name,
                                                       const std::string& file) {
  TRY(check_object_name(name));
  const std::string path = path_of(name);
  TRY(sync_file(file));
  int code = 0;
  const auto link = [&]() -> Result<bool> {
    code = ::link(file.c_str(), path.c_str()) == 0 ? 0 : errno;
    return !is_missing(code);
  };
  TRY(in_folder(parent_of(path), root_, link));
  if (code != 0 && code != EEXIST) return SnapshotStore::put_file_if_absent(name, file);
  FAIL_POINT("store.file_linked");
  TRY(settle(path));
  return code == 0 ? PutIfAbsent::kDone : PutIfAbsent::kWasThere;
}

Result<std::optional<std::string>> DirectoryStore::get(const std::string& name) {
  TRY(check_object_name(name));
  const std::string path = path_of(name);
  const OpenObject object = TRY(open_object(path));
  if (!object.file.is_open()) return std::optional<std::string>();
  std::string bytes(object.bytes, '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t read =
        TRY(read_some(object.file.fd(), bytes.data() + done, bytes.size() - done, path));
    if (read == 0) break;
    done += read;
  }
  bytes.resize(done);
  return std::optional<std::string>(std::move(bytes));
}

// All of it is read once before: what cannot be read is an error here, and no signal later on.
Result<std::optional<ObjectBytes>> DirectoryStore::open(const std::string& name) {
  TRY(check_object_name(name));
  const std::string path = path_of(name);
  const OpenObject object = TRY(open_object(path));
  if (!object.file.is_open()) return std::optional<ObjectBytes>();
  if (object.bytes < kMappedBytes) return SnapshotStore::open(name);
  const auto piece = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  size_t bytes = 0;
  uint32_t crc = 0;
  while (const size_t read = TRY(read_some(object.file.fd(), piece.get(), kPieceBytes, path))) {
    crc = crc32c({piece.get(), read}, crc);
    bytes += read;
  }
  void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, object.file.fd(), 0);
  if (mapped == MAP_FAILED) return failed("map", path, errno);
  std::shared_ptr<const void> holder(mapped, [bytes](void* at) { ::munmap(at, bytes); });
  return std::optional<ObjectBytes>(std::in_place,
                                    std::string_view(static_cast<const char*>(mapped), bytes),
                                    std::move(holder), crc);
}

Result<bool> DirectoryStore::get_file(const std::string& name, const std::string& file) {
  TRY(check_object_name(name));
  if (::link(path_of(name).c_str(), file.c_str()) == 0) return true;
  return SnapshotStore::get_file(name, file);
}

Result<std::optional<uint64_t>> DirectoryStore::size(const std::string& name) {
  TRY(check_object_name(name));
  const std::string path = path_of(name);
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) {
    if (is_missing(errno)) return std::optional<uint64_t>();
    return failed("look at", path, errno);
  }
  if (!S_ISREG(info.st_mode)) return std::optional<uint64_t>();
  return std::optional<uint64_t>(static_cast<uint64_t>(info.st_size));
}

template <typename Visit>
Status DirectoryStore::walk(const std::string& name, const Visit& visit) {
  const std::string folder = name.empty() ? root_ : path_of(name);
  for (const std::string& entry : TRY(entries_of(folder))) {
    if (entry == "." || entry == "..") continue;
    const std::string path = folder + "/" + entry;
    const std::string inside = name.empty() ? entry : name + "/" + entry;
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) {
      if (is_missing(errno)) continue;  // Removed since it was listed.
      return failed("look at", path, errno);
    }
    if (S_ISDIR(info.st_mode)) {
      if (check_object_name(inside).ok()) TRY(walk(inside, visit));
    } else if (S_ISREG(info.st_mode)) {
      visit(path, inside, info);
    }
  }
  return {};
}

Result<std::vector<std::string>> DirectoryStore::list(const std::string& prefix) {
  const size_t slash = prefix.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash);
  if (!folder.empty()) TRY(check_object_name(folder));
  std::vector<std::string> found;
  TRY(walk(folder, [&](const std::string&, const std::string& name, const struct stat&) {
    if (name.starts_with(prefix) && check_object_name(name).ok()) found.push_back(name);
  }));
  std::sort(found.begin(), found.end());
  return found;
}

Status DirectoryStore::remove(const std::string& name) {
  TRY(check_object_name(name));
  std::string path = path_of(name);
  if (::unlink(path.c_str()) != 0 && !is_missing(errno) && errno != EISDIR) {
    return failed("remove", path, errno);
  }
  for (path = parent_of(path); path.size() > root_.size(); path = parent_of(path)) {
    if (::rmdir(path.c_str()) != 0 && !is_missing(errno)) break;  // Something is left in it.
  }
  return {};
}

Status DirectoryStore::remove_leftovers(time_t now) {
  return walk("", [&](const std::string& path, const std::string& name, const struct stat& info) {
    const bool is_temporary =
        name[name.find_last_of('/') + 1] == '.' && name.ends_with(kTemporarySuffix);
    if (is_temporary && info.st_mtime < now - kLeftoverSeconds) ::unlink(path.c_str());
  });
}

}  // namespace

Result<std::unique_ptr<SnapshotStore>> open_directory_store(const std::string& path) {
  std::string root = path;
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  if (root.empty()) return user_error("cannot keep state in a folder without a name");
  auto store = std::make_unique<DirectoryStore>(std::move(root));
  TRY(store->open_root());
  return std::unique_ptr<SnapshotStore>(std::move(store));
}

}  // namespace weir
