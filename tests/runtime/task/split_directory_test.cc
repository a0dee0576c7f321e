#include "runtime/task/split_directory.h"

#include <catch2/catch.hpp>

#include <thread>

namespace weir {
namespace {

TEST_CASE("NumbersStandForNames") {
  SplitDirectory splits;
  const SplitId first = splits.add({.source = "topic", .part = "0"});
  const SplitId second = splits.add({.source = "topic", .part = "1"});
  REQUIRE(first != second);
  REQUIRE(splits.name_of(first).part == "0");
  REQUIRE(splits.name_of(second).part == "1");
  REQUIRE(splits.name_of(second).source == "topic");
}

TEST_CASE("GrowsWhileOthersRead") {
  SplitDirectory splits;
  const SplitId first = splits.add({.source = "topic", .part = "first"});
  std::thread adder([&splits] {
    for (int i = 0; i < 1'000; ++i) splits.add({.source = "topic", .part = std::to_string(i)});
  });
  bool same = true;
  for (int i = 0; i < 1'000; ++i) same &= splits.name_of(first).part == "first";
  adder.join();
  REQUIRE(same);
  REQUIRE(splits.name_of(SplitId(1'000)).part == "999");
}

}  // namespace
}  // namespace weir
