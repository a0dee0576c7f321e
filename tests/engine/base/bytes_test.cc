#include "engine/base/bytes.h"

#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

TEST_CASE("ReaderGivesBackWhatWriterPut") {
  ByteWriter writer;
  writer.put(uint8_t{7});
  writer.put(uint16_t{0x1234});
  writer.put(int64_t{-5});
  writer.put(2.5);
  writer.put_sized("abc");
  writer.put_bytes("xy");
  ByteReader reader(writer.view());
  REQUIRE(*reader.get<uint8_t>() == 7);
  REQUIRE(*reader.get<uint16_t>() == 0x1234);
  REQUIRE(*reader.get<int64_t>() == -5);
  REQUIRE(*reader.get<double>() == 2.5);
  REQUIRE(*reader.get_sized() == "abc");
  REQUIRE(*reader.get_bytes(2) == "xy");
  REQUIRE(reader.left() == 0);
}

TEST_CASE("NumbersAreLittleEndian") {
  ByteWriter writer;
  writer.put(uint32_t{0x04030201});
  REQUIRE(writer.view() == "\x01\x02\x03\x04");
}

TEST_CASE("PatchOverwritesInPlace") {
  ByteWriter writer;
  writer.put(uint32_t{0});
  writer.put_bytes("rest");
  writer.patch(0, static_cast<uint32_t>(writer.size()));
  const std::string bytes = std::move(writer).take();
  ByteReader reader(bytes);
  REQUIRE(*reader.get<uint32_t>() == 8);
  REQUIRE(*reader.get_bytes(4) == "rest");
}

TEST_CASE("ReadingBeyondTheEndIsCorruptAndTakesNothing") {
  ByteReader reader("abc");
  const Result<uint32_t> number = reader.get<uint32_t>();
  REQUIRE(number.error() == corrupt("encoded bytes end early: wanted=4 left=3"));
  REQUIRE_FALSE(reader.get_bytes(4).ok());
  REQUIRE_FALSE(reader.get_bytes(SIZE_MAX).ok());
  REQUIRE(reader.left() == 3);
}

TEST_CASE("SizeThatLiesIsCorrupt") {
  ByteWriter writer;
  writer.put(uint32_t{0xffffffff});
  writer.put_bytes("abc");
  REQUIRE(ByteReader(writer.view()).get_sized().error().kind == ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace weir
