// A folder as a snapshot store: several processes at once, leftovers, and folders that refuse.
#include "state/snapshot_store.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir {
namespace {

std::unique_ptr<SnapshotStore> open(const StoreFolder& folder) {
  return open_directory_store(folder.path()).value();
}

// Runs `work` in `count` processes that begin together; their exit codes in order.
template <typename Work>
std::vector<int> in_processes(int count, const Work& work) {
  int gate[2];
  REQUIRE(::pipe(gate) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(gate[1]);
      char none;
      (void)!::read(gate[0], &none, 1);  // Ends when the parent opens the gate.
      ::_exit(work(i));
    }
    children.push_back(child);
  }
  ::close(gate[0]);
  ::close(gate[1]);
  std::vector<int> codes;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  return codes;
}

TEST_CASE("OfSeveralProcessesExactlyOneCreates") {
  const StoreFolder folder;
  constexpr int kProcesses = 4;
  constexpr int kObjects = 25;
  const auto codes = in_processes(kProcesses, [&](int me) {
    const std::unique_ptr<SnapshotStore> store = open(folder);
    int created = 0;
    for (int i = 0; i < kObjects; ++i) {
      // One folder for each object, so that they race for that too.
      const std::string name = "jobs/" + std::to_string(i) + "/fence";
      const Result<PutIfAbsent> put = store->put_if_absent(name, std::to_string(me));
      if (!put.ok()) return 100;
      if (*put == PutIfAbsent::kDone) {
        ++created;
        if (store->get(name).value() != std::to_string(me)) return 101;
      }
    }
    return created;
  });
  int created = 0;
  for (const int code : codes) {
    CHECK(code >= 0);
    CHECK(code <= kObjects);
    created += code;
  }
  CHECK(created == kObjects);
  CHECK(open(folder)->list("").value().size() == kObjects);
}

TEST_CASE("AReaderSeesAnObjectWholeOrNotAtAll") {
  const StoreFolder folder;
  const auto codes = in_processes(2, [&](int me) {
    const std::unique_ptr<SnapshotStore> store = open(folder);
    for (int i = 0; i < 100; ++i) {
      if (me == 0) {
        if (!store->put("a/x", std::string(100000, static_cast<char>('a' + i % 26))).ok()) return 1;
      } else {
        const std::optional<std::string> got = store->get("a/x").value();
        if (got && *got != std::string(100000, got->front())) return 2;
        if (store->list("").value().size() > 1) return 3;
      }
    }
    return 0;
  });
  CHECK(codes == std::vector<int>{0, 0});
}

TEST_CASE("FoldersComeAndGoWithTheirObjectsWhileOthersWrite") {
  const StoreFolder folder;
  const auto codes = in_processes(2, [&](int me) {
    const std::unique_ptr<SnapshotStore> store = open(folder);
    const std::string name = "a/b/c/" + std::to_string(me);
    for (int i = 0; i < 100; ++i) {
      if (!store->put(name, "x").ok()) return 1;
      if (store->get(name).value() != "x") return 2;
      if (!store->remove(name).ok()) return 3;
    }
    return 0;
  });
  CHECK(codes == std::vector<int>{0, 0});
  CHECK(folder.entries().empty());
}

TEST_CASE("TemporariesAreHiddenAndTheOldOnesAreRemoved") {
  const StoreFolder folder;
  REQUIRE(open(folder)->put("a/x", "x").ok());
  folder.write("a/.1-0.tmp", "of a dead process");
  folder.write("a/.2-0.tmp", "of a living one");
  const timespec long_ago[2] = {{.tv_sec = 1000, .tv_nsec = 0}, {.tv_sec = 1000, .tv_nsec = 0}};
  REQUIRE(::utimensat(AT_FDCWD, (folder / "a/.1-0.tmp").c_str(), long_ago, 0) == 0);
  REQUIRE(::utimensat(AT_FDCWD, (folder / "a/x").c_str(), long_ago, 0) == 0);
  CHECK(open(folder)->list("").value() == std::vector<std::string>{"a/x"});
  CHECK(folder.entries() == std::set<std::string>{"a", "a/.2-0.tmp", "a/x"});
}

TEST_CASE("AFileOfTheSameFileSystemIsNotCopied") {
  const StoreFolder folder;
  const StoreFolder local;
  const auto links = [](const std::string& path) { return std::filesystem::hard_link_count(path); };
  local.write("x", "x");
  REQUIRE(open(folder)->put_file_if_absent("a/b/x", local / "x").ok());
  CHECK(links(local / "x") == 2);
  REQUIRE(open(folder)->get_file("a/b/x", local / "again").value());
  CHECK(links(local / "x") == 3);
  CHECK(folder.entries() == std::set<std::string>{"a", "a/b", "a/b/x"});
}

TEST_CASE("AFileOfAnotherFileSystemIsCopied") {
  const StoreFolder here;
  const StoreFolder there = StoreFolder::quick();
  there.write("x", "x");
  REQUIRE(open(here)->put_file_if_absent("a/x", there / "x").value() == PutIfAbsent::kDone);
  CHECK(here.contents("a/x") == "x");
  REQUIRE(open(here)->get_file("a/x", there / "again").value());
  CHECK(there.contents("again") == "x");
}

TEST_CASE("FilesThatNobodyNamedSoAreNoObjects") {
  const StoreFolder folder;
  REQUIRE(open(folder)->put("a/x", "x").ok());
  folder.write("a/x~", "an editor's");
  folder.write("a/.swp", "an editor's");
  ::mkdir((folder / "lost+found").c_str(), 0777);
  CHECK(open(folder)->list("").value() == std::vector<std::string>{"a/x"});
}

TEST_CASE("AFolderOfObjectsIsMarkedOnceItIsDurable") {
  const StoreFolder folder;
  REQUIRE(open(folder)->put("a/b/x", "x").ok());
  for (const std::string made : {"", "a", "a/b"}) {
    CAPTURE(made);
    struct stat info;
    REQUIRE(::stat((folder / made).c_str(), &info) == 0);
    CHECK((info.st_mode & S_ISUID) != 0);
  }
}

TEST_CASE("AFailedWriteLeavesNothingAndSaysWhere") {
  const StoreFolder folder;
  const auto codes = in_processes(1, [&](int) {
    const std::unique_ptr<SnapshotStore> store = open(folder);
    if (!store->put("a/small", "fits").ok()) return 1;
    // Stands for a full disk: the kernel refuses to write on.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 4096, .rlim_max = 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    const Status put = store->put("a/large", std::string(100000, 'x'));
    const Result<PutIfAbsent> other = store->put_if_absent("a/large", std::string(100000, 'x'));
    if (put.ok() || other.ok()) return 3;
    if (put.error().kind != ErrorKind::kUnavailable) return 4;
    if (put.error().message.find(folder / "a/large") == std::string::npos) return 5;
    return 0;
  });
  CHECK(codes == std::vector<int>{0});
  CHECK(folder.entries() == std::set<std::string>{"a", "a/small"});
}

// What a store tells a process that may only read the folder; as another user where this one may
// do everything.
TEST_CASE("AReadOnlyFolderCanBeReadAndSaysWhatToDo") {
  const StoreFolder folder;
  REQUIRE(open(folder)->put("a/x", "x").ok());
  REQUIRE(::chmod((folder / "a").c_str(), 0555) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  const auto codes = in_processes(1, [&](int) {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return 1;
    Result<std::unique_ptr<SnapshotStore>> store = open_directory_store(folder.path());
    if (!store.ok()) return 2;
    if ((*store)->get("a/x").value() != "x") return 3;
    for (const std::string name : {"a/y", "b", "c/d/e"}) {
      const Status put = (*store)->put(name, "y");
      if (put.ok() || put.error().kind != ErrorKind::kUnavailable) return 4;
      if (put.error().message.find("let the user") == std::string::npos) return 5;
    }
    if ((*store)->remove("a/x").ok()) return 6;
    return 0;
  });
  CHECK(codes == std::vector<int>{0});
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  REQUIRE(::chmod((folder / "a").c_str(), 0755) == 0);
}

TEST_CASE("APathThatIsNoFolderIsTheUsersMistake") {
  const StoreFolder folder;
  folder.write("file", "x");
  for (const std::string path : {"file", "file/below"}) {
    CAPTURE(path);
    const auto store = open_directory_store(folder / path);
    REQUIRE(!store.ok());
    CHECK(store.error().kind == ErrorKind::kUser);
    CHECK(store.error().message.find("name a folder") != std::string::npos);
  }
  CHECK(open_directory_store("").error().kind == ErrorKind::kUser);
}

TEST_CASE("AFolderThatVanishedIsNotMadeAgain") {
  const StoreFolder folder;
  const std::unique_ptr<SnapshotStore> store = open_directory_store(folder / "state").value();
  std::filesystem::remove(folder / "state");
  const Status put = store->put("a", "x");
  REQUIRE(!put.ok());
  CHECK(put.error().kind == ErrorKind::kUnavailable);
  CHECK(folder.entries().empty());
}

}  // namespace
}  // namespace weir
