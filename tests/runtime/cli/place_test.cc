#include "runtime/cli/place.h"

#include <catch2/catch.hpp>

#include <filesystem>

namespace weir {
namespace {

TEST_CASE("ARelativeFolderIsNamedFromTheRootOn") {
  const std::string here = std::filesystem::current_path().string();
  CHECK(absolute_place("store") == here + "/store");
  CHECK(absolute_place("./a/../store") == here + "/store");
}

TEST_CASE("WhatMeansTheSameEverywhereStaysAsItIs") {
  CHECK(absolute_place("/var/lib/weir") == "/var/lib/weir");
  CHECK(absolute_place("s3://bucket/path") == "s3://bucket/path");
  CHECK(absolute_place("").empty());
}

}  // namespace
}  // namespace weir
