#include "runtime/cli/latch.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("WhatComesFirstCounts") {
  Latch released;
  released.release();
  released.fail(unavailable("too late"));
  CHECK(released.wait().ok());

  Latch failed;
  failed.fail(unavailable("no store"));
  failed.release();
  CHECK(failed.wait().error().message == "no store");
}

}  // namespace
}  // namespace weir
