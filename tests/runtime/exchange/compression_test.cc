#include "runtime/exchange/compression.h"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("WhatIsPackedIsShorterAndUnpacksEqual") {
  const std::string bytes(10'000, 'x');
  for (const Compression compression : {Compression::kLz4, Compression::kZstd}) {
    std::string out = "before";
    REQUIRE(append_packed(out, bytes, compression) == compression);
    REQUIRE(out.size() < 200);
    REQUIRE(out.substr(0, 6) == "before");
    REQUIRE(unpack(out.substr(6), bytes.size(), compression).value() == bytes);
  }
}

TEST_CASE("WhatWouldNotGetShorterStaysAsItIs") {
  for (const Compression compression :
       {Compression::kNone, Compression::kLz4, Compression::kZstd}) {
    for (const std::string bytes : {"", "a", "abcdefgh"}) {
      std::string out;
      REQUIRE(append_packed(out, bytes, compression) == Compression::kNone);
      REQUIRE(out == bytes);
    }
  }
}

TEST_CASE("WrongLengthsAndGarbageAreCorrupt") {
  for (const Compression compression : {Compression::kLz4, Compression::kZstd}) {
    std::string out;
    append_packed(out, std::string(1000, 'x'), compression);
    REQUIRE(unpack(out, 999, compression).error().kind == ErrorKind::kCorrupt);
    REQUIRE(unpack(out, 1001, compression).error().kind == ErrorKind::kCorrupt);
    REQUIRE(unpack("garbage", 1000, compression).error().kind == ErrorKind::kCorrupt);
    REQUIRE(unpack("", 1000, compression).error().kind == ErrorKind::kCorrupt);
  }
}

}  // namespace
}  // namespace weir
