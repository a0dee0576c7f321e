#include "operators/connectors/generator/nexmark_texts.h"

#include <fmt/format.h>

#include <cstdlib>

namespace weir {
namespace {

constexpr uint64_t kSeparatorOdds = 13;

char letter(uint64_t word) { return static_cast<char>('a' + below(word, 26)); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string random_letters(uint64_t key, size_t size) {
  std::string text(size, ' ');
  for (size_t i = 0; i < size; ++i) text[i] = letter(random_word(key, i));
  return text;
}

std::string random_words(uint64_t key, size_t size, char separator) {
  std::string text = random_letters(key, size);
  for (size_t i = 0; i < size; ++i) {
    if (below(random_word(key + 1, i), kSeparatorOdds) == 0) text[i] = separator;
  }
  return text;
}

uint32_t reversed_bits(uint32_t value) {
  uint32_t out = 0;
  for (int bit = 0; bit < 32; ++bit) out |= ((value >> bit) & 1U) << (31 - bit);
  return out;
}

// Three or four characters, separated by underscores.
std::string directory(uint64_t key, uint64_t number) {
  const uint64_t size = 3 + below(random_word(key, number), 2);
  return random_words(field_key(key, number), size, '_');
}

std::string base_url(uint64_t key, uint64_t channel) {
  return fmt::format("https://www.nexmark.com/{}/{}/{}/item.htm?query=1",
                     directory(key, channel * 3), directory(key, channel * 3 + 1),
                     directory(key, channel * 3 + 2));
}

}  // namespace

const std::array<std::string_view, 11> kFirstNames = {"Anna",  "Bruno", "Clara", "David",
                                                      "Elena", "Felix", "Greta", "Hugo",
                                                      "Irene", "Jonas", "Louisa"};
const std::array<std::string_view, 9> kLastNames = {"Baker", "Carter", "Fisher", "Gardner", "Hill",
                                                    "Mason", "Miller", "Porter", "Taylor"};
const std::array<std::string_view, 10> kCities = {
    "Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
    "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
const std::array<std::string_view, 6> kStates = {"AZ", "CA", "ID", "OR", "WA", "WY"};

NexmarkTexts::NexmarkTexts(uint64_t seed)
    : letters_(random_letters(field_key(seed, 1001), kTextBytes + kSliceMax)),
      words_(random_words(field_key(seed, 1002), kTextBytes + kSliceMax, ' ')) {
  make_channels(field_key(seed, 1003));
}

std::string_view NexmarkTexts::words(uint64_t word, uint64_t size_max) const {
  const uint64_t size = 3 + below(word << 32, size_max - 3);
  return trimmed({words_.data() + below(word, kTextBytes), size});
}

void NexmarkTexts::make_channels(uint64_t key) {
  constexpr std::array<const char*, kHotChannels> kHotNames = {"Google", "Facebook", "Baidu",
                                                               "Apple"};
  const size_t count = kHotChannels + kChannels;
  urls_.assign(count * kUrlRoom, '\0');
  Arena arena;
  for (size_t i = 0; i < count; ++i) {
    std::string url = base_url(key, i);
    if (i < kHotChannels) {
      channels_.push_back(arena.add(kHotNames[i]));
    } else {
      const uint32_t number = static_cast<uint32_t>(i - kHotChannels);
      channels_.push_back(arena.add(fmt::format("channel-{}", number)));
      if (below(random_word(key + 1, number), 10) > 0) {
        const int64_t reversed = static_cast<int32_t>(reversed_bits(number));
        url += fmt::format("&channel_id={}", std::abs(reversed));
      }
    }
    CHECK(url.size() <= kUrlRoom);
    CHECK(channels_.back().is_inline());
    url.copy(urls_.data() + i * kUrlRoom, url.size());
    url_sizes_.push_back(static_cast<uint8_t>(url.size()));
  }
}

}  // namespace weir
