// Known vectors: RFC 3720, appendix B.4, and the check value of the CRC catalogue.
#include "engine/base/crc32c.h"

#include <catch2/catch.hpp>

#include <string>

namespace weir {
namespace {

std::string ascending_bytes(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// The definition, a bit at a time.
uint32_t crc32c_by_bit(const std::string& bytes) {
  uint32_t crc = 0xffffffff;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
  }
  return ~crc;
}

TEST_CASE("KnownVectorsHaveTheirChecksum") {
  REQUIRE(crc32c("") == 0);
  REQUIRE(crc32c("123456789") == 0xe3069283);
  REQUIRE(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  REQUIRE(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  REQUIRE(crc32c(ascending_bytes(32)) == 0x46dd794e);
}

TEST_CASE("EveryLengthHasTheChecksumOfTheDefinition") {
  for (size_t size = 0; size < 70; ++size) {
    const std::string bytes = ascending_bytes(size);
    REQUIRE(crc32c(bytes) == crc32c_by_bit(bytes));
  }
}

TEST_CASE("LongBytesHaveTheChecksumOfTheDefinition") {
  std::string bytes;
  for (uint32_t i = 0; bytes.size() < 20'000; ++i) {
    bytes.push_back(static_cast<char>(i * 2654435761U >> 24));
  }
  for (const size_t size : {3071, 3072, 3073, 6144, 9300, 20'000}) {
    REQUIRE(crc32c(bytes.substr(0, size)) == crc32c_by_bit(bytes.substr(0, size)));
    REQUIRE(crc32c(bytes.substr(100, size), crc32c(bytes.substr(0, 100))) ==
            crc32c_by_bit(bytes.substr(0, 100) + bytes.substr(100, size)));
  }
}

TEST_CASE("ChecksumOfPartsIsThatOfTheWhole") {
  const std::string bytes = ascending_bytes(60);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    REQUIRE(crc32c(bytes.substr(cut), crc32c(bytes.substr(0, cut))) == crc32c(bytes));
  }
}

}  // namespace
}  // namespace weir
