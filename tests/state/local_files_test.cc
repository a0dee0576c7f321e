#include "state/local_files.h"

#include "engine/base/crc32c.h"
#include "tests/state/store_folder.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("AFileIsReadAsItWasWritten") {
  const StoreFolder folder;
  REQUIRE(make_local_folder(folder / "a/b").ok());
  REQUIRE(make_local_folder(folder / "a/b").ok());
  for (const std::string& bytes :
       {std::string("one\0two", 7), std::string(), std::string(1 << 20, 'x')}) {
    REQUIRE(write_local_file(folder / "a/b/f", bytes).ok());
    REQUIRE(read_local_file(folder / "a/b/f").value() == bytes);
    const FileSum sum = sum_of_local_file(folder / "a/b/f").value();
    REQUIRE(sum.bytes == bytes.size());
    REQUIRE(sum.crc32c == crc32c(bytes));
  }
  REQUIRE(remove_local_folder(folder / "a").ok());
  REQUIRE(remove_local_folder(folder / "a").ok());
  REQUIRE(folder.entries().empty());
}

TEST_CASE("WhatFailsIsNamedWithItsReason") {
  const StoreFolder folder;
  folder.write("file", "x");
  for (const Error& error :
       {read_local_file(folder / "none").error(), sum_of_local_file(folder / "none").error(),
        write_local_file(folder / "none/f", "x").error(),
        make_local_folder(folder / "file/below").error()}) {
    CHECK(error.kind == ErrorKind::kUnavailable);
    CHECK(error.message.find(folder.path()) != std::string::npos);
    CHECK(error.message.find(": ") != std::string::npos);
  }
}

}  // namespace
}  // namespace weir
