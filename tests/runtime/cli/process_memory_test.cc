#include "runtime/cli/process_memory.h"

#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <vector>

namespace weir {
namespace {

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text << "\n";
}

TEST_CASE("TheTightestLimitOfAGroupAndThoseAroundItHolds") {
  const StoreFolder folder;
  const std::string root = folder.path();
  write(root + "/pods/weir/memory.max", "4096");
  write(root + "/pods/memory.max", "2048");
  CHECK(group_limit(root, "/pods/weir") == 2048);
  write(root + "/pods/memory.max", "max");
  CHECK(group_limit(root, "/pods/weir") == 4096);
}

TEST_CASE("AGroupWithoutALimitHasNone") {
  const StoreFolder folder;
  write(folder.path() + "/weir/memory.max", "max");
  CHECK(group_limit(folder.path(), "/weir") == std::nullopt);
  CHECK(group_limit(folder.path(), "/") == std::nullopt);
  CHECK(group_limit("/nowhere/at/all", "/weir") == std::nullopt);
}

TEST_CASE("TheLimitOfTheMountCountsWhereAContainerSeesOnlyItsOwn") {
  const StoreFolder folder;
  write(folder.path() + "/memory.max", "1000");
  CHECK(group_limit(folder.path(), "/") == 1000);
}

TEST_CASE("MemoryThatIsWrittenToCounts") {
  const uint64_t before = memory_bytes();
  REQUIRE(before > 0);
  const std::vector<char> written(32 << 20, 'x');
  CHECK(memory_bytes() >= before + written.size() * 9 / 10);
  CHECK(default_memory() > 0);
}

}  // namespace
}  // namespace weir
