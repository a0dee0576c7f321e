// Weir's own hash, version 1. It decides which key group a row belongs to, so it is part of every
// checkpoint: a change of a single result needs a new version number and a migration. Never
// std::hash, which differs between libraries.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

inline constexpr uint32_t kHashVersion = 1;

__extension__ typedef unsigned __int128 HashProduct;  // NOLINT: needs __extension__.

// The 128-bit product of both, folded by exclusive or: the mixing step.
constexpr uint64_t hash_mix(uint64_t a, uint64_t b) {
  const HashProduct product = static_cast<HashProduct>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

constexpr uint64_t hash_word(uint64_t word) {
  return hash_mix(word ^ 0x9e3779b97f4a7c15ULL, 0xd6e8feb86659fd93ULL ^ (word >> 32));
}

// Adds one more column's hash to the hash of those before it; order matters.
constexpr uint64_t hash_combine(uint64_t so_far, uint64_t next) {
  return hash_mix(so_far ^ 0xa0761d6478bd642fULL, next ^ 0xe7037ed1a0b428dbULL);
}

// Of a key with something more, in the key group of the key alone: its upper half decides that.
constexpr uint64_t hash_within(uint64_t key, uint64_t more) {
  constexpr uint64_t kLowerHalf = 0xffffffff;
  return (key & ~kLowerHalf) | (hash_combine(key, more) & kLowerHalf);
}

uint64_t hash_bytes(std::string_view bytes);

}  // namespace weir
