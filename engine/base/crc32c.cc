#include "engine/base/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace weir {
namespace {

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = make_table();

#if defined(__SSE4_2__)

// The instruction gives its result three cycles after it began, and one can begin in each cycle:
// so three lanes of this many bytes are summed side by side.
constexpr size_t kLaneBytes = 1024;

// What a lane of zeros makes of a sum, a table for each byte of it: summing is linear.
using LaneTables = std::array<std::array<uint32_t, 256>, 4>;

constexpr LaneTables make_lane_tables() {
  std::array<uint32_t, 32> of_bit{};
  for (uint32_t bit = 0; bit < 32; ++bit) {
    uint32_t crc = uint32_t{1} << bit;
    for (size_t i = 0; i < kLaneBytes; ++i) crc = (crc >> 8) ^ kTable[crc & 0xff];
    of_bit[bit] = crc;
  }
  LaneTables tables{};
  for (uint32_t byte = 0; byte < 4; ++byte) {
    for (uint32_t value = 0; value < 256; ++value) {
      for (uint32_t bit = 0; bit < 8; ++bit) {
        if ((value >> bit & 1) != 0) tables[byte][value] ^= of_bit[8 * byte + bit];
      }
    }
  }
  return tables;
}

constexpr LaneTables kLaneTables = make_lane_tables();

uint32_t after_lane_of_zeros(uint32_t crc) {
  return kLaneTables[0][crc & 0xff] ^ kLaneTables[1][crc >> 8 & 0xff] ^
         kLaneTables[2][crc >> 16 & 0xff] ^ kLaneTables[3][crc >> 24];
}

uint64_t word_at(const char* data) {
  uint64_t word;
  std::memcpy(&word, data, sizeof word);
  return word;
}

uint32_t extend_by_three_lanes(uint32_t crc, const char* data) {
  uint64_t first = crc;
  uint64_t second = 0;
  uint64_t third = 0;
  for (size_t i = 0; i < kLaneBytes; i += 8) {
    first = _mm_crc32_u64(first, word_at(data + i));
    second = _mm_crc32_u64(second, word_at(data + kLaneBytes + i));
    third = _mm_crc32_u64(third, word_at(data + 2 * kLaneBytes + i));
  }
  crc = after_lane_of_zeros(static_cast<uint32_t>(first)) ^ static_cast<uint32_t>(second);
  return after_lane_of_zeros(crc) ^ static_cast<uint32_t>(third);
}

uint32_t extend(uint32_t crc, const char* data, size_t size) {
  for (; size >= 3 * kLaneBytes; size -= 3 * kLaneBytes, data += 3 * kLaneBytes) {
    crc = extend_by_three_lanes(crc, data);
  }
  uint64_t wide = crc;
  for (; size >= 8; size -= 8, data += 8) wide = _mm_crc32_u64(wide, word_at(data));
  crc = static_cast<uint32_t>(wide);
  for (; size > 0; --size, ++data) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(*data));
  return crc;
}

#else

uint32_t extend(uint32_t crc, const char* data, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(data[i])) & 0xff];
  }
  return crc;
}

#endif

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t seed) {
  return ~extend(~seed, bytes.data(), bytes.size());
}

}  // namespace weir
