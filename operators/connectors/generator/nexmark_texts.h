// The texts that NEXMark rows take their payloads from, made once from the seed and shared by all
// readers of a source.
//
// Immutable after construction. Texts of a row are slices of a long random text at a random place,
// which costs a copy instead of a random number per character.
#pragma once

#include "engine/data/buffer.h"
#include "operators/connectors/generator/random.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class NexmarkTexts {
 public:
  static constexpr size_t kTextBytes = 1 << 20;
  static constexpr size_t kSliceMax = 1024;
  static constexpr size_t kUrlRoom = 96;
  static constexpr size_t kHotChannels = 4;
  static constexpr size_t kChannels = 10'000;

  explicit NexmarkTexts(uint64_t seed);

  // `size` letters at a random place. REQUIRES: size <= kSliceMax. At least kSliceMax bytes may be
  // read from there.
  const char* letters(uint64_t word) const { return letters_.data() + below(word, kTextBytes); }
  // 3 to size_max - 1 characters, one in 13 of them a space; then trimmed. REQUIRES: 3 < size_max
  // <= kSliceMax.
  std::string_view words(uint64_t word, uint64_t size_max) const;

  // The four hot channels stand first.
  TextView channel(size_t index) const { return channels_[index]; }
  // kUrlRoom bytes may be read from the start of a URL.
  std::string_view url(size_t index) const {
    return {urls_.data() + index * kUrlRoom, url_sizes_[index]};
  }

 private:
  void make_channels(uint64_t key);

  std::string letters_;
  std::string words_;
  std::vector<TextView> channels_;
  std::string urls_;
  std::vector<uint8_t> url_sizes_;
};

// The channel of a bid: with probability 1/2 one of the hot ones.
constexpr size_t nexmark_channel(uint64_t word) {
  const bool hot = (word >> 63) == 0;
  const uint64_t rest = word << 1;
  return hot ? below(rest, NexmarkTexts::kHotChannels)
             : NexmarkTexts::kHotChannels + below(rest, NexmarkTexts::kChannels);
}

extern const std::array<std::string_view, 11> kFirstNames;
extern const std::array<std::string_view, 9> kLastNames;
extern const std::array<std::string_view, 10> kCities;
extern const std::array<std::string_view, 6> kStates;

}  // namespace weir
