#include "engine/base/hash.h"

#include <cstring>

namespace weir {
namespace {

uint64_t word_at(const char* data) {
  uint64_t word;
  std::memcpy(&word, data, sizeof word);
  return word;
}

uint64_t tail_word(const char* data, size_t size) {
  uint64_t word = 0;
  std::memcpy(&word, data, size);
  return word;
}

}  // namespace

uint64_t hash_bytes(std::string_view bytes) {
  const char* data = bytes.data();
  size_t left = bytes.size();
  uint64_t hash = 0x589965cc75374cc3ULL ^ left;
  for (; left > 16; left -= 16, data += 16) {
    hash = hash_mix(word_at(data) ^ 0xa0761d6478bd642fULL, word_at(data + 8) ^ hash);
  }
  const uint64_t low = left >= 8 ? word_at(data) : tail_word(data, left);
  const uint64_t high = left >= 8 ? tail_word(data + 8, left - 8) : 0;
  hash = hash_mix(low ^ 0xe7037ed1a0b428dbULL, high ^ hash);
  return hash_mix(hash ^ bytes.size(), 0x8ebc6af09c88c6e3ULL);
}

}  // namespace weir
