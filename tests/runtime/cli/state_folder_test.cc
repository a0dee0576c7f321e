#include "runtime/cli/state_folder.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <unistd.h>

namespace weir {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "weir-state-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_ / "state"; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("KeepsWhatItIsGiven") {
  const Folder folder;
  {
    StateFolder state = StateFolder::open(folder.path()).value();
    REQUIRE(state.store().put("a/b", "bytes").ok());
  }
  StateFolder state = StateFolder::open(folder.path()).value();
  CHECK(state.store().get("a/b").value() == "bytes");
}

TEST_CASE("IsUsedByOneAtATime") {
  const Folder folder;
  StateFolder first = StateFolder::open(folder.path()).value();
  const StateFolder moved = std::move(first);
  const Result<StateFolder> second = StateFolder::open(folder.path());
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::kUser);
  CHECK(second.error().message.find("in use by another process") != std::string::npos);
}

TEST_CASE("SaysWhatAStateFolderMustBe") {
  const Result<StateFolder> refused = StateFolder::open("/dev/null/state");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::kUser);
  CHECK(refused.error().message.find("--state names a folder") != std::string::npos);
}

}  // namespace
}  // namespace weir
